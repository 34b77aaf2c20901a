using Gateway.Fleet;
using Gateway.Fleet.Canaries;
using Gateway.Hosting.Canaries;
using Xunit;

namespace Gateway.Tests.Hosting.Canaries;

/// <summary>What other gateways say of themselves is a moment old: harm is proved with what they count later.</summary>
[Trait("kind", "unit")]
public sealed class CanaryRunTests
{
    private static readonly CanaryCounts Failing = new(300, 300, 0);

    // An exchange that was under way when the doubt came may bring what was counted before it, and so may the beat after the first one
    // that is heard.
    [Fact]
    public void Harm_BesideOthers_IsComparedWithWhatTheySurelyCountedLater()
    {
        var run = Run(Other(beat: 1));
        Assert.Null(Harm(run, exchange: 20, Other(beat: 5, requests: 100)));
        Assert.True(run.IsInDoubt(default));
        Assert.Null(Harm(run, exchange: 21, Other(beat: 9, requests: 200)));
        Assert.Null(Harm(run, exchange: 22, Other(beat: 10, requests: 210)));
        Assert.Null(Harm(run, exchange: 23, Other(beat: 11, requests: 220)));
        Assert.True(run.IsInDoubt(default));

        Assert.NotNull(Harm(run, exchange: 24, Other(beat: 12, requests: 300)));
        Assert.False(run.IsInDoubt(default));
    }

    [Fact]
    public void Fault_ThatTheOthersTellOfLater_IsNoHarm()
    {
        var run = Run(Other(beat: 1));
        Assert.Null(Harm(run, exchange: 20, Other(beat: 5, requests: 100)));
        Assert.Null(Harm(run, exchange: 22, Other(beat: 7, requests: 110)));
        Assert.Null(Harm(run, exchange: 24, Other(beat: 9, requests: 400, failed: 300)));
        Assert.False(run.IsInDoubt(default));
    }

    // It died, or Redis did: what is left to compare with decides.
    [Fact]
    public void Other_ThatIsNotHeardAnyMore_IsNotWaitedFor()
    {
        var run = Run(Other(beat: 1));
        Assert.Null(Harm(run, exchange: 20, Other(beat: 5, requests: 100)));
        Assert.NotNull(Harm(run, exchange: 20));
    }

    // It lives, and yet never says anything newer.
    [Fact]
    public void Other_ThatRepeatsItself_IsWaitedForFiveSeconds()
    {
        var run = Run(Other(beat: 1));
        for (var exchange = 20; exchange < 40; exchange++)
        {
            Assert.Null(Harm(run, exchange, Other(beat: 5, requests: 100)));
        }

        Assert.True(run.IsInDoubt(FleetDoubt.Longest));
        Assert.NotNull(run.HarmOf(
            FleetDoubt.Longest, Failing, Now(Other(beat: 5, requests: 100)), 40,
            new Dictionary<string, (CanaryCounts, CanaryCounts)>(StringComparer.Ordinal)));
    }

    [Fact]
    public void Others_ThatCameLaterOrRestarted_AreNotComparedWith()
    {
        var run = Run(Other(beat: 9, requests: 5000));
        Assert.Null(Harm(run, exchange: 20, Other(beat: 1, requests: 100), Other(beat: 1, requests: 900, id: "late")));
        Assert.Null(Harm(run, exchange: 22, Other(beat: 3, requests: 150)));
        Assert.Contains("before", Harm(run, exchange: 24, Other(beat: 5, requests: 200))!, StringComparison.Ordinal);
    }

    // A rate limit that is too low for a route of 2 % of the requests: of all of them 2 % more get a 4xx, which clients that try paths
    // at random do as well.
    [Fact]
    public void SmallRoute_ThatIsHarmed_IsSeenByItself()
    {
        var routes = new Dictionary<string, (CanaryCounts, CanaryCounts)>(StringComparer.Ordinal)
        {
            ["search"] = (new CanaryCounts(500, 0, 5), new CanaryCounts(200, 0, 2)),
            ["pages"] = (new CanaryCounts(9000, 0, 90), new CanaryCounts(4000, 0, 40)),
            ["seldom"] = (new CanaryCounts(49, 0, 0), new CanaryCounts(49, 0, 0)),
            ["gone"] = (new CanaryCounts(900, 0, 0), new CanaryCounts(900, 0, 0)),
        };
        var alone = Alone() with { Routes = routes };
        var all = new CanaryCounts(2000, 0, 60);
        var now = new Dictionary<string, (CanaryCounts, CanaryCounts)>(StringComparer.Ordinal)
        {
            ["search"] = (new CanaryCounts(540, 0, 41), default),
            ["pages"] = (new CanaryCounts(10_960, 0, 110), default),
            ["seldom"] = (new CanaryCounts(99, 50, 0), default),
            ["new"] = (new CanaryCounts(400, 400, 0), default),
        };

        Assert.Equal(
            "of route 'search', 90 % of 40 requests got a 4xx, 1.0 % of 200 before",
            alone.HarmOf(default, all, Now(), 0, now));
        Assert.Null(Alone().HarmOf(default, all, Now(), 0, now));

        // In a fleet what befalls the route everywhere would be blamed on the change.
        Assert.Null((Run(Other(beat: 1)) with { Routes = routes }).HarmOf(default, all, Now(Other(beat: 5, requests: 100)), 20, now));
    }

    // A route that counts anew, since it left the configuration and came back, is not compared.
    [Fact]
    public void Route_ThatCountsLessThanBefore_IsNotCompared() =>
        Assert.Null((Alone() with
        {
            Routes = new Dictionary<string, (CanaryCounts, CanaryCounts)>(StringComparer.Ordinal)
            {
                ["search"] = (new CanaryCounts(500, 0, 0), new CanaryCounts(200, 0, 0)),
            },
        }).HarmOf(
            default,
            new CanaryCounts(100, 0, 0),
            Now(),
            0,
            new Dictionary<string, (CanaryCounts, CanaryCounts)>(StringComparer.Ordinal)
            {
                ["search"] = (new CanaryCounts(400, 400, 0), default),
            }));

    private static string? Harm(CanaryRun run, long exchange, params GatewayView[] others) =>
        run.HarmOf(default, Failing, Now(others), exchange, new Dictionary<string, (CanaryCounts, CanaryCounts)>(StringComparer.Ordinal));

    private static CanaryRun Alone() => new(
        2, null, 1, new CanaryCounts(10_000, 0, 100), default, Now(), DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(30));

    private static CanaryRun Run(GatewayView other) => new(
        2, "revision", 1, new CanaryCounts(1000, 0, 0), default, Now(other), DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(30));

    private static Dictionary<string, GatewayView> Now(params GatewayView[] others) => others.ToDictionary(static one => one.Id);

    private static GatewayView Other(long beat, long requests = 0, long failed = 0, string id = "b") =>
        new(id, id, Self: false, "1", "earlier", []) { Beat = beat, Outcomes = new CanaryCounts(requests, failed, 0) };
}
