using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Forecast;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Signals;
using Gateway.Observability.History;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Failover;

[Trait("kind", "unit")]
public sealed class ForecastKeeperTests
{
    private const int Calm = 480;

    private readonly ManualTime _time = new();
    private readonly ForecastHistory _history = new();
    private readonly List<ForecastChange> _changes = [];
    private TimeSpan _now;
    private DateTimeOffset? _certificateEndsAt;

    /// <summary>The first destination gets slower and slower; what of its requests it gets once that is forecast.</summary>
    [Theory]
    [InlineData(nameof(ForecastMode.Act), 4, 2, 0.5, 0.2, true)]
    [InlineData(nameof(ForecastMode.Act), 4, 3, 0.5, 0.2, true)]
    [InlineData(nameof(ForecastMode.Act), 4, 1, 0.5, 1, true)]
    [InlineData(nameof(ForecastMode.Act), 4, 2, 0.05, 1, false)]
    [InlineData(nameof(ForecastMode.Act), 3, 2, 0.5, 1, false)]
    [InlineData(nameof(ForecastMode.Advise), 4, 2, 0.5, 1, false)]
    [InlineData(nameof(ForecastMode.Observe), 4, 2, 0.5, 1, false)]
    public void Alarm_IsActedOn_OnlyWhereItMayBe(
        string mode, int hits, int destinations, double drawn, double share, bool isRefreshed)
    {
        for (var hit = 0; hit < hits; hit++)
        {
            _history.Add(Past(ForecastOutcome.CameTrue));
        }

        var (clusters, keeper) = Keeper(Enum.Parse<ForecastMode>(mode), destinations, drawn);
        Run(clusters, keeper, Calm, static _ => 0);
        Assert.Empty(_changes);
        Run(clusters, keeper, 250, static since => since);

        var alarm = Assert.Single(_changes);
        Assert.Equal(("d0", mode is not nameof(ForecastMode.Observe)), (alarm.Destination, alarm.IsTold));
        var tier = clusters.Find("guide")!.SnapshotNow(_now).Tiers[0];
        Assert.Equal(share, tier.StartShares?[0] ?? 1);
        Assert.Equal(isRefreshed, clusters.Find("guide")!.Cluster.IsFailureForecast);
        Assert.Equal(destinations, tier.Usable.Length);
        Assert.All(tier.StartShares?.Skip(1) ?? [], static other => Assert.Equal(1, other));
        var view = ViewBuilder.Of(clusters.Find("guide")!, _now, _time.GetUtcNow());
        Assert.Equal(share < 1, view.Tiers[0].Destinations[0].Forecast!.IsActedOn);
        var next = ClusterOutlook.Of(view, _time.GetUtcNow()).Next;
        Assert.Equal(alarm.IsTold, next.Contains("d0 of primary is forecast to be unable to serve by", StringComparison.Ordinal));
    }

    /// <summary>Forecasts that did not come true take the right away again, and the requests come back.</summary>
    [Fact]
    public void Score_ThatFalls_EndsWhatIsDone()
    {
        for (var hit = 0; hit < 4; hit++)
        {
            _history.Add(Past(ForecastOutcome.CameTrue));
        }

        var (clusters, keeper) = Keeper(ForecastMode.Act, 2, 0.5);
        Run(clusters, keeper, Calm, static _ => 0);
        Run(clusters, keeper, 250, static since => since);
        Assert.NotNull(clusters.Find("guide")!.SnapshotNow(_now).Tiers[0].StartShares);
        Assert.True(clusters.Find("guide")!.Cluster.IsFailureForecast);

        _history.Add(Past(ForecastOutcome.DidNot));
        Run(clusters, keeper, 2, static _ => 250);

        Assert.Null(clusters.Find("guide")!.SnapshotNow(_now).Tiers[0].StartShares);
        Assert.False(clusters.Find("guide")!.Cluster.IsFailureForecast);
        Assert.Single(_changes);
    }

    /// <summary>What this process was too slow to measure says nothing.</summary>
    [Fact]
    public void Times_WhileThisProcessIsStarved_AreNotTaken()
    {
        var (clusters, keeper) = Keeper(ForecastMode.Observe, 2, 0.5);
        Run(clusters, keeper, Calm, static _ => 0);
        Run(clusters, keeper, 250, static since => since, doubtful: true);

        Assert.Empty(_changes);
    }

    [Fact]
    public void Certificate_ThatEndsSoon_IsForecast()
    {
        var (clusters, keeper) = Keeper(ForecastMode.Observe, 1, 0.5);
        _certificateEndsAt = _time.GetUtcNow() + TimeSpan.FromSeconds(Calm + 240);
        Run(clusters, keeper, Calm + 200, static _ => 0);

        var alarm = Assert.Single(_changes);
        Assert.Contains("time left of its certificate, in seconds, has fallen from", alarm.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Signal_ThatReachesItsLimit_IsForecast()
    {
        var (clusters, keeper) = Keeper(ForecastMode.Observe, 2, 0.5);
        for (var second = 0; second < Calm + 260; second++)
        {
            var leaky = clusters.Find("guide")!.Watches.Single(static w => w.Destination.Name is "d1").Monitor;
            var memory = new SeriesValue("memory", 0.4 + (Math.Max(0, second - Calm) * 0.0015), 1);
            leaky.Share.Signals.Take(
                new SignalReading(leaky.Destination, "leak", SignalState.Clear, SignalEffect.Suspect, "", TimeSpan.FromSeconds(9))
                {
                    Series = memory,
                },
                _now);
            Run(clusters, keeper, 1, static _ => 0);
        }

        var alarm = Assert.Single(_changes);
        Assert.Equal("d1", alarm.Destination);
        Assert.Contains("memory has risen from", alarm.Reason, StringComparison.Ordinal);
    }

    private (ClusterTable Clusters, ForecastKeeper Keeper) Keeper(ForecastMode mode, int destinations, double drawn)
    {
        var cluster = new ClusterConfig
        {
            Name = "guide",
            Forecast = mode,
            Tiers = [new TierConfig { Name = "primary", Destinations = [.. Enumerable.Range(0, destinations).Select(Destination)] }],
        };
        var logger = NullLogger.Instance;
        var decider = new ClusterDecider([], _time, logger);
        var names = new NameTable(NullLogger<FailoverLoop>.Instance);
        var clusters = new ClusterTable(names, decider, new PendingTasks(), new LoopStep(), _time);
        clusters.Apply(
            new GatewayConfig { Listen = [], Routes = [], State = "", StaticFallback = "", Clusters = [cluster] }, TimeSpan.Zero);
        return (clusters, new ForecastKeeper(clusters, _time, logger)
        {
            Scores = new ForecastScores(_history),
            Told = _changes.Add,
            Draw = () => drawn,
        });
    }

    private static DestinationConfig Destination(int number) =>
        new() { Name = $"d{number}", Url = new Uri($"http://127.0.0.1:{9001 + number}") };

    private static ForecastRecord Past(ForecastOutcome outcome) =>
        new(ManualTime.Start, "guide", "d0", 0.8, outcome, TimeSpan.FromMinutes(2)) { IsAlarm = true };

    // Second by second: every destination passes its probe, the first one later by so many steps.
    private void Run(ClusterTable clusters, ForecastKeeper keeper, int seconds, Func<int, int> late, bool doubtful = false)
    {
        for (var second = 1; second <= seconds; second++)
        {
            _now += TimeSpan.FromSeconds(1);
            _time.Jump(TimeSpan.FromSeconds(1));
            foreach (var watch in clusters.Find("guide")!.Watches)
            {
                var duration = TimeSpan.FromMilliseconds(5 + (watch.Destination.Name is "d0" ? late(second) * 2.2 : 0));
                var around = new HealthContext(Exhausted: false, HasSpare: true, Doubtful: false, TimeSpan.FromSeconds(5));
                var passed = new ProbeResult(ProbeOutcome.Passed, duration) { CertificateEndsAt = _certificateEndsAt };
                watch.Monitor.OnProbe(passed, around, _now);
            }

            keeper.OnTick(doubtful, _now);
        }
    }
}
