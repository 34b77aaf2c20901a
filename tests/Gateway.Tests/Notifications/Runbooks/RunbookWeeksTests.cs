using Gateway.Configuration.Model;
using Gateway.Notifications.Runbooks;
using Gateway.Observability.History;
using Xunit;

namespace Gateway.Tests.Notifications.Runbooks;

/// <summary>A thousand weeks on virtual time, with the world's truth as the judge: no guard is ever broken.</summary>
[Trait("kind", "unit")]
[Trait("takes", "long")]
public sealed class RunbookWeeksTests
{
    private const int Weeks = 1000;
    private readonly Dictionary<string, int> _outcomes = new(StringComparer.Ordinal);

    [Fact]
    public void Weeks_AThousandOfThem_BreakNoGuard()
    {
        for (var seed = 1; seed <= Weeks; seed++)
        {
            Simulate(seed);
        }

        // It was not for want of faults: everything that can come of one has come of some.
        string[] expected =
        [
            nameof(RunbookOutcome.Healed), nameof(RunbookOutcome.Escalated), nameof(RunbookOutcome.Recovered),
            nameof(RunbookOutcome.Interrupted), nameof(RunbookOutcome.Right), nameof(RunbookOutcome.Needless),
            .. Enum.GetValues<RunbookRefusal>()
                .Where(static refusal => refusal is not (RunbookRefusal.HistoryUnread or RunbookRefusal.LastServing))
                .Select(RunbookWords.Of),
        ];
        Assert.Empty(expected.Where(what => _outcomes.GetValueOrDefault(what) < 5).Select(what =>
            $"{what}: {_outcomes.GetValueOrDefault(what)}"));
        Assert.True(_outcomes[nameof(RunbookOutcome.Healed)] > Weeks, $"{_outcomes[nameof(RunbookOutcome.Healed)]} healed");
    }

    private void Simulate(int seed)
    {
        var week = new SimulatedWeek(seed);
        var starts = new List<(string Cluster, TimeSpan At)>();
        var acted = new Dictionary<(string Destination, int Episode), string>();
        foreach (var gateway in week.Gateways)
        {
            gateway.Starts = (_, one) =>
            {
                Must(seed, week.Runbook.Mode == RunbookMode.Act, "an observing runbook acts", week);
                Must(
                    seed,
                    starts.Count(start => start.Cluster == one.Cluster && week.Now - start.At < TimeSpan.FromHours(1))
                        < week.Runbook.Limits.PerHour,
                    "more runs than an hour may have",
                    week);
                starts.Add((one.Cluster, week.Now));
                Must(
                    seed,
                    week.Gateways.Sum(g => g.Running.Count(key => key.Cluster == one.Cluster)) == 1,
                    "two runs in a cluster at once",
                    week);
            };
            gateway.Acts = (by, fault) => JudgeAct(seed, week, by, fault, acted);
        }

        week.Run();
        foreach (var (what, count) in week.Gateways.SelectMany(static gateway => gateway.Outcomes))
        {
            _outcomes[what] = _outcomes.GetValueOrDefault(what) + count;
        }

        Must(seed, week.Destinations.All(static d => d.DrainedBy is null), "a destination is drained for ever", week);
    }

    private static void JudgeAct(
        int seed,
        SimulatedWeek week,
        SimulatedGateway by,
        RunbookFault fault,
        Dictionary<(string Destination, int Episode), string> acted)
    {
        var destination = week.Destinations.Single(d => d.Name == fault.Key.Destination);
        var neighbours = week.Destinations.Where(d => d.Cluster == destination.Cluster).ToArray();
        var tier = neighbours.Where(d => d.Tier == destination.Tier).ToArray();
        int Seen(SimulatedDestination[] among) => among.Count(d => SimulatedWeek.IsSeenDown(d, by.Index));
        Must(seed, !week.Held[destination.Cluster], "under a hold", week);
        Must(seed, !destination.IsDrainedByOperator, "under an operator's drain", week);
        Must(seed, week.Utc.Day != 5, "on a day of the freeze", week);
        Must(seed, SimulatedWeek.IsSeenDown(destination, by.Index), "of a destination that is well", week);
        Must(seed, Seen(neighbours) < 2 || Seen(neighbours) < neighbours.Length, "while all of the cluster is down", week);
        Must(seed, Seen(tier) < 2 || Seen(tier) * 2 <= tier.Length, "while most of the tier is down", week);
        Must(seed, !week.HasRedis || !by.IsCutOff, "without Redis", week);
        Must(
            seed,
            !week.HasRedis
                || week.Gateways.Count(g => SimulatedWeek.IsSeenDown(destination, g.Index)) * 2 > week.Gateways.Length,
            "without a majority that sees it",
            week);
        Must(
            seed,
            neighbours.Length == 1
                || neighbours.Any(d => d != destination && !SimulatedWeek.IsSeenDown(d, by.Index)),
            "of the last that can serve",
            week);
        var key = (destination.Name, destination.Episode);
        Must(seed, !acted.ContainsKey(key), $"twice for one fault, by {by.Index} after {acted.GetValueOrDefault(key)}", week);
        acted.Add(key, $"{by.Index} at {week.Utc:HH:mm:ss}");
    }

    private static void Must(int seed, bool isKept, string breach, SimulatedWeek week) =>
        Assert.True(isKept, $"Week {seed} at {week.Utc:ddd HH:mm:ss}: {breach}.");
}
