using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Failover.Resuming;
using Xunit;

namespace Gateway.Tests.Failover.Resuming;

/// <summary>What the machine makes of what it held true before a restart.</summary>
[Trait("kind", "unit")]
public sealed class ResumptionTests
{
    private static readonly ClusterConfig Rules = new()
    {
        Name = "guide",
        Tiers = [],
        Failback = new FailbackConfig { After = TimeSpan.FromSeconds(30), Ramp = TimeSpan.FromSeconds(30) },
    };

    /// <summary>
    /// Before: the active tier, and for how long each tier had been able ("-": it was not). A script is "at second: standings", A able, u
    /// unproven, - none; the first round of probes is over at 0.5 s. Expected: "second: active reason" of each announced change.
    /// </summary>
    [Theory]
    [InlineData(1, "10 500", "0:uu 0.3:AA", "20:0 Failback")]
    [InlineData(1, "- 500", "0:uu 0.3:AA", "30.3:0 Failback")]
    [InlineData(1, "29 500", "0:uu 0.3:-A 5:AA", "35:0 Failback")]
    [InlineData(1, "10 500", "0:uu 0.3:A-", "0.5:0 Failover")]
    [InlineData(1, "10 500", "0:uu 0.3:--", "0.5:-1 Exhausted")]
    [InlineData(1, "10 500", "0:uu 0.3:-u 0.7:-A", "")]
    [InlineData(1, "10 500", "0:uu 0.3:Au", "0.5:0 Failover")]
    [InlineData(0, "500 500", "0:uu 0.3:AA", "")]
    [InlineData(0, "500 500", "0:uu 0.3:-A", "0.5:1 Failover")]
    public void Machine_AfterARestart_GoesOnWhereItWas(int active, string able, string script, string expected) =>
        Assert.Equal(expected, Run(new ClusterState { Resumed = Of(active, able) }, script));

    // A tier that had just returned and is lost over the restart has relapsed, and waits for twice as long.
    [Fact]
    public void Tier_ThatHadJustReturned_AndIsLostOverTheRestart_HasRelapsed()
    {
        var before = new ClusterState { Resumed = Of(0, "5 500"), ReturnedAt = -Seconds(5) };
        Assert.Equal("0.5:1 Relapse;62:0 Failback", Run(before, "0:uu 0.3:-A 2:AA"));
    }

    [Fact]
    public void Relapses_OfBefore_LengthenTheWait()
    {
        var before = new ClusterState { Resumed = Of(1, "- 500"), Relapses = 2 };
        Assert.Equal("120.3:0 Failback", Run(before, "0:uu 0.3:AA"));
    }

    [Fact]
    public void Ramp_OfBefore_GoesOnWithItsShare()
    {
        var state = new ClusterState { Resumed = Of(0, "45 500") with { RampFrom = 1, RampShare = 0.55 }, ReturnedAt = -Seconds(15) };
        (state, _) = FailoverMachine.Step(state, [TierHealth.Healthy, TierHealth.Healthy], null, firstRound: true, Rules, Seconds(1));

        Assert.Equal((0, 1), (state.Active, state.RampFrom));
        Assert.InRange(FailoverTimers.ShareOf(state, Rules.Failback, Seconds(1)), 0.55, 0.6);
        Assert.Equal(0.9, FailoverTimers.ShareOf(state, Rules.Failback, Seconds(12)), 1);
    }

    [Fact]
    public void Hold_GivenBeforeTheFirstRound_WinsOverWhatWas()
    {
        var state = new ClusterState { Resumed = Of(1, "10 500") };
        var hold = new Order(new Hold(0, Seconds(600), "test"));
        TierHealth[] tiers = [TierHealth.Unverified, TierHealth.Unverified];
        (state, _) = FailoverMachine.Step(state, tiers, hold, firstRound: false, Rules, Seconds(0));

        Assert.Equal((0, true), (state.Active, state.Settled));
    }

    [Fact]
    public void Reload_BeforeTheFirstRound_ForgetsIt() =>
        Assert.Null(new ClusterState { Resumed = Of(1, "10 500") }.Remap(["a", "b"], ["b", "a"]).Resumed);

    private static Resumption Of(int active, string able) => new(
        active,
        -Seconds(500),
        [.. able.Split(' ').Select(static text =>
            text == "-" ? (TimeSpan?)null : -Seconds(double.Parse(text, CultureInfo.InvariantCulture)))],
        -1,
        1);

    private static string Run(ClusterState state, string script)
    {
        var steps = script.Split(' ').Select(static step => step.Split(':')).Select(static step =>
            (At: Seconds(double.Parse(step[0], CultureInfo.InvariantCulture)), Tiers: step[1])).ToArray();
        var seen = new List<string>();
        for (var tenth = 0; tenth < 1300; tenth++)
        {
            var now = Seconds(tenth / 10.0);
            var standings = steps.Last(step => step.At <= now).Tiers.Select(static letter => letter switch
            {
                'A' => TierHealth.Healthy,
                'u' => TierHealth.Unverified,
                _ => TierHealth.Unavailable,
            });
            (state, var change) = FailoverMachine.Step(state, [.. standings], null, firstRound: tenth >= 5, Rules, now);
            if (change is { } real)
            {
                seen.Add(string.Create(CultureInfo.InvariantCulture, $"{now.TotalSeconds:0.#}:{real.To} {real.Reason}"));
            }
        }

        return string.Join(';', seen);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
