using Gateway.Configuration.Model;
using Gateway.Consensus;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Health.Rules;
using Gateway.Health.Signals;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>What a tier counts for.</summary>
[Trait("kind", "unit")]
public sealed class TierEvaluatorTests
{
    [Theory]
    [InlineData("Healthy", true, false, "Healthy")]
    [InlineData("Healthy", true, true, "Degraded")]
    [InlineData("Unverified", true, true, "Degraded")]
    [InlineData("Degraded", true, false, "Unverified")]
    [InlineData("Degraded", false, false, "Degraded")]
    [InlineData("Degraded", true, true, "Degraded")]
    [InlineData("Unavailable", false, false, "Unavailable")]
    [InlineData("Unavailable", false, true, "Unavailable")]
    public void Weigh_OwnEyesAndTheFleets_ComeTo(string own, bool reachable, bool votedDown, string expected)
    {
        Assert.Equal(
            Enum.Parse<TierHealth>(expected),
            TierEvaluator.Weigh(Enum.Parse<TierHealth>(own), reachable, new TierGuidance("a", 1, votedDown, MayReturn: false)));
        Assert.Equal(Enum.Parse<TierHealth>(own), TierEvaluator.Weigh(Enum.Parse<TierHealth>(own), reachable, null));
    }

    /// <summary>U up, ? not probed yet, D down, E ejected, H half-open; small: drained.</summary>
    [Theory]
    [InlineData("U U", 1, false, "Healthy")]
    [InlineData("U D", 1, false, "Healthy")]
    [InlineData("? D", 1, false, "Unverified")]
    [InlineData("U ? D", 2, false, "Unverified")]
    [InlineData("U D D", 2, false, "Degraded")]
    [InlineData("? D D", 2, false, "Degraded")]
    [InlineData("D E H u", 1, false, "Unavailable")]
    [InlineData("U U D D", 0.5, true, "Healthy")]
    [InlineData("U D D D", 0.5, true, "Degraded")]
    public void StandingOf_Destinations_ComeTo(string tier, double needed, bool isShare, string expected) => Assert.Equal(
        Enum.Parse<TierHealth>(expected),
        TierEvaluator.StandingOf([.. MonitorsOf(tier)], new FailoverConfig { MinHealthy = needed, MinHealthyIsShare = isShare }));

    /// <summary>What may be chosen, what is tried again, what a drain spares; by place.</summary>
    [Theory]
    [InlineData("U U D", "0 1", "", "", true, false)]
    [InlineData("U E H", "0", "2", "", true, false)]
    [InlineData("D h H", "", "2", "", false, true)]
    [InlineData("U u ?", "0 2", "", "", true, false)]
    [InlineData("U s D", "0", "", "1", true, false)]
    [InlineData("Us U", "1", "", "", true, false)]
    [InlineData("Us Us", "0 1", "", "", true, true)]
    [InlineData("Us Ud", "0", "", "", true, true)]
    [InlineData("Ud Ud", "0 1", "", "", true, true)]
    [InlineData("U2 U D", "1", "", "", true, false)]
    [InlineData("U2 D D", "0", "", "", true, false)]
    [InlineData("? D", "0", "", "", true, false)]
    public void SnapshotOf_Destinations_AreTheBestClass(
        string tier, string usable, string halfOpen, string spared, bool canServe, bool looksIll)
    {
        var monitors = MonitorsOf(tier);

        var snapshot = SnapshotOf(monitors);

        Assert.Equal(usable, PlacesOf(snapshot.Usable));
        Assert.Equal(halfOpen, PlacesOf(snapshot.HalfOpen));
        Assert.Equal(spared, PlacesOf(snapshot.Spared));
        Assert.Equal(monitors.Count, snapshot.All.Length);
        Assert.Equal((canServe, looksIll, false), (snapshot.CanServe, snapshot.LooksIll, snapshot.HasLimits));
        Assert.Null(snapshot.StartShares);
    }

    /// <summary>Destinations that all have a limit make one for their tier; a configured one may be lower.</summary>
    [Theory]
    [InlineData(0, 0, null, null)]
    [InlineData(10, 0, null, null)]
    [InlineData(10, 20, null, 30)]
    [InlineData(10, 20, 25, 25)]
    [InlineData(10, 20, 35, 30)]
    [InlineData(0, 20, 35, 35)]
    [InlineData(int.MaxValue, int.MaxValue, null, int.MaxValue)]
    public void SnapshotOf_Limits_BoundTheTier(int first, int second, int? capacity, int? expected)
    {
        var monitors = MonitorsOf("U U");
        monitors[0].Destination.MaxInFlight = first;
        monitors[1].Destination.MaxInFlight = second;

        var snapshot = SnapshotOf(monitors, capacity);

        Assert.Equal(expected, snapshot.Capacity);
        Assert.Equal(first + second != 0, snapshot.HasLimits);
    }

    /// <summary>Where signals leave shares of weights, all are counted in hundredths, and none becomes nothing.</summary>
    [Theory]
    [InlineData(1.0, 3, 5)]
    [InlineData(0.5, 150, 500)]
    [InlineData(0.001, 1, 500)]
    public void SnapshotOf_SharesOfWeights_AreWholeNumbers(double share, int first, int second)
    {
        var monitors = MonitorsOf("U U");
        (monitors[0].Share.Configured, monitors[1].Share.Configured) = (3, 5);
        if (share < 1)
        {
            monitors[0].Share.Signals.Apply(MemberEffect.None with { Effect = SignalEffect.Weight, Share = share });
        }

        Assert.Equal([first, second], SnapshotOf(monitors).Weights);
    }

    /// <summary>One that a forecast prefers less gets a part of its share, where another one can take the rest.</summary>
    [Fact]
    public void SnapshotOf_SharesAtAStart_AreThereWhileOneIsNotWhole()
    {
        var monitors = MonitorsOf("U U");
        Assert.True(monitors[0].Share.Prefer(0.25));
        Assert.False(monitors[0].Share.Prefer(0.25));
        Assert.Equal([0.25, 1], SnapshotOf(monitors).StartShares!);
        Assert.Null(SnapshotOf(monitors[..1]).StartShares);

        Assert.True(monitors[0].Share.Prefer(1));
        Assert.Null(SnapshotOf(monitors).StartShares);
    }

    [Fact]
    public void SnapshotOf_AnOperatorsWeight_GoesBeforeTheConfigurations()
    {
        var monitors = MonitorsOf("U U");
        monitors[0].Share.Order = new WeightOrder(40, TimeSpan.Zero, null, null);
        Assert.Equal([40, 1], SnapshotOf(monitors).Weights);
        Assert.Equal(1, monitors[0].Share.Configured);
    }

    private static TierSnapshot SnapshotOf(IReadOnlyList<DestinationMonitor> monitors, int? capacity = null) => TierEvaluator.SnapshotOf(
        new TierConfig { Name = "primary", Destinations = [], Capacity = capacity },
        0,
        new TierLoad(),
        monitors,
        new ClusterConfig { Name = "guide", Tiers = [] },
        TimeSpan.FromMinutes(1));

    private static string PlacesOf(IEnumerable<Destination> destinations) => string.Join(' ', destinations.Select(static d => d.Name));

    private static List<DestinationMonitor> MonitorsOf(string tier)
    {
        var config = new ClusterConfig { Name = "guide", Tiers = [] };
        var monitors = new List<DestinationMonitor>();
        foreach (var item in tier.Split(' '))
        {
            var destination = new Destination("guide", "primary", $"{monitors.Count}", new Uri("http://127.0.0.1:9"));
            var monitor = new DestinationMonitor(destination, config, weight: 1, TimeSpan.Zero);
            var health = char.ToUpperInvariant(item[0]) switch
            {
                '?' => default,
                'D' => new HealthState(ProbeOpinion.Down),
                'E' => new HealthState(ProbeOpinion.Up, Traffic: TrafficOpinion.Ejected, EjectedUntil: TimeSpan.FromHours(1)),
                'H' => new HealthState(ProbeOpinion.Up, Traffic: TrafficOpinion.HalfOpen),
                _ => new HealthState(ProbeOpinion.Up),
            };
            var drain = item[0] switch
            {
                's' => new DrainOrder(TimeSpan.Zero, null, null) { Until = TimeSpan.FromHours(1) },
                _ when char.IsLower(item[0]) => new DrainOrder(TimeSpan.Zero, null, null),
                _ => null,
            };
            monitor.Restore(health, "", "", TimeSpan.Zero, drain);
            foreach (var mark in item[1..])
            {
                Mark(monitor, mark);
            }

            monitors.Add(monitor);
        }

        return monitors;
    }

    // A later priority, or what a signal does.
    private static void Mark(DestinationMonitor monitor, char mark)
    {
        if (char.IsDigit(mark))
        {
            monitor.Share.Priority = mark - '0';
            return;
        }

        monitor.Share.Signals.Apply(
            MemberEffect.None with { Effect = mark == 's' ? SignalEffect.Suspect : SignalEffect.Drain });
    }
}
