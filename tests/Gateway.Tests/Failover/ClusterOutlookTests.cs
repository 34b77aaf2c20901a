using System.Collections.Immutable;
using System.Globalization;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>What page, command, <c>/status</c> and metric say, in each condition a cluster can be in.</summary>
[Trait("kind", "unit")]
public sealed class ClusterOutlookTests
{
    private static readonly DateTimeOffset Now = At("10:50:29");

    private static readonly TierView Well = Tier("primary", 2, Up("a"), Up("b"));
    private static readonly TierView Dead = Tier("primary", 0, Refusing("a"), Refusing("b"));
    private static readonly TierView Standby = Tier("standby", 1, Up("c"));
    private static readonly Transition Failover = new("guide", "primary", "standby", TransitionReason.Failover, "", At("10:49:08"))
    {
        Cause = "because both destinations of primary failed: timed out waiting for headers"
    };

    public static TheoryData<string> Cases => [.. Table.Keys];

    private static Dictionary<string, (
        ClusterView Cluster, ClusterCondition Condition, string Says, string Then, string? Tier, string? At)> Table
        => new(StringComparer.Ordinal)
        {
            ["all well"] = (
            View("primary", Well, Standby), ClusterCondition.Normal,
            "primary has served since 10:49:08Z.",
            "Nothing is due: standby takes over as soon as primary cannot serve.", null, null),
            ["all well, patient"] = (
            View("primary", Well, Standby) with { SwitchAfter = TimeSpan.FromSeconds(5) }, ClusterCondition.Normal,
            "primary has served since 10:49:08Z.",
            "Nothing is due: standby takes over once primary has not been able to serve for 5s.", null, null),
            ["since another day"] = (
            View("primary", Well, Standby) with { ActiveSince = Now.AddDays(-3) }, ClusterCondition.Normal,
            "primary has served since 2026-11-23 10:50:29Z.",
            "Nothing is due: standby takes over as soon as primary cannot serve.", null, null),
            ["no probes yet"] = (
            View("primary", Well, Standby) with { Settled = false }, ClusterCondition.Starting,
            "primary serves for the time being: the first round of probes is not over.",
            "The gateway decides once every destination was probed, 5 s after the start at the latest.", null, null),
            ["one of two down"] = (
            View("primary", Tier("primary", 1, Up("a"), Refusing("b")), Standby), ClusterCondition.Degraded,
            "primary has served since 10:49:08Z; primary has lost 1 of 2 destinations (b: connection refused on probes).",
            "Nothing is due: standby takes over as soon as primary cannot serve.", null, null),
            ["one of five up"] = (
            View("primary", Tier("primary", 1, Up("a"), Refusing("b"), Refusing("c"), Refusing("d"), Refusing("e"))) with
            {
                RedundancyLost = true
            }, ClusterCondition.Degraded,
            "primary has served since 10:49:08Z; primary has lost 4 of 5 destinations (b: connection refused on probes, c: connection "
                + "refused on probes, d: connection refused on probes, and 1 more); one destination is left.",
            "Nothing is due: no other tier can serve, so that the fallback chain answers as soon as primary has no destination left.",
            null,
            null),
            ["standby lost"] = (
            View("primary", Well, Tier("standby", 0, Ejected("s"))) with { RedundancyLost = true }, ClusterCondition.Degraded,
            "primary has served since 10:49:08Z; standby has lost 1 of 1 destination (s: ejected until 10:50:40Z, status 503, while its "
                + "probes pass); no other tier can serve.",
            "Nothing is due: no other tier can serve, so that the fallback chain answers as soon as primary has no destination left.",
            null,
            null),
            ["failed over, primary counts its wait"] = (
            View("standby", Well with { HealthySince = At("10:50:17") }, Standby) with
            {
                LastTransition = Failover
            }, ClusterCondition.FailedOver,
            "standby has served since 10:49:08Z, because both destinations of primary failed: timed out waiting for headers.",
            "primary has been healthy for 12 of 30 s: takes its first share at 10:50:47Z, all of it by 10:51:17Z; `hold standby` stops "
                + "it.", "primary", "10:50:47"),
            ["failed over, no ramp"] = (
            View("standby", Well with { HealthySince = At("10:50:17") }, Standby) with
            {
                LastTransition = Failover,
                Ramp = TimeSpan.Zero
            }, ClusterCondition.FailedOver,
            "standby has served since 10:49:08Z, because both destinations of primary failed: timed out waiting for headers.",
            "primary has been healthy for 12 of 30 s: takes all new requests at 10:50:47Z; `hold standby` stops "
                + "it.", "primary", "10:50:47"),
            ["failed over after relapses"] = (
            View("standby", Well with { HealthySince = At("10:47:29") }, Standby) with
            {
                FailbackWait = TimeSpan.FromMinutes(8)
            }, ClusterCondition.FailedOver,
            "standby has served since 10:49:08Z.",
            "primary has been healthy for 3 min of 8 min: takes its first share at 10:55:29Z, all of it by 10:55:59Z; `hold standby` stops "
                + "it.", "primary", "10:55:29"),
            ["failed over, primary dead"] = (
            View("standby", Dead, Standby) with { LastTransition = Failover }, ClusterCondition.FailedOver,
            "standby has served since 10:49:08Z, because both destinations of primary failed: timed out waiting for headers.",
            "primary must be healthy for 30 s before it serves again: 0 of 2 destinations up, 1 needed (a: connection refused on probes, "
                + "b: connection refused on probes).", null, null),
            ["failed over, primary's probes pass again"] = (
            View(
                "standby",
                Tier(
                    "primary",
                    0,
                    Refusing("a"),
                    Refusing("b") with { LastProbe = new ProbeResult(ProbeOutcome.Passed, TimeSpan.FromMilliseconds(2)) }),
                Standby), ClusterCondition.FailedOver,
            "standby has served since 10:49:08Z.",
            "primary must be healthy for 30 s before it serves again: 0 of 2 destinations up, 1 needed (a: connection refused on probes, "
                + "b: down, its last probe passed).", null, null),
            ["the cause of an older switch is not told"] = (
            View("primary", Well, Standby) with { LastTransition = Failover }, ClusterCondition.Normal,
            "primary has served since 10:49:08Z.",
            "Nothing is due: standby takes over as soon as primary cannot serve.", null, null),
            ["third of three, the second is nearer"] = (
            View("last", Dead, Standby with { HealthySince = At("10:50:20") }, Tier("last", 1, Up("x"))), ClusterCondition.FailedOver,
            "last has served since 10:49:08Z.",
            "standby has been healthy for 9 of 30 s: takes its first share at 10:50:50Z, all of it by 10:51:20Z; `hold last` stops "
                + "it.", "standby", "10:50:50"),
            ["manual, primary healthy"] = (
            View("standby", Well with { HealthySince = At("10:50:09") }, Standby) with { FailsBack = false }, ClusterCondition.FailedOver,
            "standby has served since 10:49:08Z.",
            "primary has been healthy for 20 s; failback is manual: `release` gives it its share.", null, null),
            ["manual, primary dead"] = (
            View("standby", Dead, Standby) with { FailsBack = false }, ClusterCondition.FailedOver,
            "standby has served since 10:49:08Z.",
            "primary must be healthy before `release` can give it its share, as failback is manual: 0 of 2 destinations up, 1 needed (a: "
                + "connection refused on probes, b: connection refused on probes).", null, null),
            ["the other gateways do not agree yet"] = (
            View("standby", Well with { HealthySince = At("10:49:49"), MayReturn = false }, Standby) with
            {
                Gateways = 3
            }, ClusterCondition.FailedOver,
            "standby has served since 10:49:08Z.",
            "primary has been healthy for 40 s, and waits until half of the 3 gateways have seen it healthy for 30 s; `hold standby` stops "
                + "it.", null, null),
            ["voted down by the other gateways"] = (
            View("standby", Well with { HealthySince = null, DownVotes = 2, Weighed = TierHealth.Degraded }, Standby) with
            {
                Gateways = 3
            }, ClusterCondition.FailedOver,
            "standby has served since 10:49:08Z.",
            "primary must be healthy for 30 s before it serves again: 2 of 3 gateways cannot use it.", null, null),
            ["ramp"] = (
            View("primary", Well, Standby) with
            {
                RampFrom = "standby",
                RampShare = 0.214,
                RampSince = At("10:50:26"),
                ActiveSince = At("10:50:26")
            }, ClusterCondition.Ramping,
            "primary has been taking over from standby since 10:50:26Z: it gets 21 % of new requests now.",
            "primary takes all new requests by 10:50:56Z; `hold standby` stops it.", "primary", "10:50:56"),
            ["ramp, in doubt"] = (
            View("primary", Well, Standby) with
            {
                RampFrom = "standby",
                RampShare = 0.214,
                RampSince = At("10:50:26"),
                ActiveSince = At("10:50:26"),
                LooksWorseBy = "primary 2.1 % failed, standby 0.4 %, after 310 requests",
            }, ClusterCondition.Ramping,
            "primary has been taking over from standby since 10:50:26Z: it gets 21 % of new requests now.",
            "primary takes all new requests by 10:50:56Z, unless it proves worse (primary 2.1 % failed, standby 0.4 %, after 310 "
                + "requests); `hold standby` stops it.", "primary", "10:50:56"),
            ["failing over, patient"] = (
            View("primary", Dead, Standby) with
            {
                UnableSince = At("10:50:28"),
                SwitchAfter = TimeSpan.FromSeconds(5)
            }, ClusterCondition.FailingOver,
            "primary has served since 10:49:08Z, and has not been able to since 10:50:28Z: 0 of 2 destinations up, 1 needed (a: connection "
                + "refused on probes, b: connection refused on probes).",
            "standby takes over at 10:50:33Z, unless primary can serve again before.", "standby", "10:50:33"),
            ["weak, and nothing better"] = (
            View(
                "primary",
                Tier("primary", 1, Up("a"), Refusing("b")) with { Needed = 2, Weighed = TierHealth.Degraded },
                Tier("standby", 0, Refusing("c"))) with
            {
                UnableSince = At("10:50:28")
            }, ClusterCondition.FailingOver,
            "primary has served since 10:49:08Z, and has not been able to since 10:50:28Z: 1 of 2 destinations up, 2 needed (b: connection "
                + "refused on probes).",
            "No other tier can take over: primary stays the active one until one can; awaited: standby: 0 of 1 destination up, 1 needed "
                + "(c: connection refused on probes).", null, null),
            ["nothing is left"] = (
            View("primary", Dead, Tier("standby", 0, Refusing("c"))) with
            {
                UnableSince = At("10:50:28"),
                SwitchAfter = TimeSpan.FromSeconds(5)
            }, ClusterCondition.FailingOver,
            "primary has served since 10:49:08Z, and has not been able to since 10:50:28Z: 0 of 2 destinations up, 1 needed (a: connection "
                + "refused on probes, b: connection refused on probes).",
            "No tier can serve: the fallback chain answers from 10:50:33Z on, unless one can before; awaited: primary: 0 of 2 destinations "
                + "up, 1 needed (a: connection refused on probes, b: connection refused on probes); standby: 0 of 1 destination up, 1 "
                + "needed (c: connection refused on probes).", null, "10:50:33"),
            ["held, primary would be due"] = (
            View("standby", Well with { HealthySince = At("10:50:17") }, Standby) with
            {
                Hold = new HoldView("standby", At("11:19:08"), "disk swap", Yielded: false, "ann@laptop")
            }, ClusterCondition.Held,
            "standby has served since 10:49:08Z; it is held until 11:19:08Z by ann@laptop, \"disk swap\".",
            "The hold ends at 11:19:08Z, or at once by `release`: primary takes its first share at 11:19:08Z, all of it by "
                + "11:19:38Z.", "primary", "11:19:08"),
            ["held, primary dead"] = (
            View("standby", Dead, Standby) with
            {
                Hold = new HoldView("standby", At("11:19:08"), "disk swap", Yielded: false)
            }, ClusterCondition.Held,
            "standby has served since 10:49:08Z; it is held until 11:19:08Z, \"disk swap\".",
            "The hold ends at 11:19:08Z, or at once by `release`; then primary must be healthy for 30 s before it serves again: 0 of 2 "
                + "destinations up, 1 needed (a: connection refused on probes, b: connection refused on probes).", null, null),
            ["held, manual"] = (
            View("standby", Well with { HealthySince = At("10:50:17") }, Standby) with
            {
                FailsBack = false,
                Hold = new HoldView("standby", At("11:19:08"), "x", Yielded: false)
            }, ClusterCondition.Held,
            "standby has served since 10:49:08Z; it is held until 11:19:08Z, \"x\".",
            "The hold ends at 11:19:08Z, or at once by `release`; failback is manual, so that only `release` gives primary its "
                + "share.", null, null),
            ["the first tier held"] = (
            View("primary", Well, Standby) with
            {
                Hold = new HoldView("primary", At("11:19:08"), "x", Yielded: false)
            }, ClusterCondition.Held,
            "primary has served since 10:49:08Z; it is held until 11:19:08Z, \"x\".",
            "The hold ends at 11:19:08Z, or at once by `release`; primary goes on serving then.", null, null),
            ["the hold has yielded"] = (
            View("primary", Well, Tier("standby", 0, Refusing("c"))) with
            {
                Hold = new HoldView("standby", At("11:19:08"), "x", Yielded: true)
            }, ClusterCondition.Held,
            "primary has served since 10:49:08Z; standby has lost 1 of 1 destination (c: connection refused on probes); standby is held "
                + "until 11:19:08Z, \"x\", and has yielded, since it cannot serve.",
            "The hold takes effect again once standby has been healthy for 30 s: 0 of 1 destination up, 1 needed (c: connection refused on "
                + "probes).", null, null),
            ["the hold takes effect again"] = (
            View("primary", Well, Standby with { HealthySince = At("10:50:17") }) with
            {
                Hold = new HoldView("standby", At("11:19:08"), "x", Yielded: true)
            }, ClusterCondition.Held,
            "primary has served since 10:49:08Z; standby is held until 11:19:08Z, \"x\", and has yielded, since it cannot serve.",
            "standby has been healthy for 12 of 30 s: takes all new requests at 10:50:47Z, as the hold says; `release` stops "
                + "it.", "standby", "10:50:47"),
            ["exhausted"] = (
            View(null, Dead, Tier("standby", 0, Drained("c"))) with
            {
                LastTransition = new("guide", "standby", null, TransitionReason.Exhausted, "", Now) { Cause = "because all failed" }
            }, ClusterCondition.Exhausted,
            "No tier has served since 10:49:08Z, because all failed; users get the fallback chain.",
            "The first tier that can serve takes over at once and whole; awaited: primary: 0 of 2 destinations up, 1 needed (a: connection "
                + "refused on probes, b: connection refused on probes); standby: 0 of 1 destination up, 1 needed (c: "
                + "drained).", null, null),
            ["a name that does not resolve"] = (
            View("standby", Tier("primary", 0), Standby), ClusterCondition.FailedOver,
            "standby has served since 10:49:08Z.",
            "primary must be healthy for 30 s before it serves again: it has no destination, since its names do not resolve.", null, null),
        };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outlook_OfACluster_SaysNowAndNext(string name)
    {
        var (cluster, condition, says, then, tier, at) = Table[name];
        var outlook = ClusterOutlook.Of(cluster, Now);
        Assert.Equal((condition, says, then), (outlook.Condition, outlook.Now, outlook.Next));
        Assert.Equal((tier, at is null ? null : At(at)), (outlook.Change.Tier, outlook.Change.At));
        Assert.NotEmpty(outlook.Change.Because);
    }

    [Theory]
    [InlineData(0.1, "10 %")]
    [InlineData(0.214, "21 %")]
    [InlineData(0.999, "99 %")]
    [InlineData(1, "100 %")]
    [InlineData(0, "0 %")]
    public void Share_BeforeItIsWhole_IsNeverAHundred(double share, string says) => Assert.Equal(says, ClusterOutlook.Percent(share));

    private static ClusterView View(string? active, params ImmutableArray<TierView> tiers) =>
        new("guide", active, At("10:49:08"), null, 1, null, TimeSpan.FromSeconds(30), [], null, tiers);

    private static TierView Tier(string name, int healthy, params ImmutableArray<DestinationView> destinations) =>
        new(
            name,
            healthy > 0 ? TierHealth.Healthy : TierHealth.Unavailable,
            0,
            healthy,
            1,
            healthy > 0 ? At("10:40:00") : null,
            0,
            null,
            destinations);

    private static DestinationView Up(string name) =>
        Of(name, HealthStatus.Up, new ProbeResult(ProbeOutcome.Passed, TimeSpan.FromMilliseconds(2)));

    private static DestinationView Refusing(string name) =>
        Of(name, HealthStatus.Down, new ProbeResult(ProbeOutcome.NotReached, default, Cause: FailureCause.ConnectionRefused)) with
        {
            Cause = "timed out"
        };

    private static DestinationView Ejected(string name) =>
        Of(name, HealthStatus.Ejected, new ProbeResult(ProbeOutcome.Passed, default)) with
        {
            EjectedUntil = At("10:50:40"),
            Cause = "status 503"
        };

    private static DestinationView Drained(string name) => Up(name) with { Draining = true };

    private static DestinationView Of(string name, HealthStatus healthStatus, ProbeResult probe) =>
        new(
            name,
            new Uri("http://127.0.0.1:1"),
            1,
            healthStatus,
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
            probe,
            Now,
            default);

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse($"2026-11-26T{time}Z", CultureInfo.InvariantCulture);
}
