using Gateway.Configuration.Model;
using Gateway.Notifications.Drills;
using Xunit;

namespace Gateway.Tests.Notifications.Drills;

[Trait("kind", "unit")]
public sealed class ClusterCountsTests
{
    private readonly Dictionary<string, RequestCount> _routes = new(StringComparer.Ordinal);
    private readonly ClusterCounts _counts;

    public ClusterCountsTests() => _counts = new ClusterCounts(route => _routes.GetValueOrDefault(route));

    [Fact]
    public void Counts_AreWhatCameSinceTheFirstLook()
    {
        _routes["a"] = new RequestCount(100, 7);
        var config = ConfigOf(("a", "guide"), ("b", "guide"));
        _counts.Look(config);
        Assert.Equal(default, _counts.Of("guide"));

        _routes["a"] = new RequestCount(110, 8);
        _routes["b"] = new RequestCount(5, 1);
        _counts.Look(config);
        Assert.Equal(new RequestCount(15, 2), _counts.Of("guide"));
        Assert.Equal(new RequestCount(15, 2), _counts.All["guide"]);
    }

    [Fact]
    public void Route_ThatIsRenamed_TakesNothingBack()
    {
        _counts.Look(ConfigOf(("a", "guide")));
        _routes["a"] = new RequestCount(1000, 3);
        _counts.Look(ConfigOf(("a", "guide")));

        _counts.Look(ConfigOf(("renamed", "guide")));
        Assert.Equal(new RequestCount(1000, 3), _counts.Of("guide"));
        _routes["renamed"] = new RequestCount(10, 4);
        _counts.Look(ConfigOf(("renamed", "guide")));
        Assert.Equal(new RequestCount(1010, 7), _counts.Of("guide"));
    }

    [Fact]
    public void Route_OfAnotherCluster_BringsNothingAlong()
    {
        _routes["a"] = new RequestCount(1000, 500);
        _counts.Look(ConfigOf(("a", "other")));
        _counts.Look(ConfigOf(("a", "guide")));
        Assert.Equal(default, _counts.Of("guide"));

        // Nor when it comes back.
        _routes["a"] = new RequestCount(2000, 900);
        _counts.Look(ConfigOf(("a", "other")));
        Assert.Equal(default, _counts.Of("other"));
        _routes["a"] = new RequestCount(2001, 901);
        _counts.Look(ConfigOf(("a", "other")));
        Assert.Equal(new RequestCount(1, 1), _counts.Of("other"));
    }

    [Fact]
    public void Meter_ThatBeginsAnew_IsCountedFromThere()
    {
        var config = ConfigOf(("a", "guide"));
        _routes["a"] = new RequestCount(50, 5);
        _counts.Look(config);
        _routes["a"] = new RequestCount(3, 1);
        _counts.Look(config);
        Assert.Equal(new RequestCount(3, 1), _counts.Of("guide"));
    }

    private static GatewayConfig ConfigOf(params (string Name, string Cluster)[] routes) => new()
    {
        Listen = [],
        Clusters = [],
        Routes = [.. routes.Select(static one => new RouteConfig { Name = one.Name, Path = "/", Cluster = one.Cluster })],
        State = "",
        StaticFallback = "",
    };
}
