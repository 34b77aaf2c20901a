using Gateway.Configuration.Model;
using Gateway.Consensus;
using Gateway.Failover;
using Gateway.Failover.Comparison;
using Gateway.Health.Model;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>What people read of a cluster and its tiers, from what the loop knows.</summary>
[Trait("kind", "unit")]
public sealed class ViewBuilderTests
{
    private static readonly DateTimeOffset Utc = new(2026, 11, 26, 10, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Now = At(100);

    [Fact]
    public void Cluster_AtRest_IsShownAsItIs()
    {
        var runtime = Runtime("uu u", new FailoverConfig { SwitchAfter = At(5) }, new FailbackConfig { After = At(40), Ramp = At(20) });
        runtime.State = new ClusterState { Active = 1, ActiveSince = At(40), Settled = true, Relapses = 2, ReturnedAt = At(90) };
        runtime.LastTransition = new Transition("guide", "primary", "standby", TransitionReason.Failover, "", Utc);
        foreach (var route in (string[])["b", "a", "C"])
        {
            runtime.Cluster.TimingOf(route).Restore(At(route.Length + 1));
        }

        var view = Of(runtime);

        Assert.Equal(("guide", "standby", Utc.AddSeconds(-60)), (view.Name, view.Active, view.ActiveSince));
        Assert.Null(view.RampFrom);
        Assert.Null(view.RampSince);
        Assert.Null(view.Hold);
        Assert.Null(view.UnableSince);
        Assert.Equal(1, view.RampShare);
        Assert.Equal([0, 1], view.Tiers.Select(static t => t.Share));
        Assert.Equal((At(160), At(20), At(5)), (view.FailbackWait, view.Ramp, view.SwitchAfter));
        Assert.Equal(["C", "a", "b"], view.Timings.Select(static t => t.Route));
        Assert.All(view.Timings, static t => Assert.Equal((null, At(2)), (t.HedgeDelay, t.LateAfter)));
        Assert.Same(runtime.LastTransition, view.LastTransition);
        Assert.Equal((2, At(40), Utc.AddSeconds(-10)), (view.Relapses, view.FailbackAfter, view.ReturnedAt));
        Assert.Equal((true, true, 0, ""), (view.Settled, view.FailsBack, view.Gateways, view.LooksWorseBy));
    }

    [Fact]
    public void Cluster_Exhausted_HasNoActiveTier()
    {
        var runtime = Runtime("d d", failback: new FailbackConfig { Auto = false });
        runtime.State = new ClusterState { Active = -1, UnableSince = At(90) };
        var view = Of(runtime);
        Assert.Null(view.Active);
        Assert.Equal([0, 0], view.Tiers.Select(static t => t.Share));
        Assert.Equal((0, null, null), (view.Relapses, view.FailbackAfter, view.ReturnedAt));
        Assert.Equal((false, false, Utc.AddSeconds(-10)), (view.Settled, view.FailsBack, view.UnableSince));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Hold_OfATier_HasYieldedWhereAnotherServes(int active, bool yielded)
    {
        var runtime = Runtime("u u");
        runtime.State = new ClusterState { Active = active, Held = new Hold(0, At(160), "disk swap", "ann") };
        Assert.Equal(new HoldView("primary", Utc.AddSeconds(60), "disk swap", yielded, "ann"), Of(runtime).Hold);
    }

    [Fact]
    public void Ramp_Shares_AreThoseOfTheTwoTiers()
    {
        var runtime = Runtime("u u u");
        runtime.State = new ClusterState { Active = 1, RampFrom = 2, ReturnedAt = At(90) };
        var view = Of(runtime);
        Assert.Equal(("standby", "last", Utc.AddSeconds(-10)), (view.Active, view.RampFrom, view.RampSince));
        Assert.Equal(0.4, view.RampShare, 9);
        Assert.Equal([0, 0.4, 0.6], view.Tiers.Select(static t => Math.Round(t.Share, 9)));

        runtime.State = runtime.State with { Active = 0, RampFrom = 1 };
        Assert.Equal([0.4, 0.6, 0], Of(runtime).Tiers.Select(static t => Math.Round(t.Share, 9)));

        runtime.State = runtime.State with { Active = 1, RampFrom = 0 };
        view = Of(runtime);
        Assert.Equal(("standby", "primary", Utc.AddSeconds(-10)), (view.Active, view.RampFrom, view.RampSince));
    }

    [Theory]
    [InlineData(1, true, true, "primary 3.1 % failed, standby 0.4 %, after 1,900 requests")]
    [InlineData(1, false, true, "")]
    [InlineData(1, true, false, "")]
    [InlineData(-1, true, true, "")]
    [InlineData(0, true, true, "standby 3.1 % failed, primary 0.4 %, after 1,900 requests")]
    public void Ramp_InDoubt_SaysByWhat(int rampFrom, bool isInDoubt, bool isFound, string says)
    {
        var runtime = Runtime("u u");
        var active = rampFrom == 0 ? 1 : 0;
        runtime.State = new ClusterState { Active = active, RampFrom = rampFrom, ReturnedAt = At(90), IsInDoubt = isInDoubt };
        var finding = new ComparisonFinding(ComparedShare.Failed, 0.031, 0.004, 1900, ByConversation: false);
        runtime.Ramp.Restore(new ComparisonResult(isFound ? finding : null, IsProved: false));
        Assert.Equal(says, Of(runtime).LooksWorseBy);
    }

    /// <summary>u up, ? unknown, d down; of each tier two are needed.</summary>
    [Theory]
    [InlineData("uuu", "Healthy", 3)]
    [InlineData("uu", "Healthy", 2)]
    [InlineData("u?d", "Unverified", 2)]
    [InlineData("ud", "Degraded", 1)]
    [InlineData("dd", "Unavailable", 0)]
    public void Tier_OfDestinations_IsShown(string tier, string standing, int healthy)
    {
        var shown = Of(Runtime(tier, new FailoverConfig { MinHealthy = 2 })).Tiers[0];
        Assert.Equal(("primary", Enum.Parse<TierHealth>(standing)), (shown.Name, shown.Standing));
        Assert.Equal((healthy, 2, tier.Length), (shown.Healthy, shown.Needed, shown.Destinations.Length));
        Assert.Equal((shown.Standing, 0, true), Heard(shown));
        Assert.Equal(tier.Contains('d', StringComparison.Ordinal), shown.Degraded);
    }

    [Fact]
    public void Tier_HealthySince_IsOnTheWallClockOrNotKnown()
    {
        var runtime = Runtime("u u u");
        runtime.State = new ClusterState { HealthySince = [null, At(70)] };
        Assert.Equal([null, Utc.AddSeconds(-30), null], Of(runtime).Tiers.Select(static t => t.HealthySince));
    }

    [Fact]
    public void Tier_Load_IsShownBesideItsCapacity()
    {
        var runtime = Runtime("u u");
        runtime.Tiers[0].Load.Enter();
        runtime.Tiers[0].Load.Enter();
        runtime.Tiers[1].Load.Enter();
        runtime.Tiers[1].Load.Adaptive = new AdaptiveLimit(new ManualTime(), static () => 0.5);
        var tiers = Of(runtime).Tiers;
        Assert.Equal((2, 7), (tiers[0].InFlight, tiers[0].Capacity));
        Assert.Equal((1, runtime.Tiers[1].Load.Adaptive!.Current), (tiers[1].InFlight, tiers[1].Capacity));
        Assert.NotEqual(7, tiers[1].Capacity);
    }

    /// <summary>What the fleet said of the first tier; of the second it says nothing. Two destinations are needed.</summary>
    [Theory]
    [InlineData("uu", 2, true, false, "Degraded")]
    [InlineData("uu", 1, false, true, "Healthy")]
    [InlineData("ud", 1, false, true, "Unverified")]
    [InlineData("dd", 1, false, false, "Unavailable")]
    public void Fleet_ThatSpeaksOfATier_IsHeard(string tier, int votes, bool votedDown, bool mayReturn, string weighed)
    {
        var runtime = Runtime($"{tier} uu", new FailoverConfig { MinHealthy = 2 });
        runtime.Guidance = new FleetGuidance(3, [new TierGuidance("primary", votes, votedDown, mayReturn)], null);
        runtime.GuidedAt = Now;

        var view = Of(runtime);

        Assert.Equal(3, view.Gateways);
        Assert.Equal((Enum.Parse<TierHealth>(weighed), votes, mayReturn), Heard(view.Tiers[0]));
        Assert.Equal((TierHealth.Healthy, 0, false), Heard(view.Tiers[1]));
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(98.5, true)]
    [InlineData(98.499, false)]
    public void Fleet_ThatIsSilentForTooLong_CountsNoMore(double at, bool counts)
    {
        var runtime = Runtime("u u");
        runtime.Guidance = new FleetGuidance(3, [new TierGuidance("primary", 2, VotedDown: true, MayReturn: false)], null);
        runtime.GuidedAt = At(at);
        var view = Of(runtime);
        Assert.Equal(counts ? 3 : 0, view.Gateways);
        Assert.Equal(counts ? (TierHealth.Degraded, 2, false) : (TierHealth.Healthy, 0, true), Heard(view.Tiers[0]));
    }

    [Theory]
    [InlineData("uu u", 1, false)]
    [InlineData("uu d", 1, true)]
    [InlineData("ud d", 1, true)]
    [InlineData("ud u", 1, false)]
    [InlineData("dd d", 1, false)]
    [InlineData("uu", 1, false)]
    [InlineData("ud", 1, true)]
    [InlineData("u", 1, false)]
    [InlineData("?? ?", 1, false)]
    [InlineData("uu ud", 2, true)]
    [InlineData("uu uu", 2, false)]
    [InlineData("ud ud", 2, true)]
    public void Redundancy_OfACluster_IsLost(string tiers, int needed, bool lost) =>
        Assert.Equal(lost, Of(Runtime(tiers, new FailoverConfig { MinHealthy = needed })).RedundancyLost);

    private static ClusterView Of(ClusterRuntime runtime) => ViewBuilder.Of(runtime, Now, Utc);

    private static (TierHealth Weighed, int Votes, bool MayReturn) Heard(TierView tier) => (tier.Weighed, tier.DownVotes, tier.MayReturn);

    private static ClusterRuntime Runtime(string tiers, FailoverConfig? failover = null, FailbackConfig? failback = null)
    {
        var config = new ClusterConfig
        {
            Name = "guide",
            Failover = failover ?? new FailoverConfig(),
            Failback = failback ?? new FailbackConfig(),
            Tiers = [.. tiers.Split(' ').Select(TierOf)],
        };
        var runtime = new ClusterRuntime(config, static _ => [], new ManualTime(), TimeSpan.Zero);
        foreach (var (tier, letters) in runtime.Tiers.Zip(tiers.Split(' ')))
        {
            foreach (var (monitor, letter) in tier.Monitors.Zip(letters))
            {
                var probes = letter == 'u' ? ProbeOpinion.Up : letter == 'd' ? ProbeOpinion.Down : ProbeOpinion.Unknown;
                monitor.Restore(new HealthState(probes), "", "", TimeSpan.Zero, drain: null);
            }
        }

        return runtime;
    }

    private static TierConfig TierOf(string letters, int place) => new()
    {
        Name = place == 0 ? "primary" : place == 1 ? "standby" : "last",
        Capacity = 7,
        Destinations =
        [
            .. letters.Select((_, index) => new DestinationConfig
            {
                Name = $"{place}-{index}",
                Url = new Uri($"http://127.0.0.1:{9000 + (place * 10) + index}"),
            }),
        ],
    };

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
