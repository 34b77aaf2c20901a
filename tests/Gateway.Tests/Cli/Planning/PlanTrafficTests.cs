using System.Collections.Immutable;
using Gateway.Cli.Planning;
using Gateway.Configuration.Model;
using Xunit;

namespace Gateway.Tests.Cli.Planning;

[Trait("kind", "unit")]
public sealed class PlanTrafficTests
{
    private static readonly GatewayConfig Before = new()
    {
        Listen = [],
        State = "",
        StaticFallback = "",
        Clusters = [],
        Routes =
        [
            new RouteConfig { Name = "many", Path = "/a", Cluster = "guide" },
            new RouteConfig { Name = "few", Path = "/b", Cluster = "guide" },
            new RouteConfig { Name = "none", Path = "/c", Cluster = "pages" },
        ],
    };

    /// <summary>Requests of many and few, the findings, and the share that those of high risk are about.</summary>
    [Theory]
    [InlineData(90, 10, "high route many", 0.9)]
    [InlineData(90, 10, "high route few", 0.1)]
    [InlineData(90, 10, "high route none", 0)]
    [InlineData(90, 10, "high route new", 0)]
    [InlineData(90, 10, "high cluster guide", 1)]
    [InlineData(90, 10, "high cluster pages", 0)]
    [InlineData(90, 10, "high gateway", 1)]
    [InlineData(90, 10, "medium cluster guide", 0)]
    [InlineData(90, 10, "high route few,high route few,medium route many", 0.1)]
    [InlineData(90, 10, "", 0)]
    [InlineData(0, 0, "high route few", 1.0 / 3)]
    [InlineData(0, 0, "high cluster guide", 2.0 / 3)]
    public void Share_IsThatOfTheRequestsOfTheLastHour(long many, long few, string findings, double share)
    {
        var plan = new ConfigPlan(
            [.. findings.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static text => text.Split(' ', 2)).Select(static parts =>
                new PlanFinding(parts[0] == "high" ? PlanRisk.High : PlanRisk.Medium, parts[1], ""))],
            0);

        var requests = ImmutableDictionary.CreateRange([KeyValuePair.Create("many", many), KeyValuePair.Create("few", few)]);
        Assert.Equal(share, PlanTraffic.ShareOf(Before, plan, requests), 6);
    }
}
