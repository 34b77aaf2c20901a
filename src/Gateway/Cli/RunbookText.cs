using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Cli;

/// <summary>A runbook of the configuration in a sentence, for <c>check</c> and <c>explain</c>.</summary>
internal static class RunbookText
{
    /// <summary>Those that are for a cluster; null: there are none.</summary>
    public static ImmutableArray<string>? Of(GatewayConfig config, string cluster)
    {
        ImmutableArray<string> texts = [.. config.Runbooks.Where(runbook => runbook.IsFor(cluster)).Select(Of)];
        return texts.IsEmpty ? null : texts;
    }

    /// <summary>Its condition, its steps and its limits.</summary>
    public static string Of(RunbookConfig runbook) =>
        $"{runbook.Name} ({(runbook.Mode == RunbookMode.Act ? "acts" : "only observes")}): {ConditionOf(runbook.When)}, then "
        + $"{string.Join(", ", runbook.Do.Select(StepOf))}; {runbook.Limits.PerHour} an hour at most";

    private static string ConditionOf(RunbookTrigger when) => when.Kind switch
    {
        RunbookTriggerKind.Signal => $"signal {when.Signal} fires for {DurationText.Format(when.For)}",
        RunbookTriggerKind.ForecastLikely => $"a failure is forecast for {DurationText.Format(when.For)}",
        RunbookTriggerKind.TierDegraded => $"the tier is degraded for {DurationText.Format(when.For)}",
        _ => $"a destination is down for {DurationText.Format(when.For)}",
    };

    private static string StepOf(RunbookStep step) => step switch
    {
        DrainStep => "drain",
        ReadyStep => "ready",
        NotifyStep => "notify",
        ExecStep exec => $"exec {exec.Command[0]} within {DurationText.Format(exec.Timeout)}",
        HttpStep http => $"{http.Method} within {DurationText.Format(http.Timeout)}",
        WaitStep wait => $"wait until {(wait.For == RunbookAwaited.Up ? "up" : "idle")} for {DurationText.Format(wait.Timeout)} at most",
        _ => $"half-open probe within {DurationText.Format(step.Timeout)}",
    };
}
