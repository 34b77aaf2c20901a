using System.Diagnostics.Metrics;
using Gateway.Observability;
using Gateway.Observability.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Observability;

[Trait("kind", "unit")]
public sealed class InstrumentsTests : IDisposable
{
    private readonly Instruments _instruments = new(NullLogger<Instruments>.Instance);

    private int _coverageRoutes = 20;

    public void Dispose() => _instruments.Dispose();

    [Theory]
    [InlineData(10)]
    [InlineData(20)]
    public void Scrape_EverythingHappenedWithTwentyOfEach_StaysWithinItsSeries(int coverageRoutes)
    {
        _coverageRoutes = coverageRoutes;
        MakeEverythingHappen(clusters: 4);

        var snapshot = _instruments.Collect(ProcessFigures.Families);

        Assert.InRange(snapshot.Series, 400, 800);
        Assert.Equal(snapshot.Series, Lines(snapshot).Length);
    }

    [Fact]
    public void Scrape_TwentyOfEachWithUsualTraffic_ShowsEachRoutesLatency()
    {
        Announce(clusters: 2);
        for (var i = 0; i < 20; i++)
        {
            _instruments.Route($"r{i}").Live(TimeSpan.FromMilliseconds(20));
            _instruments.Destination($"c{i % 2}", $"d{i}").Attempt(AttemptResult.Success);
        }

        _instruments.Route("r3").Failed(TimeSpan.FromSeconds(2));

        var lines = Lines(_instruments.Collect(ProcessFigures.Families));

        Assert.InRange(lines.Length, 200, 800);
        Assert.Contains("gateway_request_duration_seconds_bucket{route=\"r7\",outcome=\"live\",le=\"0.025\"} 1", lines);
        Assert.Contains("gateway_request_duration_seconds_count{route=\"r3\",outcome=\"failed\"} 1", lines);
    }

    [Fact]
    public void Scrape_ManyRoutesDegraded_LiveStaysByRouteAndTheRestIsSummed()
    {
        Announce(clusters: 2);
        for (var i = 0; i < 20; i++)
        {
            _instruments.Route($"r{i}").Live(TimeSpan.FromMilliseconds(20));
            _instruments.Route($"r{i}").Degraded(TimeSpan.FromMilliseconds(2));
            _instruments.Route($"r{i}").Failed(TimeSpan.FromMilliseconds(2));
            _instruments.Route($"r{i}").RespondedBy(FallbackStep.LastGood);
        }

        var lines = Lines(_instruments.Collect(ProcessFigures.Families));

        Assert.InRange(lines.Length, 300, 800);
        Assert.Contains("gateway_request_duration_seconds_count{route=\"r7\",outcome=\"live\"} 1", lines);
        Assert.Contains("gateway_request_duration_seconds_count{route=\"*\",outcome=\"degraded\"} 20", lines);
        Assert.Contains("gateway_requests_total{route=\"r7\",outcome=\"degraded\",code=\"2xx\"} 1", lines);
    }

    [Fact]
    public void Scrape_FewRoutes_ShowsEveryBucketOfEveryOutcome()
    {
        foreach (var outcome in Enum.GetValues<RequestOutcome>())
        {
            _instruments.Route("a").Ended(outcome, TimeSpan.FromSeconds(1.5));
        }

        var lines = Lines(_instruments.Collect());

        Assert.Equal(5 * 16, lines.Count(static l => l.StartsWith("gateway_request_duration_seconds_bucket", StringComparison.Ordinal)));
        Assert.Contains("gateway_request_duration_seconds_bucket{route=\"a\",outcome=\"aborted\",le=\"1.0\"} 0", lines);
        Assert.Contains("gateway_request_duration_seconds_bucket{route=\"a\",outcome=\"aborted\",le=\"2.5\"} 1", lines);
        Assert.Contains("gateway_request_duration_seconds_sum{route=\"a\",outcome=\"live\"} 1.5", lines);
        Assert.Contains("gateway_requests_total{route=\"a\",outcome=\"refused\",code=\"4xx\"} 1", lines);
    }

    [Theory]
    [InlineData("1xx", 1, 101)]
    [InlineData("2xx", 2, 204)]
    [InlineData("5xx", 5, 599)]
    [InlineData("none", 3, 0)]
    public void Requests_ByTheirStatus_AreCountedUnderItsClass(string code, int times, int status)
    {
        for (var i = 0; i < times; i++)
        {
            _instruments.Route("a").Ended(RequestOutcome.Live, status, TimeSpan.FromMilliseconds(1));
        }

        var lines = Lines(_instruments.Collect());

        Assert.Contains($"gateway_requests_total{{route=\"a\",outcome=\"live\",code=\"{code}\"}} {times}", lines);
        Assert.Equal(times, _instruments.Route("a").Sums.Live);
    }

    /// <summary>
    /// Whatever destinations answer and clients do: every outcome with every class of status on every route, which no real traffic brings.
    /// </summary>
    [Fact]
    public void Scrape_EveryOutcomeWithEveryCode_KeepsItsSeriesAndItsSums()
    {
        MakeEverythingHappen(clusters: 4);
        MakeEveryCodeHappen();

        var samples = Requests(_instruments.Collect(ProcessFigures.Families), out var series);

        Assert.InRange(series, 400, 800);
        Assert.Equal((20 * 8) + (21 * 5 * 6), samples.Sum(static s => s.Value));
        Assert.Equal(21 * 6, samples.Where(static s => s.Labels.Contains(new("outcome", "aborted"))).Sum(static s => s.Value) - 40);
        Assert.Equal(30, samples.Count(static s => s.Labels.Contains(new("route", Instruments.UnmatchedRoute))));
        _instruments.Retain(new HashSet<string> { "r1" }, new HashSet<(string, string)> { ("c0", "d0") });
        Assert.Contains(new("route", "r1"), Requests(_instruments.Collect(), out _)[0].Labels);

        static IReadOnlyList<Sample> Requests(MetricSnapshot snapshot, out int series)
        {
            series = snapshot.Series;
            return snapshot.Families.Single(static f => string.Equals(
                f.Family.Name,
                "gateway_requests_total",
                StringComparison.Ordinal)).Samples;
        }
    }

    [Theory]
    [InlineData(3, "gateway_last_good_coverage_ratio{route=\"r2\"} 0.5", 3)]
    [InlineData(20, "gateway_last_good_coverage_ratio{route=\"*\"} 0.75", 1)]
    public void Scrape_RoutesThatKeepResponses_ShowTheirCoverageOrWithManyOneForAll(int routes, string line, int series)
    {
        _coverageRoutes = routes;
        Announce(clusters: 1);

        var lines = Lines(_instruments.Collect());

        Assert.Contains(line, lines);
        Assert.Equal(series, lines.Count(static l => l.StartsWith("gateway_last_good_coverage_ratio", StringComparison.Ordinal)));
    }

    [Fact]
    public void Scrape_CoarserOnce_StaysCoarseUntilTheNextConfiguration()
    {
        MakeEverythingHappen(clusters: 4);
        MakeEveryCodeHappen();
        var full = Buckets();

        // There is room again, for a finer step.
        _instruments.ReadStateFrom(new());
        var alone = Buckets();
        _instruments.Retain(new HashSet<string> { "r1" }, new HashSet<(string, string)> { ("c0", "d0") });

        Assert.InRange(full, 4, (21 * 16) - 1);
        Assert.Equal(full, alone);
        // Those of r1, and of requests that no route takes.
        Assert.Equal(2 * 5 * 16, Buckets());

        int Buckets() =>
            Lines(_instruments.Collect()).Count(static l => l.StartsWith(
                "gateway_request_duration_seconds_bucket",
                StringComparison.Ordinal));
    }

    [Fact]
    public void Retain_RoutesAndDestinationsGone_TheirSeriesGoToo()
    {
        MakeEverythingHappen(clusters: 4);

        _instruments.ReadStateFrom(new());
        _instruments.Retain(new HashSet<string> { "r1" }, new HashSet<(string, string)> { ("c0", "d0") });

        var lines = Lines(_instruments.Collect());
        Assert.DoesNotContain(
            lines,
            static l => l.Contains("\"r2\"", StringComparison.Ordinal) || l.Contains("\"c1\"", StringComparison.Ordinal)
            || l.Contains("\"d4\"", StringComparison.Ordinal));
        Assert.Contains("gateway_requests_total{route=\"r1\",outcome=\"live\",code=\"2xx\"} 1", lines);
    }

    [Fact]
    public void Transition_ManyReasons_AreBoundedAndNoneIsLost()
    {
        for (var i = 0; i < 100; i++)
        {
            _instruments.Transition("c", "primary", "standby", $"reason {i}");
        }

        var samples =
            _instruments.Collect().Families.Single(static f => string.Equals(
                f.Family.Name,
                "gateway_transitions_total",
                StringComparison.Ordinal)).Samples;
        Assert.Equal(13, samples.Count);
        Assert.Equal(100, samples.Sum(static s => s.Value));
    }

    [Fact]
    public void Scrape_OneReadingThrows_TheOthersAreStillThere()
    {
        _instruments.ReadStateFrom(new()
        {
            Tiers = static () => throw new InvalidOperationException("broken"),
            RedisUp = static () => true,
        });

        var lines = Lines(_instruments.Collect());

        Assert.Contains("gateway_redis_up 1", lines);
        Assert.DoesNotContain(lines, static l => l.StartsWith("gateway_inflight", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Route_ToldByManyThreads_CountsEachOnce()
    {
        var route = _instruments.Route("a");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                route.Live(TimeSpan.FromMilliseconds(i % 100));
            }
        })));

        Assert.Equal(80_000, route.Durations(RequestOutcome.Live).Count);
    }

    [Fact]
    public void Route_Told_AllocatesNothing()
    {
        var route = _instruments.Route("a");
        var destination = _instruments.Destination("c", "d");
        route.Live(TimeSpan.FromMilliseconds(5));
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++)
        {
            route.Live(TimeSpan.FromMilliseconds(5));
            destination.Attempt(AttemptResult.Success);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Meter_PushExporterListens_GetsTheSameFigures()
    {
        var counted = new List<(string Name, double Value)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            // Other tests' instruments share the meter's name.
            if (string.Equals(instrument.Meter.Name, Instruments.MeterName, StringComparison.Ordinal)
                && _instruments.Owns(instrument.Meter))
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => counted.Add((instrument.Name, value)));
        listener.Start();

        _instruments.Route("a").Live(TimeSpan.FromSeconds(2));
        _instruments.Destination("c", "d").Attempt(AttemptResult.Reset);
        listener.RecordObservableInstruments();

        Assert.Contains(("gateway_request_duration_seconds", 2.0), counted);
        Assert.Contains(("gateway_requests", 1.0), counted);
        Assert.Contains(("gateway_attempts", 1.0), counted);
    }

    [Fact]
    public void Scrape_BudgetsAlarmsAndDroppedLines_AreShown()
    {
        _instruments.ReadStateFrom(new()
        {
            Slo = static () => [new("c", 0.9995, 900, 100)],
            Alarms = static () => [new("records", "The disk is full."), new("records", "And slow."), new("probes", "They stopped.")],
            LogDrops = static () => [new("output", 7), new("splunk", 0)],
        });

        var lines = Lines(_instruments.Collect());

        Assert.Contains("gateway_slo_requests_total{cluster=\"c\",good=\"true\"} 900", lines);
        Assert.Contains("gateway_slo_requests_total{cluster=\"c\",good=\"false\"} 100", lines);
        Assert.Contains("gateway_slo_ratio{cluster=\"c\"} 0.9995", lines);
        Assert.Equal([
            "gateway_alarm{part=\"records\"} 1",
            "gateway_alarm{part=\"probes\"} 1"
        ], lines.Where(static l => l.StartsWith("gateway_alarm", StringComparison.Ordinal)));
        Assert.Equal(
            "gateway_log_dropped_total{to=\"output\"} 7",
            Assert.Single(lines, static l => l.StartsWith("gateway_log_dropped_total", StringComparison.Ordinal)));
    }

    private static string[] Lines(MetricSnapshot snapshot) =>
        [.. PrometheusText.Write(snapshot, openMetrics: false).Split('\n').Where(static l => l.Length > 0 && l[0] != '#')];

    private void Announce(int clusters)
    {
        _instruments.ReadStateFrom(new()
        {
            Tiers = () => [.. from c in Enumerable.Range(0, clusters) from t in new[]
            {
                "primary",
                "standby"
            } select new TierReading($"c{c}", t, 1, true, 1, Held: true)],
            Destinations =
                () => [.. Enumerable.Range(0, 20).Select(d => new DestinationReading(
                    $"c{d % clusters}",
                    "primary",
                    $"d{d}",
                    true,
                    TimeSpan.FromSeconds(1),
                    Draining: true,
                    new LatencyReading(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(3))))],
            Build = static () => new("0.1.0", "4f2c"),
            LastGood = static () => new(1, 1),
            Coverage =
                () => [.. Enumerable.Range(0, _coverageRoutes).Select(static r => new RouteCoverage($"r{r}", 4, r % 2 == 0 ? 2 : 4))],
            Slo = () => [.. Enumerable.Range(0, clusters).Select(static c => new SloReading($"c{c}", 0.999, 900, 100))],
            Reload = static () => new(true, DateTimeOffset.UnixEpoch),
            RedisUp = static () => true,
            Availability = () => [.. from c in Enumerable.Range(0, clusters) from w in new[]
            {
                "1h",
                "24h",
                "30d"
            } select new AvailabilityReading($"c{c}", w, 1)],
            Reliability =
                () => [.. Enumerable.Range(0, clusters).Select(static c => new ReliabilityReading(
                    $"c{c}",
                    TimeSpan.FromHours(1),
                    TimeSpan.FromSeconds(1)))],
        });
    }

    private void MakeEveryCodeHappen()
    {
        for (var i = 0; i <= 20; i++)
        {
            foreach (var outcome in Enum.GetValues<RequestOutcome>())
            {
                for (var status = 0; status < 600; status += 100)
                {
                    _instruments.Route(i == 20 ? Instruments.UnmatchedRoute : $"r{i}").Ended(
                        outcome,
                        status,
                        TimeSpan.FromMilliseconds(20));
                }
            }
        }
    }

    private void MakeEverythingHappen(int clusters)
    {
        Announce(clusters);
        for (var i = 0; i < 20; i++)
        {
            foreach (var outcome in Enum.GetValues<RequestOutcome>())
            {
                _instruments.Route($"r{i}").Ended(outcome, TimeSpan.FromMilliseconds(20));
            }

            _instruments.Route($"r{i}").Moved(1, 1);
            foreach (var by in Enum.GetValues<SavedBy>().Where(static by => by != SavedBy.None))
            {
                _instruments.Route($"r{i}").Saved(by);
            }

            _instruments.Route($"r{i}").Ended(RequestOutcome.Live, 304, TimeSpan.FromMilliseconds(20));
            _instruments.Route($"r{i}").Ended(RequestOutcome.Live, 404, TimeSpan.FromMilliseconds(20));
            _instruments.Route($"r{i}").Ended(RequestOutcome.Aborted, 200, TimeSpan.FromMilliseconds(20));

            foreach (var step in Enum.GetValues<FallbackStep>())
            {
                _instruments.Route($"r{i}").RespondedBy(step);
            }

            foreach (var result in Enum.GetValues<AttemptResult>())
            {
                _instruments.Destination($"c{i % clusters}", $"d{i}").Attempt(result);
            }
        }

        for (var c = 0; c < clusters; c++)
        {
            foreach (var reason in Enum.GetValues<SkipReason>())
            {
                _instruments.Cluster($"c{c}").Skipped(reason);
            }

            _instruments.Cluster($"c{c}").Hedged(true);
            _instruments.Cluster($"c{c}").Hedged(false);
            foreach (var (from, to) in new[]
            {
                ("primary", "standby"),
                ("standby", "primary"),
                ("standby", "none"),
                ("none", "primary"),
                ("primary", "none"),
                ("none", "standby")
            })
            {
                _instruments.Transition($"c{c}", from, to, "down");
            }
        }

        foreach (var end in Enum.GetValues<StreamEnd>())
        {
            _instruments.Streams.Begin();
            _instruments.Streams.FirstContent.Add(TimeSpan.FromSeconds(1));
            _instruments.Streams.End(end, TimeSpan.FromSeconds(1));
        }

        _instruments.Streams.Resume();
        _instruments.ProbeEnded(TimeSpan.FromMilliseconds(3));
        _instruments.LastGoodStored();
        foreach (var reason in new[] { "private", "status", "size", "vary", "cookie", "cut" })
        {
            _instruments.LastGoodRefused(reason);
        }
    }
}
