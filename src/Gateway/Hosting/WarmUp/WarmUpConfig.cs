using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Observability.Tracing;

namespace Gateway.Hosting.WarmUp;

/// <summary>The configuration of the warm-up's own gateway.</summary>
internal static class WarmUpConfig
{
    private const string Whole = "warm-up";
    private const string Http2 = "warm-up-http2";

    // Failures are wanted here, and must not eject the destinations that are needed again in the next round.
    private static readonly PassiveConfig Insensitive = new() { ConsecutiveFailures = int.MaxValue, MinimumRequests = int.MaxValue };

    /// <summary>Two tiers in HTTP/1.1, and one destination in HTTP/2 if there is one.</summary>
    /// <param name="destinations">Those of <see cref="WarmUpDestination"/>.</param>
    /// <param name="listen">Where users would come in.</param>
    public static GatewayConfig Of(IReadOnlyList<Uri> destinations, ImmutableArray<ListenConfig> listen)
    {
        var clusters = ImmutableArray.Create(Cluster(Whole, destinations[0], destinations[1]));
        var routes = ImmutableArray.Create(
            Route(WarmUpRequests.Kept) with
            {
                LastGood = new LastGoodConfig { Key = [new(KeyPartKind.Path)] },
                Fallback = [new LastGoodStep()],
                Methods = ["GET"]
            },
            Route(WarmUpRequests.Events) with { Stream = new StreamConfig() },
            Route(WarmUpRequests.Retried),
            Route(WarmUpRequests.Chunked),
            Route(WarmUpRequests.Failing),
            Route("/write"));
        if (destinations.Count > 2)
        {
            clusters = clusters.Add(Cluster(Http2, destinations[2]));
            routes = routes.Add(Route(WarmUpRequests.Http2) with { Cluster = Http2 });
        }

        return new GatewayConfig { Listen = listen, Clusters = clusters, Routes = routes, State = "", StaticFallback = "" };
    }

    private static RouteConfig Route(string path) => new() { Name = $"{Traces.UnseenRoute}warm-up{path})", Path = path, Cluster = Whole };

    private static ClusterConfig Cluster(string name, params ReadOnlySpan<Uri> urls)
    {
        var destinations = ImmutableArray.CreateBuilder<DestinationConfig>(urls.Length);
        foreach (var url in urls)
        {
            destinations.Add(new DestinationConfig { Name = url.Authority, Url = url });
        }

        return new ClusterConfig
        {
            Name = name,
            Tiers = [new TierConfig { Name = "first", Destinations = destinations.ToImmutable() }],
            Passive = Insensitive,
            Attempts = new AttemptsConfig { RetryBudget = 1 },
        };
    }
}
