using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of <c>runbooks</c>.</summary>
internal static class RunbookKeys
{
    /// <summary>All runbooks.</summary>
    public static ListSchema<RunbookConfig> Runbooks { get; } = new(Runbook(), atMost: 20);

    private static RecordSchema<RunbookConfig> Runbook() =>
        new RecordSchema<RunbookConfig>("a mapping with name, when, do, limits and mode", static () => new RunbookConfig())
        .Key(
            "name",
            Schemas.Text("a name", NameText.Rule, NameText.Pattern + @"|\$\{", NameText.IsName),
            static (runbook, value) => runbook with { Name = value },
            "Unique; journal, metrics and commands show it.",
            required: true)
        .Key(
            "when",
            When(),
            static (runbook, value) => runbook with { When = value },
            "What must hold of a destination.",
            required: true)
        .Key(
            "do",
            new ListSchema<RunbookStep>(RunbookStepKeys.Step, atLeast: 1, atMost: 20),
            static (runbook, value) => runbook with { Do = value },
            "The steps in order. After the last one the destination must pass its probe within 60 s, or the run has failed; a failed run "
            + "notifies receivers of runbook.",
            required: true)
        .Key(
            "limits",
            new RecordSchema<RunbookLimits>("a mapping with perHour", static () => new RunbookLimits()).Key(
                "perHour",
                Schemas.Integer(1, 60),
                static (limits, value) => limits with { PerHour = value },
                "Runs within an hour, of each cluster and of all gateways together.",
                "3"),
            static (runbook, value) => runbook with { Limits = value },
            "How often it may act.")
        .Key(
            "mode",
            Schemas.Enum(("observe", RunbookMode.Observe), ("act", RunbookMode.Act)),
            static (runbook, value) => runbook with { Mode = value },
            "observe: only keeps account of what it would have done, and whether that would have been right; act: does it.",
            "observe")
        .Key(
            "clusters",
            new ListSchema<string>(
                Schemas.Text("the name of a cluster", NameText.Rule, NameText.Pattern + @"|\$\{", NameText.IsName), atLeast: 1),
            static (runbook, value) => runbook with { Clusters = value },
            "The clusters it is for; every one when left out.")
        .Key(
            "freeze",
            FreezeKeys.Days,
            static (runbook, value) => runbook with { Freeze = value },
            "Days (UTC) on which it does nothing.",
            "[]");

    private static RecordSchema<RunbookTrigger> When() =>
        new RecordSchema<RunbookTrigger>(
            "a mapping with for, and one of destination, signal, forecast and tier",
            static () => new RunbookTrigger(RunbookTriggerKind.DestinationDown))
        .Key(
            "destination",
            Schemas.Enum(("down", RunbookTriggerKind.DestinationDown)),
            static (when, value) => when with { Kind = value },
            "down: its health keeps it from serving.")
        .Key(
            "signal",
            Schemas.Text("the name of a signal", NameText.Rule, NameText.Pattern + @"|\$\{", NameText.IsName),
            static (when, value) => when with { Kind = RunbookTriggerKind.Signal, Signal = value },
            "A signal of this name fires.")
        .Key(
            "forecast",
            Schemas.Enum(("likely", RunbookTriggerKind.ForecastLikely)),
            static (when, value) => when with { Kind = value },
            "likely: an alarm of its forecast is not over.")
        .Key(
            "tier",
            Schemas.Enum(("degraded", RunbookTriggerKind.TierDegraded)),
            static (when, value) => when with { Kind = value },
            "degraded: the tier has lost destinations; the one that was lost first is meant.")
        .Key(
            "for",
            Schemas.Duration("1s", "24h"),
            static (when, value) => when with { For = value },
            "How long it must have held without a break.",
            "30s")
        .Finish(static (when, path, reader) =>
        {
            string[] kinds = ["destination", "signal", "forecast", "tier"];
            string[] written = [.. kinds.Where(kind => reader.IsWritten(Reader.Below(path, kind)))];
            if (written.Length != 1)
            {
                reader.ProblemAt(
                    path,
                    "A runbook must have exactly one of destination, signal, forecast and tier as its condition, given "
                    + $"{(written.Length == 0 ? "none" : string.Join(" and ", written))}. Write one, and another runbook for the rest.");
            }

            return when;
        });
}
