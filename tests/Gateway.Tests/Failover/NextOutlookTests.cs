using System.Collections.Immutable;
using System.Globalization;
using Gateway.Failover;
using Gateway.Health.Model;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>What changes next, when and why, at the edges of each condition.</summary>
[Trait("kind", "unit")]
public sealed class NextOutlookTests
{
    private static readonly DateTimeOffset Now = At("10:50:29");
    private static readonly TierView Primary = Tier("primary", 1, 1);
    private static readonly TierView Standby = Tier("standby", 1, 1);
    private static readonly TierView Last = Tier("last", 1, 1);

    [Fact]
    public void Awaited_NamesWhatIsAwaited()
    {
        AssertNext(
            View("primary", Primary), "Starting",
            "The gateway decides once every destination was probed, 5 s after the start at the latest.",
            "awaited: the first round of probes");
        AssertNext(
            View(null, Tier("primary", 0, 1), Tier("standby", 0, 2)), "Exhausted",
            "The first tier that can serve takes over at once and whole; awaited: primary: 0 of 1 destination up, 1 needed (primary0: "
                + "down); standby: 0 of 2 destinations up, 2 needed (standby0: down, standby1: down).",
            "awaited: a destination that can serve");
    }

    /// <summary>It ends after its time, counted from its begin if that is known; never in the past.</summary>
    [Theory]
    [InlineData("10:50:20", "10:50:10", "10:50:50")]
    [InlineData(null, "10:50:10", "10:50:40")]
    [InlineData("10:49:59", "10:50:10", "10:50:29")]
    [InlineData("10:50:00", "10:50:10", "10:50:30")]
    [InlineData("10:40:00", "10:50:10", "10:50:29")]
    public void Ramp_EndsAfterItsTime(string? rampSince, string activeSince, string ends) => AssertNext(
        View("primary", Primary, Standby) with
        {
            RampFrom = "standby",
            RampSince = rampSince is null ? null : At(rampSince),
            ActiveSince = At(activeSince),
        },
        "Ramping",
        $"primary takes all new requests by {ends}Z; `hold standby` stops it.",
        "the ramp from standby ends",
        "primary",
        ends);

    [Theory]
    [InlineData("10:50:28", "10:50:33")]
    [InlineData("10:50:24", "10:50:29")]
    [InlineData("10:50:20", "10:50:29")]
    public void Leave_IsDueAfterItsPatience_AndNeverInThePast(string unableSince, string at) => AssertNext(
        View("standby", Tier("primary", 0, 1), Tier("standby", 0, 1), Last) with
        {
            UnableSince = At(unableSince),
            SwitchAfter = TimeSpan.FromSeconds(5),
        },
        "FailingOver",
        $"last takes over at {at}Z, unless standby can serve again before.",
        "standby cannot serve, and failover.switchAfter is 5s",
        "last",
        at);

    [Fact]
    public void Leave_ToTheFirstOfSeveral_NeverToItself()
    {
        AssertNext(
            View("standby", Primary, Tier("standby", 0, 1), Last) with
            {
                UnableSince = At("10:50:28"),
                SwitchAfter = TimeSpan.FromMinutes(1),
            },
            "FailingOver",
            "primary takes over at 10:51:28Z, unless standby can serve again before.",
            "standby cannot serve, and failover.switchAfter is 1m",
            "primary",
            "10:51:28");
        AssertNext(
            View("primary", Weighed(Primary, TierHealth.Degraded)) with { UnableSince = At("10:50:28") },
            "FailingOver",
            "No other tier can take over: primary stays the active one until one can.",
            "awaited: a tier that can serve");
    }

    /// <summary>As the machine chooses: one that is known to serve, else one that may, else one that has anything at all.</summary>
    [Theory]
    [InlineData("Unavailable", "Unverified", "Healthy", "last")]
    [InlineData("Unavailable", "Unverified", "Degraded", "standby")]
    [InlineData("Unavailable", "Degraded", "Degraded", "standby")]
    [InlineData("Unavailable", "Unavailable", "Degraded", "last")]
    [InlineData("Degraded", "Degraded", "Unverified", "last")]
    [InlineData("Degraded", "Degraded", "Degraded", null)]
    [InlineData("Degraded", "Unavailable", "Unavailable", null)]
    public void Leave_ToTheOneThatTheMachineTakes(string primary, string standby, string last, string? takesOver)
    {
        var cluster = View(
            "primary",
            Weighed(Primary, Enum.Parse<TierHealth>(primary)),
            Weighed(Standby, Enum.Parse<TierHealth>(standby)),
            Weighed(Last, Enum.Parse<TierHealth>(last))) with
        {
            UnableSince = At("10:50:28"),
            SwitchAfter = TimeSpan.FromSeconds(5),
        };
        var (sentence, change) = NextOutlook.Of(cluster, ClusterCondition.FailingOver, Now);
        Assert.Equal((takesOver, takesOver is null ? null : At("10:50:33")), (change.Tier, change.At));
        Assert.StartsWith(
            takesOver is null
                ? "No other tier can take over: primary stays the active one until one can; awaited: standby: "
                : $"{takesOver} takes over at 10:50:33Z, unless primary can serve again before.",
            sentence,
            StringComparison.Ordinal);
    }

    /// <summary>Nothing has anything left: the fallback chain answers once the patience is over.</summary>
    [Theory]
    [InlineData("10:50:28", "10:50:33")]
    [InlineData("10:50:20", "10:50:29")]
    public void Leave_ToNone_SaysFromWhenTheFallbackChainAnswers(string unableSince, string at) => AssertNext(
        View("primary", Tier("primary", 0, 1), Tier("standby", 0, 1)) with
        {
            UnableSince = At(unableSince),
            SwitchAfter = TimeSpan.FromSeconds(5),
        },
        "FailingOver",
        $"No tier can serve: the fallback chain answers from {at}Z on, unless one can before; awaited: primary: 0 of 1 destination up, 1 "
            + "needed (primary0: down); standby: 0 of 1 destination up, 1 needed (standby0: down).",
        "primary cannot serve, and failover.switchAfter is 5s; no other tier can serve",
        null,
        at);

    /// <summary>The loop has not taken note of it yet.</summary>
    [Fact]
    public void Leave_OfATierThatIsLostThisMoment_IsToldAtOnce() => AssertNext(
        View("standby", Healthy(Primary, "10:50:20"), Tier("standby", 0, 1)),
        "FailedOver",
        "primary takes over at 10:50:29Z, unless standby can serve again before.",
        "standby cannot serve, and failover.switchAfter is 0s",
        "primary",
        "10:50:29");

    [Fact]
    public void Recover_ToATierThatHasSomething_IsDueNow() => AssertNext(
        View(null, Tier("primary", 0, 1), Standby), "Exhausted",
        "standby takes over at once and whole.",
        "it has a destination that can serve",
        "standby",
        "10:50:29");

    [Fact]
    public void Held_NothingBetter_IsNotDue() => AssertNext(
        View("primary", Primary, Standby) with { Hold = Hold("primary") },
        "Held",
        "The hold ends at 11:00:00Z, or at once by `release`; primary goes on serving then.",
        "nothing is due");

    [Fact]
    public void Held_SomethingBetter_IsAwaited()
    {
        var held = View("standby", Healthy(Primary, "10:50:00"), Standby) with { Hold = Hold("standby") };
        AssertNext(
            held with { FailsBack = false },
            "Held",
            "The hold ends at 11:00:00Z, or at once by `release`; failback is manual, so that only `release` gives primary its share.",
            "awaited: an operator's release");
        AssertNext(
            View("standby", Tier("primary", 0, 1), Standby) with { Hold = Hold("standby") },
            "Held",
            "The hold ends at 11:00:00Z, or at once by `release`; then primary must be healthy for 30 s before it serves again: 0 of 1 "
                + "destination up, 1 needed (primary0: down).",
            "awaited: primary to be healthy");
    }

    /// <summary>A release gives the first one that is healthy its share, however short a time it has been.</summary>
    [Theory]
    [InlineData("10:50:28", "10:50:00", "primary")]
    [InlineData(null, "10:50:00", "standby")]
    public void Held_Manual_NamesTheTierThatAReleaseTakes(string? primary, string? standby, string released) => AssertNext(
        View("last", primary is null ? Tier("primary", 0, 1) : Healthy(Primary, primary), Healthy(Standby, standby!), Last) with
        {
            Hold = Hold("last"),
            FailsBack = false,
        },
        "Held",
        $"The hold ends at 11:00:00Z, or at once by `release`; failback is manual, so that only `release` gives {released} its share.",
        "awaited: an operator's release");

    [Fact]
    public void Held_Manual_AndNothingHealthy_AwaitsThat() => AssertNext(
        View("standby", Tier("primary", 0, 1), Standby) with { Hold = Hold("standby"), FailsBack = false },
        "Held",
        "The hold ends at 11:00:00Z, or at once by `release`; failback is manual, and primary must be healthy before `release` can give it "
            + "its share: 0 of 1 destination up, 1 needed (primary0: down).",
        "awaited: primary to be healthy");

    /// <summary>It is left to the other gateways; one that needs none of them comes first.</summary>
    [Fact]
    public void Held_InAFleet_DependsOnTheOthers()
    {
        var theirs = Healthy(Primary, "10:50:00") with { MayReturn = false };
        AssertNext(
            View("standby", theirs, Standby) with { Hold = Hold("standby"), Gateways = 3 },
            "Held",
            "The hold ends at 11:00:00Z, or at once by `release`: primary takes its first share at 11:00:00Z, all of it by 11:00:30Z, if "
                + "half of the 3 gateways have seen it healthy for long enough by then.",
            "the hold ends then, and the tier has been healthy for long enough, if the other gateways agree",
            "primary",
            "11:00:00");
        AssertNext(
            View("last", theirs, Healthy(Standby, "10:59:40"), Last) with { Hold = Hold("last"), Gateways = 3 },
            "Held",
            "The hold ends at 11:00:00Z, or at once by `release`: standby takes its first share at 11:00:10Z, all of it by 11:00:40Z.",
            "the hold ends then, and the tier has been healthy for long enough",
            "standby",
            "11:00:10");
    }

    /// <summary>A better tier takes over when both the hold and its wait are over.</summary>
    [Theory]
    [InlineData("10:50:00", "11:00:00", "11:00:30")]
    [InlineData("10:59:30", "11:00:00", "11:00:30")]
    [InlineData("10:59:31", "11:00:01", "11:00:31")]
    public void Held_TheLaterOfHoldAndWait_Decides(string since, string at, string whole)
    {
        var cluster = View("standby", Healthy(Primary, since), Standby) with { Hold = Hold("standby") };
        const string Because = "the hold ends then, and the tier has been healthy for long enough";
        AssertNext(
            cluster,
            "Held",
            $"The hold ends at 11:00:00Z, or at once by `release`: primary takes its first share at {at}Z, all of it by {whole}Z.",
            Because,
            "primary",
            at);
        AssertNext(
            cluster with { Ramp = TimeSpan.Zero },
            "Held",
            $"The hold ends at 11:00:00Z, or at once by `release`: primary takes all new requests at {at}Z.",
            Because,
            "primary",
            at);
    }

    [Theory]
    [InlineData("10:50:17", "12 of 30 s", "10:50:47")]
    [InlineData("10:49:59", "30 of 30 s", "10:50:29")]
    [InlineData("10:40:00", "30 of 30 s", "10:50:29")]
    public void YieldedHold_OnceTheTierIsHealthyForLongEnough_TakesEffect(string since, string healthy, string at) => AssertNext(
        View("primary", Primary, Healthy(Standby, since)) with { Hold = Hold("standby") with { Yielded = true } },
        "Held",
        $"standby has been healthy for {healthy}: takes all new requests at {at}Z, as the hold says; `release` stops it.",
        "the hold takes effect again",
        "standby",
        at);

    /// <summary>The hold ends at 11:00:00.</summary>
    [Theory]
    [InlineData("10:50:30", true)]
    [InlineData("10:50:31", false)]
    [InlineData("10:50:29", true)]
    public void YieldedHold_ThatEndsBefore_NeverTakesEffect(string since, bool ends)
    {
        var cluster = View("primary", Primary, Healthy(Standby, since)) with
        {
            Hold = Hold("standby") with { Yielded = true },
            FailbackWait = TimeSpan.FromSeconds(ends ? 571 : 568),
        };
        var (sentence, change) = NextOutlook.Of(cluster, ClusterCondition.Normal, Now);
        if (ends)
        {
            Assert.Equal("The hold ends at 11:00:00Z, before standby has been healthy for 9 min.", sentence);
            Assert.Equal(new NextChange(null, null, "awaited: the end of the hold"), change);
        }
        else
        {
            Assert.Equal(new NextChange("standby", At("10:59:59"), "the hold takes effect again"), change);
        }
    }

    [Fact]
    public void YieldedHold_OfATierThatIsNotHealthy_AwaitsIt() => AssertNext(
        View("primary", Primary, Tier("standby", 0, 1)) with { Hold = Hold("standby") with { Yielded = true } },
        "Degraded",
        "The hold takes effect again once standby has been healthy for 30 s: 0 of 1 destination up, 1 needed (standby0: down).",
        "awaited: standby to be healthy");

    /// <summary>The hold of a tier that cannot serve ends, and a better one than the active one is there.</summary>
    [Theory]
    [InlineData(null, true, "The hold takes effect again once standby has been healthy for 30 s: its destinations are not probed yet; else "
        + "it ends at 11:00:00Z: primary takes its first share at 11:00:00Z, all of it by 11:00:30Z.", "the hold is over by then")]
    [InlineData("10:59:50", true, "The hold ends at 11:00:00Z, before standby has been healthy for 30 s: primary takes its first share at "
        + "11:00:00Z, all of it by 11:00:30Z.", "the hold is over by then")]
    [InlineData("10:59:50", false, "The hold ends at 11:00:00Z, before standby has been healthy for 30 s: primary takes its first share at "
        + "11:00:00Z, all of it by 11:00:30Z, if half of the 2 gateways have seen it healthy for long enough by then.",
        "the hold is over by then, if the other gateways agree")]
    public void YieldedHold_ThatEnds_LeavesTheWayToABetterTier(string? since, bool mayReturn, string sentence, string because) =>
        AssertNext(
            View(
                "last",
                Healthy(Primary, "10:50:00") with { MayReturn = mayReturn },
                since is null ? Weighed(Standby, TierHealth.Unverified) : Healthy(Standby, since) with { MayReturn = mayReturn },
                Last) with
            {
                Hold = Hold("standby") with { Yielded = true },
                Gateways = 2,
            },
            "Held",
            sentence,
            because,
            "primary",
            "11:00:00");

    [Fact]
    public void Held_AndRampingOrExhausted_TellsOfThatFirst()
    {
        var yielded = View("primary", Primary, Standby) with { Hold = Hold("standby") with { Yielded = true }, RampFrom = "standby" };
        Assert.Equal("the ramp from standby ends", NextOutlook.Of(yielded, ClusterCondition.Ramping, Now).Change.Because);
        yielded = View(null, Tier("primary", 0, 1), Tier("standby", 0, 1)) with { Hold = yielded.Hold };
        Assert.Equal("awaited: a destination that can serve", NextOutlook.Of(yielded, ClusterCondition.Exhausted, Now).Change.Because);
    }

    /// <summary>What standby and last are good for: n nothing, d too few, u unverified, h healthy.</summary>
    [Theory]
    [InlineData("hh", "standby takes over", false)]
    [InlineData("uh", "last takes over", false)]
    [InlineData("ud", "standby takes over", false)]
    [InlineData("nh", "last takes over", false)]
    [InlineData("dd", "standby takes over", true)]
    [InlineData("nd", "last takes over", true)]
    [InlineData("nn", "no other tier can serve, so that the fallback chain answers", true)]
    public void Nothing_IsDue_AndTheNextTierIsNamed(string others, string then, bool onlyOnceNothingIsLeft)
    {
        TierHealth Of(int place) => (TierHealth)"nduh".IndexOf(others[place], StringComparison.Ordinal);
        var cluster = View("primary", Primary, Weighed(Standby, Of(0)), Weighed(Last, Of(1)));
        AssertNext(
            cluster,
            "Normal",
            $"Nothing is due: {then} as soon as primary {(onlyOnceNothingIsLeft ? "has no destination left" : "cannot serve")}.",
            "nothing is due");
        AssertNext(
            cluster with { SwitchAfter = TimeSpan.FromMilliseconds(1) },
            "Degraded",
            $"Nothing is due: {then} once primary has not been able to serve for 1ms"
                + $"{(onlyOnceNothingIsLeft ? " and has no destination left" : "")}.",
            "nothing is due");
    }

    private static void AssertNext(
        ClusterView cluster, string condition, string sentence, string because, string? tier = null, string? at = null)
    {
        var next = NextOutlook.Of(cluster, Enum.Parse<ClusterCondition>(condition), Now);
        Assert.Equal(sentence, next.Sentence);
        Assert.Equal(new NextChange(tier, at is null ? null : At(at), because), next.Change);
    }

    private static ClusterView View(string? active, params ImmutableArray<TierView> tiers) =>
        new("guide", active, At("10:49:08"), null, 1, null, TimeSpan.FromSeconds(30), [], null, tiers);

    private static HoldView Hold(string tier) => new(tier, At("11:00:00"), "disk swap", Yielded: false);

    private static TierView Weighed(TierView tier, TierHealth weighed) => tier with { Weighed = weighed };

    private static TierView Healthy(TierView tier, string since) => tier with { HealthySince = At(since) };

    private static TierView Tier(string name, int healthy, int destinations) => new(
        name,
        healthy > 0 ? TierHealth.Healthy : TierHealth.Unavailable,
        0,
        healthy,
        destinations,
        null,
        0,
        null,
        [.. Enumerable.Range(0, destinations).Select(place => Destination($"{name}{place}", healthy > place))]);

    private static DestinationView Destination(string name, bool up) => new(
        name,
        new Uri("http://127.0.0.1:1"),
        1,
        up ? HealthStatus.Up : HealthStatus.Down,
        At("10:40:00"),
        "",
        false,
        false,
        0,
        [],
        null,
        0,
        0,
        null,
        null,
        null,
        null,
        default);

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse($"2026-11-26T{time}Z", CultureInfo.InvariantCulture);
}
