using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Observability.History;

namespace Gateway.Admin.Status;

/// <summary>What <c>/runbooks</c> shows.</summary>
/// <param name="Runbooks">In the order of the file.</param>
internal sealed record RunbookReport(IReadOnlyList<RunbookSummary> Runbooks)
{
    private const int MostRecent = 10;
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly TimeSpan RepairsOf = TimeSpan.FromDays(30);

    /// <summary>The report now.</summary>
    public static RunbookReport Of(GatewayConfig config, IReadOnlyList<RunbookCase> cases, DateTimeOffset now) => new(
    [
        .. config.Runbooks.Select(runbook => Of(
            runbook,
            [.. cases.Where(one => string.Equals(one.Runbook, runbook.Name, StringComparison.Ordinal))],
            now)),
    ]);

    /// <summary>Each runbook in a sentence, for the status.</summary>
    public static IReadOnlyList<RunbookLine> Lines(GatewayConfig config, RunbookHistory history, DateTimeOffset now) =>
        config.Runbooks.IsEmpty ? [] :
        [
            .. Of(config, history.All, now).Runbooks.Select(static runbook => new RunbookLine(
                runbook.Name,
                runbook.Mode,
                runbook.Text,
                runbook.Recent.Any(static past => past.Outcome == RunbookOutcome.Running))),
        ];

    private static RunbookSummary Of(RunbookConfig runbook, RunbookCase[] cases, DateTimeOffset now)
    {
        RunbookCase[] week = [.. cases.Where(one => now - one.At < Week)];
        int Count(params ReadOnlySpan<RunbookOutcome> outcomes)
        {
            var count = 0;
            foreach (var one in week)
            {
                count += outcomes.Contains(one.Outcome) ? 1 : 0;
            }

            return count;
        }

        RunbookCase[] repaired = [.. cases.Where(one => one.WellAt is not null && now - one.At < RepairsOf)];
        return new RunbookSummary(
            runbook.Name,
            runbook.Mode,
            new RunbookWeek(
                Count(RunbookOutcome.Observed, RunbookOutcome.Right, RunbookOutcome.Needless),
                Count(RunbookOutcome.Right),
                Count(RunbookOutcome.Needless),
                Count(RunbookOutcome.Healed),
                Count(RunbookOutcome.Recovered),
                Count(RunbookOutcome.Interrupted),
                Count(RunbookOutcome.Escalated)),
            [
                .. week.Where(static one => one.Outcome is RunbookOutcome.Refused or RunbookOutcome.Elsewhere)
                    .GroupBy(static one => one.Text, StringComparer.Ordinal)
                    .Select(static group => new RunbookRefusalCount(group.Key, group.Count()))
                    .OrderByDescending(static refusal => refusal.Count),
            ],
            RepairTime.Of(repaired.Where(static one => one.HasActed)),
            RepairTime.Of(repaired.Where(static one =>
                one.Outcome is RunbookOutcome.Right or RunbookOutcome.Needless or RunbookOutcome.Refused)),
            [.. cases.OrderByDescending(static one => one.Id).Take(MostRecent).Select(PastRun.Of)]);
    }
}

/// <summary>One runbook.</summary>
/// <param name="Week">What it did, or would have done, within the last seven days.</param>
/// <param name="Refused">Why it did not act within the last seven days, the most frequent reason first.</param>
/// <param name="WithRuns">Times to repair of faults that it acted on, within the last 30 days.</param>
/// <param name="WithoutRuns">The same of faults that it did not act on.</param>
/// <param name="Recent">Its last cases, the newest first.</param>
internal sealed record RunbookSummary(
    string Name,
    RunbookMode Mode,
    RunbookWeek Week,
    IReadOnlyList<RunbookRefusalCount> Refused,
    RepairTime WithRuns,
    RepairTime WithoutRuns,
    IReadOnlyList<PastRun> Recent)
{
    /// <summary>The week in a sentence.</summary>
    public string Text => Mode == RunbookMode.Observe
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"would have acted {Times(Week.WouldHaveActed)} this week, rightly {Week.Rightly}, needlessly {Week.Needlessly}")
        : string.Create(
            CultureInfo.InvariantCulture,
            $"acted {Times(Week.Healed + Week.Escalated)} this week, healed {Week.Healed}, failed {Week.Escalated}")
            + (Week.Interrupted > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {Week.Interrupted} more interrupted") : "");

    private static string Times(int count) => count == 1 ? "once" : string.Create(CultureInfo.InvariantCulture, $"{count} times");
}

/// <summary>A week of a runbook.</summary>
internal sealed record RunbookWeek(
    int WouldHaveActed, int Rightly, int Needlessly, int Healed, int Recovered, int Interrupted, int Escalated);

/// <summary>Why it did not act, and how often.</summary>
internal sealed record RunbookRefusalCount(string Reason, int Count);

/// <summary>Times from a fault to its end.</summary>
/// <param name="Faults">How many.</param>
/// <param name="MeanSeconds">Their mean; null: there were none.</param>
internal sealed record RepairTime(int Faults, double? MeanSeconds)
{
    /// <summary>Of cases whose end was seen.</summary>
    public static RepairTime Of(IEnumerable<RunbookCase> cases)
    {
        double[] seconds = [.. cases.Select(static one => (one.WellAt!.Value - one.LostAt).TotalSeconds)];
        return new RepairTime(seconds.Length, seconds.Length == 0 ? null : Math.Round(seconds.Average(), 1));
    }
}

/// <summary>A fault that a runbook is for.</summary>
/// <param name="RepairSeconds">From the fault to its end; null: it was not seen.</param>
internal sealed record PastRun(
    DateTimeOffset At, string Cluster, string Tier, string Destination, RunbookOutcome Outcome, string Text, double? RepairSeconds)
{
    /// <summary>Of what is kept.</summary>
    public static PastRun Of(RunbookCase one) => new(
        one.At,
        one.Cluster,
        one.Tier,
        one.Destination,
        one.Outcome,
        one.Text,
        one.WellAt is { } well ? Math.Round((well - one.LostAt).TotalSeconds, 1) : null);
}
