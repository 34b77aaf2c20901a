using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of <c>signals</c>.</summary>
internal static class SignalKeys
{
    // Alertmanager sends an alert again after four hours, unless told otherwise.
    private static readonly TimeSpan AlertsLast = TimeSpan.FromHours(5);
    private static readonly TimeSpan ConversationsEvery = TimeSpan.FromSeconds(30);
    private static readonly string[] Sources = ["metrics", "log", "journal", "syslog", "push", "deepProbe", "report", "alert"];

    /// <summary>The signals of a cluster.</summary>
    public static ListSchema<SignalConfig> Signals { get; } = new(Signal(), atMost: 50);

    private static RecordSchema<SignalConfig> Signal() => WithReport(SignalLineKeys.AddTo(WithMetrics(Common()))).Finish(Together);

    private static RecordSchema<SignalConfig> Common() =>
        new RecordSchema<SignalConfig>(
            "a mapping with name, then, and one of metrics, log, journal, syslog, push, deepProbe, report and alert",
            static () => new SignalConfig())
        .Key(
            "name",
            Schemas.Text("a name", NameText.Rule, NameText.Pattern + @"|\$\{", NameText.IsName),
            static (signal, value) => signal with { Name = value },
            "Unique inside the cluster; status, journal and metrics show it.",
            required: true)
        .Key(
            "then",
            Schemas.Enum(
                ("suspect", SignalEffect.Suspect),
                ("degraded", SignalEffect.Degraded),
                ("drain", SignalEffect.Drain),
                ("weight", SignalEffect.Weight)),
            static (signal, value) => signal with { Then = value },
            "What a destination gets while the signal fires: others are preferred (suspect), a quarter of its weight (degraded), no new "
            + "requests while others can serve (drain); weight: the weight follows a report.",
            required: true);

    private static RecordSchema<SignalConfig> WithMetrics(RecordSchema<SignalConfig> signal) => signal
        .Key(
            "metrics",
            Schemas.Text(
                "a path",
                "Write the path of the destination's metrics, like /metrics",
                @"^/[^\s#]*$|\$\{",
                static text => text.Length is > 0 and <= 1024 && text[0] == '/' && !text.Any(
                    static letter => letter == '#' || char.IsWhiteSpace(letter) || char.IsControl(letter))),
            static (signal, value) => signal with { Metrics = value },
            "Path of each destination's metrics, Prometheus' text or JSON; with when.")
        .Key(
            "port",
            Schemas.Integer(1, 65535),
            static (signal, value) => signal with { Port = value },
            "The port on which metrics or the agent are asked; for metrics the destination's own when left out.")
        .Key(
            "every",
            Schemas.Duration("200ms", "10m"),
            static (signal, value) => signal with { Every = value },
            "From one reading of metrics or of the agent to the next; from one conversation with some destination to the next, 30s when "
            + "left out.",
            "5s")
        .Key(
            "when",
            When(),
            static (signal, value) => signal with { When = value },
            "What must hold of the metrics, like \"process_cpu_usage > 0.9 for 15s\".");

    private static RecordSchema<SignalConfig> WithReport(RecordSchema<SignalConfig> signal) => signal
        .Key(
            "deepProbe",
            DeepProbeKeys.DeepProbe,
            static (signal, value) => signal with { DeepProbe = value },
            "A synthetic conversation with one destination after another, by one gateway of a fleet, and what is expected of it.")
        .Key(
            "report",
            Schemas.Enum(("orca", SignalReport.Orca), ("agent", SignalReport.Agent)),
            static (signal, value) => signal with { Report = value },
            "How destinations report their load: orca, in the header or trailer endpoint-load-metrics of responses; agent, in a line over "
            + "a connection to port (HAProxy's agent check).")
        .Key(
            "alert",
            Schemas.Text("the name of an alert", "Write the alert's name, like GuideIsHot", 256),
            static (signal, value) => signal with { Alert = value },
            "The name of an alert that Alertmanager sends to /signals/alerts of the admin endpoint.")
        .Key(
            "labels",
            Labels(),
            static (signal, value) => signal with { Labels = value },
            "Labels that such an alert must have with these values.",
            "{}");

    private static SignalConfig Together(SignalConfig signal, string path, Reader reader)
    {
        string[] written = [.. Sources.Where(source => reader.IsWritten(Reader.Below(path, source)))];
        if (written.Length != 1)
        {
            reader.ProblemAt(
                path,
                $"A signal must have exactly one of {ListOf(Sources)}, given "
                + $"{(written.Length == 0 ? "none" : string.Join(" and ", written))}. Write one of them, and another signal for the rest.");
            return signal;
        }

        Beside(written[0], path, reader);
        if (signal.Then == SignalEffect.Weight != (signal.Report is not null) && signal.Then != SignalEffect.None)
        {
            reader.ProblemAt(
                $"{path}/then",
                signal.Report is not null
                    ? "A report changes the weight. Write then: weight."
                    : "Only a report can say a weight. Write suspect, degraded or drain.",
                $"{path}/{written[0]}");
        }

        if (signal.When is { } when
            && when.All.FirstOrDefault(one => one.Window > TimeSpan.Zero && one.Window < signal.Every * 2) is { } brief)
        {
            reader.ProblemAt(
                $"{path}/when",
                $"A window must hold two readings at least, given [{DurationText.Format(brief.Window)}] with every "
                + $"\"{DurationText.Format(signal.Every)}\". Write [{DurationText.Format(signal.Every * 4)}] or a shorter every.",
                $"{path}/every");
        }

        signal = signal.DeepProbe is null || reader.IsWritten(Reader.Below(path, "every"))
            ? signal
            : signal with { Every = ConversationsEvery };
        return signal.Alert is null || reader.IsWritten(Reader.Below(path, "within")) ? signal : signal with { Within = AlertsLast };
    }

    // What belongs to a source stands beside no other, and what it needs must be there.
    private static void Beside(string source, string path, Reader reader)
    {
        (string Key, string[] Of, bool IsNeeded)[] keys =
        [
            ("when", ["metrics"], true),
            ("every", ["metrics", "deepProbe", "report"], false),
            ("port", ["metrics", "report"], false),
            ("pattern", SignalLineKeys.Sources, true),
            ("count", SignalLineKeys.Sources, false),
            ("within", [.. SignalLineKeys.Sources, "alert"], false),
            ("destination", SignalLineKeys.Sources, false),
            ("labels", ["alert"], false),
        ];
        foreach (var (key, of, isNeeded) in keys)
        {
            var isWritten = reader.IsWritten(Reader.Below(path, key));
            if (isWritten && !of.Contains(source, StringComparer.Ordinal))
            {
                reader.ProblemAt(
                    $"{path}/{key}",
                    $"A signal with {source} has no \"{key}\". Remove it: it belongs to {ListOf(of)}.",
                    $"{path}/{source}");
            }
            else if (!isWritten && isNeeded && of.Contains(source, StringComparer.Ordinal))
            {
                reader.ProblemAt(
                    $"{path}/{source}",
                    $"A signal with {source} needs \"{key}\" beside it. "
                    + (key is "when" ? SignalConditionText.Rule : "Write the pattern of the lines that count, like \"OutOfMemory|FATAL\"")
                    + ".",
                    $"{path}/{source}");
            }
        }
    }

    private static string ListOf(string[] keys) =>
        keys.Length == 1 ? keys[0] : $"{string.Join(", ", keys[..^1])} and {keys[^1]}";

    private static TextSchema<SignalCondition> When() => new(
        "a condition over metrics",
        SignalConditionText.Rule,
        static () => new JsonObject { ["type"] = "string", ["minLength"] = 3, ["maxLength"] = SignalConditionText.Longest },
        static text => SignalConditionText.Parse(text, out var problem) is { } condition
            ? condition
            : Parsed<SignalCondition>.Bad(problem));

    private static MapSchema<string, KeyValuePair<string, string>> Labels() => new(
        "labels",
        "^[A-Za-z_][A-Za-z0-9_]*$",
        StringComparer.Ordinal,
        static name => name.Length is > 0 and <= 128 && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '_')
            ? null
            : $"This is no label, given {Reader.Quote(name)}. Write letters, digits and underscores.",
        Schemas.Text("a text", "Write the value of the label", 256),
        static (name, value) => KeyValuePair.Create(name, value));
}
