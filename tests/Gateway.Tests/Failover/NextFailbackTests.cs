using System.Collections.Immutable;
using System.Globalization;
using Gateway.Failover;
using Gateway.Health.Model;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>When a better tier takes over again, or what it waits for.</summary>
[Trait("kind", "unit")]
public sealed class NextFailbackTests
{
    private static readonly DateTimeOffset Now = At("10:50:29");

    /// <summary>How long primary has been healthy in words, when it takes its share, and when it has all of it.</summary>
    [Theory]
    [InlineData(30, "10:50:29", "0 of 30 s", "10:50:59", "10:51:29")]
    [InlineData(30, "10:50:35", "0 of 30 s", "10:51:05", "10:51:35")]
    [InlineData(30, "10:50:17", "12 of 30 s", "10:50:47", "10:51:17")]
    [InlineData(30, "10:49:59", "30 of 30 s", "10:50:29", "10:50:59")]
    [InlineData(30, "10:40:29", "30 of 30 s", "10:50:29", "10:50:59")]
    [InlineData(119, "10:50:17", "12 of 119 s", "10:52:16", "10:52:46")]
    [InlineData(120, "10:50:17", "12 s of 2 min", "10:52:17", "10:52:47")]
    [InlineData(121, "10:50:17", "12 s of 2 min", "10:52:18", "10:52:48")]
    [InlineData(600, "10:47:29", "3 min of 10 min", "10:57:29", "10:57:59")]
    public void Failback_AfterTheWait_IsDue(int wait, string since, string healthy, string at, string whole)
    {
        var cluster = View(Tier("primary", 1, healthySince: since)) with { FailbackWait = TimeSpan.FromSeconds(wait) };
        var because = $"it has been healthy since {since}Z, and failback waits {(wait < 120 ? $"{wait} s" : $"{wait / 60} min")}";
        AssertNext(
            cluster,
            $"primary has been healthy for {healthy}: takes its first share at {at}Z, all of it by {whole}Z; `hold standby` stops it.",
            because,
            "primary",
            at);
        AssertNext(
            cluster with { Ramp = TimeSpan.Zero },
            $"primary has been healthy for {healthy}: takes all new requests at {at}Z; `hold standby` stops it.",
            because,
            "primary",
            at);
    }

    /// <summary>This gateway's own wait must be over before it says that it waits for the others.</summary>
    [Theory]
    [InlineData("10:49:58", false, true)]
    [InlineData("10:49:59", false, false)]
    [InlineData("10:50:00", false, false)]
    [InlineData("10:49:58", true, false)]
    public void Failback_ThatTheOthersDoNotSupport_WaitsForThem(string since, bool mayReturn, bool waits)
    {
        var cluster = View(Tier("primary", 1, healthySince: since) with { MayReturn = mayReturn }) with { Gateways = 5 };
        var (sentence, change) = NextOutlook.Of(cluster, ClusterCondition.FailedOver, Now);
        if (waits)
        {
            Assert.Equal(
                "primary has been healthy for 31 s, and waits until half of the 5 gateways have seen it healthy for 30 s; `hold standby` "
                    + "stops it.",
                sentence);
            Assert.Equal(new NextChange(null, null, "awaited: the other gateways"), change);
        }
        else
        {
            Assert.Equal("primary", change.Tier);
            Assert.Equal(
                !mayReturn,
                sentence.Contains(
                    ", if half of the 5 gateways have seen it healthy for long enough by then; `hold standby` stops it.",
                    StringComparison.Ordinal));
            Assert.Equal(!mayReturn, change.Because.EndsWith(" and for the other gateways", StringComparison.Ordinal));
        }
    }

    /// <summary>One that this gateway may take by itself is certain, whatever the others think of another.</summary>
    [Theory]
    [InlineData(false, true, "b", "10:50:39")]
    [InlineData(true, false, "a", "10:50:29")]
    [InlineData(true, true, "a", "10:50:29")]
    public void Failback_ToTheTierThatNeedsNoAgreement(bool first, bool second, string tier, string at)
    {
        var cluster = View(
            Tier("a", 1, healthySince: "10:49:49") with { MayReturn = first },
            Tier("b", 1, healthySince: "10:50:09") with { MayReturn = second }) with
        {
            Gateways = 3,
        };
        var (sentence, change) = NextOutlook.Of(cluster, ClusterCondition.FailedOver, Now);
        Assert.Equal((tier, At(at)), (change.Tier, change.At));
        Assert.StartsWith($"{tier} has been healthy for ", sentence, StringComparison.Ordinal);
    }

    /// <summary>The active tier has held for ten minutes then: the wait of the better one is not doubled any more.</summary>
    [Fact]
    public void Failback_OnceRelapsesAreForgotten_IsDueSooner() => AssertNext(
        View(Tier("primary", 1, healthySince: "10:50:09")) with
        {
            ActiveSince = At("10:40:59"),
            ReturnedAt = At("10:40:59"),
            Relapses = 2,
            FailbackWait = TimeSpan.FromMinutes(2),
            FailbackAfter = TimeSpan.FromSeconds(30),
        },
        "primary has been healthy for 20 s of 2 min, and its relapses are forgotten before: takes its first share at 10:50:59Z, all of it "
            + "by 10:51:29Z; `hold standby` stops it.",
        "it has been healthy since 10:50:09Z, and failback waits 2 min",
        "primary",
        "10:50:59");

    [Fact]
    public void Failback_ByHand_AwaitsTheOperator()
    {
        AssertNext(
            View(Tier("a", 1, healthySince: "10:50:19"), Tier("b", 1, healthySince: "10:50:09")) with { FailsBack = false },
            "a has been healthy for 10 s; failback is manual: `release` gives it its share.",
            "awaited: an operator's release");
        AssertNext(
            View(Tier("primary", 1, healthySince: "10:50:09")) with { FailsBack = false },
            "primary has been healthy for 20 s; failback is manual: `release` gives it its share.",
            "awaited: an operator's release");
        AssertNext(
            View(Tier("primary", 1) with { Weighed = TierHealth.Unverified }) with { FailsBack = false },
            "primary must be healthy before `release` can give it its share, as failback is manual: its destinations are not probed yet.",
            "awaited: primary to be healthy");
    }

    /// <summary>
    /// Of several better tiers the one whose wait ends first; among equals the first. One after the active one counts for nothing.
    /// </summary>
    [Theory]
    [InlineData("10:50:10", "10:50:20", "a")]
    [InlineData("10:50:20", "10:50:10", "b")]
    [InlineData("10:50:10", "10:50:10", "a")]
    [InlineData(null, "10:50:20", "b")]
    [InlineData("10:50:20", null, "a")]
    public void Failback_ToTheTierWhoseWaitEndsFirst(string? first, string? second, string tier)
    {
        var cluster = View() with
        {
            Tiers =
            [
                Tier("a", 1, healthySince: first),
                Tier("b", 1, healthySince: second),
                Tier("standby", 1, healthySince: "10:00:00"),
                Tier("z", 1, healthySince: "10:00:00"),
            ],
        };
        Assert.Equal(tier, NextOutlook.Of(cluster, ClusterCondition.FailedOver, Now).Change.Tier);
    }

    /// <summary>
    /// When the destinations' ejections end, by place; d down, u up. Only once as many can come back as are missing, it is known when the
    /// wait can begin; and which of them may be tried at once.
    /// </summary>
    [Theory]
    [InlineData(1, "10:50:40", "10:51:10", 0)]
    [InlineData(1, "10:50:20", "10:50:59", 0)]
    [InlineData(1, "10:50:29", "10:50:59", 0)]
    [InlineData(1, "d", null, 0)]
    [InlineData(1, "d 10:50:40", "10:51:10", 1)]
    [InlineData(1, "10:50:50 10:50:40", "10:51:10", 1)]
    [InlineData(2, "10:50:50 10:50:40", "10:51:20", 1)]
    [InlineData(2, "10:50:50 10:50:40 10:50:45", "10:51:15", 1)]
    [InlineData(2, "10:50:40 d", null, 0)]
    [InlineData(2, "u 10:50:40", "10:51:10", 1)]
    [InlineData(3, "u 10:50:50 10:50:40", "10:51:20", 2)]
    [InlineData(1, "u 10:50:40", null, 0)]
    public void Ejections_OfTheBetterTier_SayWhenItServesAgain(int needed, string destinations, string? again, int tried)
    {
        var parts = destinations.Split(' ');
        var tier = Tier("primary", 0) with
        {
            Needed = needed,
            Healthy = parts.Count(static p => p == "u"),
            Destinations = [.. parts.Select(static (part, place) => Parse($"d{place}", part))],
        };
        var sentence = NextOutlook.Of(View(tier), ClusterCondition.FailedOver, Now).Sentence;
        Assert.StartsWith("primary must be healthy for 30 s before it serves again: ", sentence, StringComparison.Ordinal);
        var ending = again is null ? "." : $"; it serves again at {again}Z at the earliest, and `ready d{tried}` tries it now.";
        Assert.EndsWith(ending, sentence, StringComparison.Ordinal);
        Assert.Equal(again is not null, sentence.Contains("at the earliest", StringComparison.Ordinal));
    }

    /// <summary>One that is drained does not come back by itself, nor one that probes see down.</summary>
    [Theory]
    [InlineData(true, "Ejected", false)]
    [InlineData(false, "Down", false)]
    [InlineData(false, "HalfOpen", false)]
    [InlineData(false, "Ejected", true)]
    public void Ejection_OfOneThatMayNotBeTried_SaysNothing(bool draining, string health, bool says)
    {
        var destination = Parse("a", "10:50:40") with { Draining = draining, HealthStatus = Enum.Parse<HealthStatus>(health) };
        var tier = Tier("primary", 0) with { Destinations = [destination] };
        var sentence = NextOutlook.Of(View(tier), ClusterCondition.FailedOver, Now).Sentence;
        Assert.Equal(says, sentence.Contains("`ready a` tries it now", StringComparison.Ordinal));
    }

    [Fact]
    public void Shortage_OfTheBetterTier_IsTold() => AssertNext(
        View(Tier("primary", 0)),
        "primary must be healthy for 30 s before it serves again: 0 of 1 destination up, 1 needed (primary0: down).",
        "awaited: primary to be healthy");

    private static void AssertNext(ClusterView cluster, string sentence, string because, string? tier = null, string? at = null)
    {
        var next = NextOutlook.Of(cluster, ClusterCondition.FailedOver, Now);
        Assert.Equal(sentence, next.Sentence);
        Assert.Equal(new NextChange(tier, at is null ? null : At(at), because), next.Change);
    }

    // Standby is active.
    private static ClusterView View(params ImmutableArray<TierView> better) => new(
        "guide", "standby", At("10:49:08"), null, 1, null, TimeSpan.FromSeconds(30), [], null, [.. better, Tier("standby", 1)]);

    private static TierView Tier(string name, int healthy, string? healthySince = null) => new(
        name,
        healthy > 0 ? TierHealth.Healthy : TierHealth.Unavailable,
        0,
        healthy,
        1,
        healthySince is null ? null : At(healthySince),
        0,
        null,
        [Parse($"{name}0", healthy > 0 ? "u" : "d")]);

    private static DestinationView Parse(string name, string how) => new(
        name,
        new Uri("http://127.0.0.1:1"),
        1,
        how switch
        {
            "u" => HealthStatus.Up,
            "d" => HealthStatus.Down,
            _ => HealthStatus.Ejected,
        },
        At("10:40:00"),
        "",
        false,
        false,
        0,
        [],
        how.Length > 1 ? At(how) : null,
        0,
        0,
        null,
        null,
        null,
        null,
        default);

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse($"2026-11-26T{time}Z", CultureInfo.InvariantCulture);
}
