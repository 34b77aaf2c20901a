using System.Collections.Immutable;
using Gateway.Admin.Incidents;
using Gateway.Admin.Status;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Observability;
using Gateway.Observability.History;
using Xunit;

namespace Gateway.Tests.Admin.Incidents;

/// <summary>What becomes a report, when it is over, and what it holds.</summary>
[Trait("kind", "unit")]
public sealed class IncidentWatchTests
{
    private static readonly DateTimeOffset Begin = new(2026, 11, 26, 10, 49, 8, TimeSpan.Zero);

    private readonly KeptHistory<Incident> _kept = new(Incident.Most);
    private readonly Journal _journal = new(0);
    private readonly IncidentWatch _watch;

    public IncidentWatchTests() => _watch = new IncidentWatch(_kept, _journal);

    private Incident? Only => _kept.All.SingleOrDefault();

    [Theory]
    [InlineData(TransitionReason.Failover, true)]
    [InlineData(TransitionReason.Exhausted, true)]
    [InlineData(TransitionReason.Relapse, true)]
    [InlineData(TransitionReason.Hold, false)]
    [InlineData(TransitionReason.Release, false)]
    [InlineData(TransitionReason.Failback, false)]
    [InlineData(TransitionReason.Recovered, false)]
    [InlineData(TransitionReason.Config, false)]
    internal void Transition_OfTheGateway_IsAnIncident(TransitionReason reason, bool isOne)
    {
        Look(12, failed: 0, transition: reason);

        Assert.Equal(isOne, Only is not null);
    }

    [Theory]
    [InlineData(4, 0, false)]
    [InlineData(5, 0, true)]
    [InlineData(5, 495, true)]
    [InlineData(5, 496, false)]
    public void Errors_FromFiveAndOneInAHundred_AreAnIncident(long failed, long live, bool isOne)
    {
        Look(12, failed, live: live);

        Assert.Equal(isOne, Only is not null);
    }

    [Fact]
    public void Disturbance_WithoutEither_IsNone()
    {
        Look(12, failed: 0, lost: "a");
        Look(30, failed: 1, lost: "a");
        Look(60, failed: 1, until: 40);

        Assert.Null(Only);
        Assert.Empty(_journal.Recent(10));
    }

    [Fact]
    public void Report_GrowsUntilItIsOver()
    {
        Append(5, "guide", "before");
        Append(5, "other", "of another cluster");
        Append(-1, "guide", "long before");
        Look(12, failed: 0, transition: TransitionReason.Failover, lost: "a");
        var first = Only!;
        Assert.Equal(("20261126-104908-guide", null, 1), (first.Name, first.Until, first.Losses.Length));
        Assert.Equal(["before"], first.Timeline.Select(static entry => entry.Text));

        // Nothing new: it is not written each second.
        Look(13, failed: 1, lost: "a");
        Assert.Same(first, Only);
        Look(14, failed: 2, lost: "ab");
        Assert.Equal(["a", "b"], Only!.Losses.Select(static loss => loss.Destination));
        Look(25, failed: 7, lost: "ab");
        Assert.Equal(7, Only!.Routes.Single().Failed);
        Look(30, failed: 7, saved: 3);
        Assert.Equal(["a", "b", "a back", "b back"], Only!.Losses.Select(static l => l.Destination + (l.Cause is null ? " back" : "")));

        // It may go on within the time of looking back: it is over once that is past.
        Look(45, failed: 7, until: 31);
        Assert.Null(Only!.Until);
        Look(47, failed: 7, until: 31, saved: 3);
        Assert.Equal((Begin.AddSeconds(31), 3), (Only!.Until, Only.Saved.Retry));
        var told = Assert.Single(_journal.Recent(1));
        Assert.Equal(
            ("incident", "guide", "The incident is over: since then. Its report: incidents show 20261126-104908-guide"),
            (told.Kind, told.Cluster, told.Text));
        Look(60, failed: 7, until: 31);
        Assert.Single(_journal.Recent(100), static entry => entry.Kind is "incident");
        Assert.Equal(first.Id, Only.Id);
    }

    [Fact]
    public void NextDisturbance_IsAnotherIncident()
    {
        Look(12, failed: 0, transition: TransitionReason.Failover);
        Look(60, failed: 0, until: 20);
        _watch.Look(View(null, "", 0), null, Begin.AddSeconds(700));
        var second = ImpactOf(0, 0, null, 0) with { Since = Begin.AddSeconds(890) };
        _watch.Look(View(TransitionReason.Failover, "", 900), second, Begin.AddSeconds(901));

        Assert.Equal(["20261126-104908-guide", "20261126-110358-guide"], _kept.All.Select(static one => one.Name));
    }

    [Fact]
    public void LostLongBefore_CountsFromTheBegin()
    {
        _watch.Look(View(TransitionReason.Failover, "a", 12, lostSince: -3600), ImpactOf(0, 0, null, 0), Begin.AddSeconds(12));

        Assert.Equal(Begin, Only!.Losses.Single().At);
    }

    // The journal in memory has 500 entries, of all clusters: what came first must not be pushed out by what came last.
    [Fact]
    public void Timeline_BeginsWithTheFirst_HoweverMuchFollows()
    {
        Append(10, "guide", "the first");
        Look(12, failed: 9);
        for (var second = 13; second < 40; second++)
        {
            for (var n = 0; n < 40; n++)
            {
                Append(second, n % 10 == 0 ? "guide" : "other", $"entry {second} {n}");
            }

            Look(second, failed: 9);
        }

        Look(50, failed: 9);
        Assert.Equal("the first", Only!.Timeline[0].Text);
        Assert.Equal(1 + (27 * 4), Only.Timeline.Length);
        Assert.Equal(Only.Timeline.Select(static e => e.Id).Distinct().Order(), Only.Timeline.Select(static e => e.Id));
    }

    [Fact]
    public void Losses_AreBounded()
    {
        for (var second = 12; second < 600; second++)
        {
            Look(second, failed: 9, lost: second % 2 == 0 ? "a" : "");
        }

        Assert.Equal(200, Only!.Losses.Length);
    }

    private void Append(double second, string cluster, string text) =>
        _journal.Append(new JournalEntry(Begin.AddSeconds(second), "health", text) { Cluster = cluster });

    private void Look(
        double second,
        long failed,
        TransitionReason? transition = null,
        string lost = "",
        double? until = null,
        long saved = 0,
        long live = 0) =>
        _watch.Look(View(transition, lost, second), ImpactOf(failed, live, until, saved), Begin.AddSeconds(second));

    private static Impact ImpactOf(long failed, long live, double? until, long saved) => new(
        Begin, until is { } end ? Begin.AddSeconds(end) : null, "since then.", [new RouteImpact("all", live, 0, failed, 0)])
    {
        Saved = new SavedSums(saved, 0, 0, 0, 0, 0, 0),
    };

    private static ClusterView View(TransitionReason? reason, string lost, double second, double? lostSince = null)
    {
        var at = Begin.AddSeconds(second);
        ImmutableArray<DestinationView> destinations =
        [
            .. "ab".Select(name => new DestinationView(
                name.ToString(), new Uri("http://127.0.0.1:1"), 1,
                lost.Contains(name, StringComparison.Ordinal) ? HealthStatus.Down : HealthStatus.Up,
                Begin.AddSeconds(lostSince ?? second), "", false, false, 0, [], null, 0, 0, null, null, null, null, default)
            {
                Cause = "connection refused on probes",
            }),
        ];
        return new ClusterView(
            "guide", "primary", Begin, null, 1, null, TimeSpan.FromSeconds(30), [],
            reason is { } why ? new Transition("guide", "primary", "standby", why, "", at) : null,
            [new TierView("primary", TierHealth.Healthy, 1, 2, 1, null, 0, null, destinations)]);
    }
}
