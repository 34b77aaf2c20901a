using Gateway.Fleet.Canaries;
using Gateway.Observability.Metrics;
using Xunit;

namespace Gateway.Tests.Fleet.Canaries;

/// <summary>Whether a changed configuration harms users: what is proved, what is chance, and what befalls all gateways alike.</summary>
[Trait("kind", "unit")]
public sealed class CanaryRuleTests
{
    /// <summary>Requests, failed and rejected: of the canary, before it, and at the others meanwhile; and what is said of it.</summary>
    public static TheoryData<string, long[], long[], long[], string?> Cases() => new()
    {
        { "nothing happened", [0, 0, 0], [1000, 0, 0], [0, 0, 0], null },
        { "all fail", [30, 30, 0], [1000, 0, 0], [0, 0, 0], "100 % of 30 requests failed, 0 % of 1,000 before" },
        { "five fail", [5, 5, 0], [1000, 0, 0], [0, 0, 0], "100 % of 5 requests failed, 0 % of 1,000 before" },
        { "two fail", [2, 2, 0], [1000, 0, 0], [0, 0, 0], null },
        { "one fails", [1, 1, 0], [1000, 0, 0], [0, 0, 0], null },
        { "one of many fails", [200, 1, 0], [1000, 0, 0], [0, 0, 0], null },
        { "a tenth fails", [300, 30, 0], [10_000, 10, 0], [0, 0, 0], "10 % of 300 requests failed, 0.1 % of 10,000 before" },
        { "a tenth failed before, too", [300, 30, 0], [10_000, 1000, 0], [0, 0, 0], null },
        { "half a percent more", [100_000, 600, 0], [100_000, 100, 0], [0, 0, 0], null },
        { "two percent more", [10_000, 300, 0], [10_000, 100, 0], [0, 0, 0], "3.0 % of 10,000 requests failed, 1.0 % of 10,000 before" },
        { "nothing to compare with", [300, 300, 0], [49, 0, 0], [49, 0, 0], null },
        { "just enough to compare with", [300, 300, 0], [50, 0, 0], [0, 0, 0], "100 % of 300 requests failed, 0 % of 50 before" },
        { "all fail here alone", [300, 300, 0], [1000, 0, 0], [1000, 2, 0],
            "100 % of 300 requests failed, 0 % of 1,000 before, 0.2 % of 1,000 at the other gateways meanwhile" },
        { "all fail everywhere", [300, 300, 0], [1000, 0, 0], [1000, 1000, 0], null },
        { "a new gateway beside others", [300, 300, 0], [0, 0, 0], [1000, 0, 0],
            "100 % of 300 requests failed, 0 % of 1,000 at the other gateways meanwhile" },
        { "others that failed as before", [300, 30, 0], [1000, 100, 0], [1000, 0, 0], null },
        { "every request is rejected", [30, 0, 30], [1000, 0, 20], [0, 0, 0], "100 % of 30 requests got a 4xx, 2.0 % of 1,000 before" },
        { "a scan of paths", [1000, 0, 150], [10_000, 0, 100], [0, 0, 0], null },
        { "a tenth is rejected here alone", [1000, 0, 120], [10_000, 0, 100], [2000, 0, 20],
            "12 % of 1,000 requests got a 4xx, 1.0 % of 10,000 before, 1.0 % of 2,000 at the other gateways meanwhile" },
        { "a scan at all gateways", [1000, 0, 500], [10_000, 0, 100], [2000, 0, 900], null },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Harm_IsWhatIsProved(string circumstance, long[] canary, long[] before, long[] others, string? expected)
    {
        Assert.NotEmpty(circumstance);
        Assert.Equal(expected, CanaryRule.HarmOf(Of(canary), Of(before), Of(others)));
    }

    // Asked after each request, for a hundred canaries that change nothing: at most one of a hundred may be ended.
    [Fact]
    public void Canaries_ThatChangeNothing_AreNotEnded()
    {
        var ended = 0;
        for (var seed = 1; seed <= 100; seed++)
        {
            var random = new Random(seed);
            var (failing, rejected) = (random.NextDouble() * 0.05, random.NextDouble() * 0.3);
            var before = Drawn(random, 2000, failing, rejected);
            var canary = default(CanaryCounts);
            for (var request = 0; request < 3000; request++)
            {
                canary += Drawn(random, 1, failing, rejected);
                if (CanaryRule.HarmOf(canary, before, default) is not null)
                {
                    ended++;
                    break;
                }
            }
        }

        Assert.InRange(ended, 0, 1);
    }

    // What a harmful change costs before it is ended: so many requests at the gateway that has it.
    [Theory]
    [InlineData(1.0, 5)]
    [InlineData(0.5, 30)]
    [InlineData(0.1, 300)]
    [InlineData(0.05, 900)]
    public void Harm_IsProvedSoon(double failing, int within)
    {
        for (var seed = 1; seed <= 50; seed++)
        {
            var random = new Random(seed);
            var (canary, requests) = (default(CanaryCounts), 0);
            while (CanaryRule.HarmOf(canary, new CanaryCounts(5000, 5, 50), default) is null)
            {
                canary += Drawn(random, 1, failing, 0.01);
                Assert.InRange(++requests, 0, within);
            }
        }
    }

    [Theory]
    [InlineData("Live", 2, 1, 0, 0)]
    [InlineData("Live", 3, 1, 0, 0)]
    [InlineData("Live", 4, 1, 0, 1)]
    [InlineData("Live", 5, 1, 1, 0)]
    [InlineData("Degraded", 2, 1, 1, 0)]
    [InlineData("Failed", 5, 1, 1, 0)]
    [InlineData("Failed", 0, 1, 1, 0)]
    [InlineData("Refused", 4, 1, 0, 1)]
    [InlineData("Refused", 5, 1, 1, 0)]
    [InlineData("Aborted", 0, 0, 0, 0)]
    [InlineData("Aborted", 5, 0, 0, 0)]
    public void Request_CountsByItsEnd(string name, int code, long requests, long failed, long rejected)
    {
        var outcome = Enum.Parse<RequestOutcome>(name);
        Assert.Equal(new CanaryCounts(requests * 7, failed * 7, rejected * 7), CanaryCounts.Of(outcome, code, 7));
        var meter = new RouteMeter("all", Meters());
        meter.Ended(outcome, code * 100, TimeSpan.FromMilliseconds(1));
        Assert.Equal(new CanaryCounts(requests, failed, rejected), CanaryCounts.Of(meter));
    }

    [Theory]
    [InlineData(10, 5, 5, true)]
    [InlineData(10, 6, 5, false)]
    [InlineData(-1, 0, 0, false)]
    [InlineData(10, -1, 0, false)]
    [InlineData(10, 0, -1, false)]
    [InlineData(1L << 50, 0, 0, false)]
    public void Counts_OfAnotherGateway_AreTakenInBounds(long requests, long failed, long rejected, bool sound) =>
        Assert.Equal(sound, new CanaryCounts(requests, failed, rejected).IsSound);

    [Fact]
    public void Totals_OutliveRoutes_AndRememberTenMinutes()
    {
        var (a, b) = (new RouteMeter("a", Meters()), new RouteMeter("b", Meters()));
        RouteMeter[] routes = [a, b];
        var totals = new CanaryTotals(() => routes);
        Send(a, 3);
        Send(b, 4);
        totals.Read(TimeSpan.Zero);
        Assert.Equal((7, 0), (totals.Sum.Requests, totals.Recent.Requests));

        routes = [a];
        Send(a, 2);
        totals.Read(TimeSpan.FromSeconds(6));
        Assert.Equal((9, 2), (totals.Sum.Requests, totals.Recent.Requests));
        routes = [a, new RouteMeter("b", Meters())];
        totals.Read(CanaryTotals.Window);
        Assert.Equal((9, 2), (totals.Sum.Requests, totals.Recent.Requests));
        totals.Read(CanaryTotals.Window + TimeSpan.FromSeconds(1));
        Assert.Equal((9, 0), (totals.Sum.Requests, totals.Recent.Requests));
    }

    [Fact]
    public void Totals_ByRoute_RememberFiveToTenMinutes()
    {
        var (a, b) = (new RouteMeter("a", Meters()), new RouteMeter("b", Meters()));
        RouteMeter[] routes = [a, b];
        var totals = new CanaryTotals(() => routes);
        totals.Read(TimeSpan.Zero);
        Assert.Equal(["a 0 0", "b 0 0"], ByRoute(totals));
        Send(a, 3);
        Send(b, 4);
        totals.Read(TimeSpan.FromSeconds(5));
        Assert.Equal(["a 3 3", "b 4 4"], ByRoute(totals));

        totals.Read(CanaryTotals.Window / 2);
        Send(a, 10);
        totals.Read((CanaryTotals.Window / 2) + TimeSpan.FromSeconds(1));
        Assert.Equal(["a 13 13", "b 4 4"], ByRoute(totals));
        totals.Read(CanaryTotals.Window);
        Assert.Equal(["a 13 10", "b 4 0"], ByRoute(totals));

        // One of the same name goes on; one that left the configuration is forgotten.
        routes = [new RouteMeter("a", Meters())];
        Send(routes[0], 1);
        totals.Read(CanaryTotals.Window + TimeSpan.FromSeconds(1));
        Assert.Equal(["a 14 11"], ByRoute(totals));
    }

    private static IEnumerable<string> ByRoute(CanaryTotals totals) => totals.ByRoute()
        .Select(static route => $"{route.Key} {route.Value.Sum.Requests} {route.Value.Recent.Requests}")
        .Order(StringComparer.Ordinal);

    private static void Send(RouteMeter route, int requests)
    {
        for (var i = 0; i < requests; i++)
        {
            route.Ended(RequestOutcome.Live, 200, TimeSpan.FromMilliseconds(1));
        }
    }

    private static System.Diagnostics.Metrics.Histogram<double> Meters() =>
        new System.Diagnostics.Metrics.Meter("canary-tests").CreateHistogram<double>("duration");

    private static CanaryCounts Of(long[] counts) => new(counts[0], counts[1], counts[2]);

    private static CanaryCounts Drawn(Random random, int requests, double failing, double rejected)
    {
        var sum = default(CanaryCounts);
        for (var i = 0; i < requests; i++)
        {
            var drawn = random.NextDouble();
            sum += new CanaryCounts(1, drawn < failing ? 1 : 0, drawn >= failing && drawn < failing + rejected ? 1 : 0);
        }

        return sum;
    }
}
