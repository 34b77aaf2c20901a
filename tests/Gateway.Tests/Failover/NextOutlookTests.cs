using System.Collections.Immutable;
using System.Globalization;
using Gateway.Failover;
using Gateway.Health.Model;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>What changes next, when and why, at the edges of each condition.</summary>
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
        View("standby", Primary with { CanTakeOver = false }, Standby, Last) with
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
            View("standby", Primary, Standby, Last) with { UnableSince = At("10:50:28"), SwitchAfter = TimeSpan.FromMinutes(1) },
            "FailingOver",
            "primary takes over at 10:51:28Z, unless standby can serve again before.",
            "standby cannot serve, and failover.switchAfter is 1m",
            "primary",
            "10:51:28");
        AssertNext(
            View("primary", Primary with { Standing = TierHealth.Degraded, CanTakeOver = false, Needed = 2 }) with
            {
                UnableSince = At("10:50:28"),
            },
            "FailingOver",
            "No other tier can take over: primary stays the active one until one can.",
            "awaited: a tier that can serve");
    }

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

    [Fact]
    public void Held_AndRampingOrExhausted_TellsOfThatFirst()
    {
        var yielded = View("primary", Primary, Standby) with { Hold = Hold("standby") with { Yielded = true }, RampFrom = "standby" };
        Assert.Equal("the ramp from standby ends", NextOutlook.Of(yielded, ClusterCondition.Ramping, Now).Change.Because);
        Assert.Equal("awaited: a destination that can serve", NextOutlook.Of(yielded, ClusterCondition.Exhausted, Now).Change.Because);
    }

    /// <summary>The tiers that could serve next, in order: n cannot take over.</summary>
    [Theory]
    [InlineData("primary", "", "standby takes over")]
    [InlineData("primary", "standby", "last takes over")]
    [InlineData("primary", "standby last", "no other tier can serve, so that the fallback chain answers")]
    [InlineData("standby", "", "last takes over")]
    [InlineData("last", "", "no other tier can serve, so that the fallback chain answers")]
    public void Nothing_IsDue_AndTheNextTierIsNamed(string active, string unable, string then)
    {
        var tiers = new[] { Primary, Standby, Last }.Select(t => t with { CanTakeOver = !unable.Split(' ').Contains(t.Name) });
        var cluster = View(active, [.. tiers]);
        AssertNext(cluster, "Normal", $"Nothing is due: {then} as soon as {active} cannot serve.", "nothing is due");
        AssertNext(
            cluster with { SwitchAfter = TimeSpan.FromMilliseconds(1) },
            "Degraded",
            $"Nothing is due: {then} once {active} has not been able to serve for 1ms.",
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
