using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of <c>drills</c>.</summary>
internal static class DrillKeys
{
    /// <summary>All of them.</summary>
    public static RecordSchema<DrillsConfig> Drills { get; } =
        new RecordSchema<DrillsConfig>("a mapping with schedule and freeze", static () => new DrillsConfig())
        .Key(
            "freeze",
            FreezeKeys.Days,
            static (drills, value) => drills with { Freeze = value },
            "Days (UTC) on which no drill runs.",
            "[]")
        .Key(
            "schedule",
            new ListSchema<ScheduledDrillConfig>(Drill(), atMost: 50),
            static (drills, value) => drills with { Schedule = value },
            "Drills that the gateway runs by itself, each once in each of its windows.",
            "[]");

    private static RecordSchema<ScheduledDrillConfig> Drill() =>
        new RecordSchema<ScheduledDrillConfig>(
            "a mapping with name, cluster, lose, days, window, for and stopAbove", static () => new ScheduledDrillConfig())
        .Key(
            "name",
            Schemas.Text("a name", NameText.Rule, NameText.Pattern + @"|\$\{", NameText.IsName),
            static (drill, value) => drill with { Name = value },
            "Unique; journal, metrics and the hold show it.",
            required: true)
        .Key(
            "cluster",
            Schemas.Text("the name of a cluster", NameText.Rule, NameText.Pattern + @"|\$\{", NameText.IsName),
            static (drill, value) => drill with { Cluster = value },
            "The cluster that is rehearsed.",
            required: true)
        .Key(
            "lose",
            Schemas.Enum(("tier", DrillLoss.Tier), ("destination", DrillLoss.Destination)),
            static (drill, value) => drill with { Lose = value },
            "tier: the next tier is held, and serves; destination: one of the first tier is drained, each time another one.",
            "tier")
        .Key(
            "days",
            new ListSchema<DayOfWeek>(
                Schemas.Enum(
                    ("mon", DayOfWeek.Monday),
                    ("tue", DayOfWeek.Tuesday),
                    ("wed", DayOfWeek.Wednesday),
                    ("thu", DayOfWeek.Thursday),
                    ("fri", DayOfWeek.Friday),
                    ("sat", DayOfWeek.Saturday),
                    ("sun", DayOfWeek.Sunday)),
                atLeast: 1,
                atMost: 7),
            static (drill, value) => drill with { Days = [.. value.Distinct()] },
            "Days of the week on which a window begins; every day when left out.")
        .Key(
            "window",
            Window(),
            static (drill, value) => drill with { Window = value },
            "The time of day (UTC) in which it may run.",
            required: true)
        .Key(
            "for",
            Schemas.Duration("30s", "1h"),
            static (drill, value) => drill with { For = value },
            "How long the loss lasts.",
            "5m")
        .Key(
            "stopAbove",
            Schemas.Percent(0, 0.5),
            static (drill, value) => drill with { StopAbove = value },
            "It stops when more than this share of the cluster's requests since its begin count against slo, and at least three do.",
            "1%");

    private static TextSchema<DailyWindow> Window() => new(
        "a time of day from one minute to another",
        "Write one like \"10:00-12:00\", or over midnight like \"23:00-01:00\"",
        static () => Schemas.Pattern(@"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$|\$\{"),
        static text => text.Split('-') is not [var begin, var end] || MinuteOf(begin) is not { } from || MinuteOf(end) is not { } to
            ? Parsed<DailyWindow>.Bad()
            : new DailyWindow(from, to));

    private static TimeOnly? MinuteOf(string text) =>
        TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var minute) ? minute : null;
}
