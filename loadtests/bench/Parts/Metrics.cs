using BenchmarkDotNet.Attributes;
using Gateway.Observability.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;

namespace Gateway.Parts;

/// <summary>
/// What a request and a scrape cost: the gateway's own meters beside prometheus-net with the same families (docs/decisions/0029).
/// </summary>
public class Metrics
{
    private const int Routes = 40;
    private static readonly string[] Outcomes = ["live", "degraded", "failed", "refused", "aborted"];
    private static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly Instruments _own = new(NullLogger<Instruments>.Instance, "Gateway.Parts");
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private RouteMeter _meter = null!;
    private Counter.Child _requests = null!;
    private Histogram.Child _durations = null!;

    /// <summary>Forty routes that have seen each outcome.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(_registry);
        var requests = factory.CreateCounter("gateway_requests_total", "Requests.", "route", "outcome", "code");
        var durations = factory.CreateHistogram(
            "gateway_request_duration_seconds",
            "Durations.",
            new HistogramConfiguration { Buckets = Bounds, LabelNames = ["route", "outcome"] });
        for (var n = 0; n < Routes; n++)
        {
            var route = $"route-{n}";
            var meter = _own.Route(route);
            for (var outcome = 0; outcome < Outcomes.Length; outcome++)
            {
                meter.Ended((RequestOutcome)outcome, 200, TimeSpan.FromMilliseconds(3));
                requests.WithLabels(route, Outcomes[outcome], "2xx").Inc();
                durations.WithLabels(route, Outcomes[outcome]).Observe(0.003);
            }
        }

        _meter = _own.Route("route-0");
        _requests = requests.WithLabels("route-0", "live", "2xx");
        _durations = durations.WithLabels("route-0", "live");
    }

    /// <summary>One request, told to the gateway's meter.</summary>
    [Benchmark]
    public void OwnRequest() => _meter.Ended(RequestOutcome.Live, 200, TimeSpan.FromMilliseconds(3));

    /// <summary>One request, told to prometheus-net.</summary>
    [Benchmark]
    public void LibraryRequest()
    {
        _requests.Inc();
        _durations.Observe(0.003);
    }

    /// <summary>A scrape of the gateway, with every family that it has.</summary>
    [Benchmark]
    public int OwnScrape() => PrometheusText.Write(_own.Collect(), openMetrics: false).Length;

    /// <summary>A scrape of prometheus-net, with these two families.</summary>
    [Benchmark]
    public async Task<long> LibraryScrape()
    {
        using var text = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(text);
        return text.Length;
    }

    /// <summary>How many series each writes: the gateway bounds its own.</summary>
    [GlobalCleanup]
    public void Count()
    {
        using var text = new MemoryStream();
        _registry.CollectAndExportAsTextAsync(text).GetAwaiter().GetResult();
        static int Series(string lines) => lines.Split('\n').Count(static line => line.Length > 0 && line[0] != '#');
        Console.WriteLine(
            $"// series: own {Series(PrometheusText.Write(_own.Collect(), openMetrics: false))}, library "
                + $"{Series(System.Text.Encoding.UTF8.GetString(text.ToArray()))}");
        _own.Dispose();
    }
}
