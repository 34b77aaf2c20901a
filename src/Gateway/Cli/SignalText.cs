using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Cli;

/// <summary>A signal of a cluster in one line.</summary>
internal static class SignalText
{
    /// <summary>Its name, what it does, and when.</summary>
    public static string Of(SignalConfig signal) => $"{signal.Name}: {WhatOf(signal)}{SourceOf(signal)}";

    private static string WhatOf(SignalConfig signal) => signal.Then switch
    {
        SignalEffect.Drain => "drains a destination ",
        SignalEffect.Suspect => "makes a destination suspect ",
        SignalEffect.Degraded => "gives a destination a quarter of its weight ",
        _ => "",
    };

    private static string LabelsOf(SignalConfig signal) =>
        string.Concat(signal.Labels.Select(static label => $" {label.Key}=\"{label.Value}\""));

    private static string LinesOf(SignalConfig signal, string where) => string.Create(
        CultureInfo.InvariantCulture,
        $"after {signal.Count} {(signal.Count == 1 ? "line" : "lines")} like {signal.Pattern} "
        + $"within {DurationText.Format(signal.Within)} {where}");

    private static string SourceOf(SignalConfig signal)
    {
        var port = signal.Port is { } number ? string.Create(CultureInfo.InvariantCulture, $" on port {number}") : "";
        var every = $"every {DurationText.Format(signal.Every)}";
        return signal switch
        {
            { Metrics: { } path, When: { } when } => $"while {when.Text} (read at {path}{port} {every})",
            { Log: { } log } => LinesOf(signal, $"in {log}"),
            { Journal: { } unit } => LinesOf(signal, $"in the journal of {unit}"),
            { Syslog: { } address } => LinesOf(signal, $"in what syslog sends to {address.GetLeftPart(UriPartial.Authority)}"),
            { Push: { } name } => LinesOf(signal, $"in what is pushed as {name}"),
            { DeepProbe: { } probe } => $"while a conversation at {probe.Path} goes wrong (had with one destination {every})",
            { Alert: { } alert } => $"while the alert {alert}{LabelsOf(signal)} fires for it",
            { Report: SignalReport.Agent } => $"the weight follows the agent{port}, asked {every}",
            _ => "the weight follows the load that responses report (ORCA)",
        };
    }
}
