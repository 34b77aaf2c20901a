using System.Diagnostics;
using Gateway.Configuration;
using Gateway.Configuration.Model;
using Gateway.Drills.Processes;
using Gateway.Hosting.WarmUp;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;
using Gateway.Observability.Tracing;
using Gateway.Server;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Hosting;

/// <summary>The requests that a gateway makes to itself before it is ready.</summary>
[Trait("kind", "socket")]
public sealed class WarmUpTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gateway_AfterItsWarmUp_ShowsNothingOfIt()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url], top: "telemetry: { logs: { level: debug, file: FOLDER/gateway.log }, access: all }"),
            warmUp: TimeSpan.FromMinutes(1));

        Assert.Empty(guide.Requests);
        Assert.Equal(0, await gateway.MetricAsync("gateway_requests_total"));
        Assert.Equal(0, await gateway.MetricAsync("gateway_attempts_total"));
        Assert.Equal(0, await gateway.MetricAsync("gateway_last_good_entries"));
        Assert.DoesNotContain("warm", await gateway.MetricsTextAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("warm", await gateway.JournalTextAsync(), StringComparison.Ordinal);
        Assert.Single((await gateway.StatusAsync()).GetProperty("clusters").EnumerateArray());

        // The real requests that follow are there, and alone.
        Assert.Equal(200, (await gateway.GetAsync("/after")).Status);
        await gateway.StopAsync();
        var log = await File.ReadAllLinesAsync(gateway.PathOf("gateway.log"), Cancel);
        Assert.Contains(log, static line => line.Contains("The warm-up made ", StringComparison.Ordinal));
        Assert.DoesNotContain(log, static line => line.Contains("The warm-up ended early", StringComparison.Ordinal));
        Assert.Single(log, static line => line.Contains("AccessLog", StringComparison.Ordinal)
            || line.Contains("/after", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Spans_OfTheWarmUp_AreNotMade()
    {
        var routes = new List<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == Traces.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (routes)
                {
                    routes.Add(span.GetTagItem("gateway.route") as string ?? "");
                }
            },
        };
        ActivitySource.AddActivityListener(listener);

        await RoundAsync(http2: false, certificates: null, rounds: 1);

        lock (routes)
        {
            Assert.DoesNotContain(routes, static route => route.Contains("warm-up", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Round_OfEveryKind_GoesTheWholeWay(bool http2, bool tls)
    {
        using var folder = new TemporaryFolder();
        const int Rounds = 4;

        var metrics = await RoundAsync(http2, tls ? Certificate(folder) : null, Rounds);

        Assert.Equal(Rounds, metrics.Sum("gateway_fallback_total", (Instruments.RungLabel, "last-good")));
        Assert.Equal(Rounds, metrics.Sum("gateway_fallback_total", (Instruments.RungLabel, "built-in")));
        Assert.True(metrics.Sum("gateway_attempts_total", ("result", "status")) > 0, "Nothing was retried.");
        Assert.Equal(http2 ? Rounds : 0, metrics.Sum("gateway_requests_total", ("route", "(warm-up/http2)"), ("outcome", "live")));
        Assert.Equal(Rounds, metrics.Sum("gateway_requests_total", ("route", "(warm-up/events)"), ("outcome", "live")));
        Assert.Equal(Rounds, metrics.Sum("gateway_requests_total", ("route", "(warm-up/write)"), ("outcome", "live")));
        Assert.Equal(Rounds, metrics.Sum("gateway_requests_total", ("route", "unmatched")));
        Assert.Equal(Rounds * (tls ? 25 : 24), metrics.Sum("gateway_requests_total", ("route", "(warm-up/kept)"), ("outcome", "live")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TimeOver_OrStopping_ReturnsAndThrowsNothing(bool stopping)
    {
        using var stop = new CancellationTokenSource();
        if (stopping)
        {
            await stop.CancelAsync();
        }

        var run = new WarmUpRun(
            Options(http2: false, certificates: null, stopping ? TimeSpan.FromMinutes(5) : TimeSpan.FromMilliseconds(1)),
            TimeProvider.System,
            NullLogger<WarmUpRun>.Instance);
        var began = Stopwatch.GetTimestamp();
        await run.UntilWarmAsync(stop.Token);

        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 60);
        await run.Cleanup.WaitAsync(TimeSpan.FromMinutes(1), Cancel);
    }

    [Theory]
    [InlineData("off", 0)]
    [InlineData("3s", 3000)]
    [InlineData("100ms", 100)]
    [InlineData("99ms", null)]
    [InlineData("61s", null)]
    [InlineData("yes", null)]
    public void Key_OfTheFile_IsReadOrRefused(string value, int? milliseconds)
    {
        using var folder = new TemporaryFolder();

        var result = ConfigLoader.Load(folder.Write("gateway.yaml", $"{ConfigLoaderTests.Smallest}warmUp: {value}\n"), static _ => null);

        Assert.Equal(milliseconds is { } given ? TimeSpan.FromMilliseconds(given) : null, result.Config?.WarmUp);
        Assert.Equal(
            milliseconds is null ? 1 : 0,
            result.Problems.Count(static problem => problem.ToString().Contains(
                "Write off, or a duration like 3s",
                StringComparison.Ordinal)));
    }

    private static async Task<Metrics> RoundAsync(bool http2, ListenerCertificates? certificates, int rounds)
    {
        await using var destination = await WarmUpDestination.StartAsync(http2, Cancel);
        await using var gateway = await WarmUpGateway.StartAsync(
            Options(http2, certificates, TimeSpan.FromMinutes(1)),
            destination,
            TimeProvider.System,
            Cancel);
        for (var i = 0; i < rounds; i++)
        {
            await gateway.RoundAsync(Cancel);
        }

        // A request is counted once its response is out: the last ones may not be yet.
        var all = rounds * (24 + WarmUpRequests.Rare.Length + (http2 ? 1 : 0) + (certificates is null ? 0 : 1));
        var metrics = Metrics.Parse("");
        await Eventually.BeTrueAsync(
            () =>
            {
                metrics = Metrics.Parse(PrometheusText.Write(gateway.Instruments.Collect(), openMetrics: false));
                return metrics.Sum("gateway_requests_total") >= all;
            },
            TimeSpan.FromSeconds(30),
            $"{all} requests are counted");
        return metrics;
    }

    private static WarmUpOptions Options(bool http2, ListenerCertificates? certificates, TimeSpan within) =>
        new() { Within = within, Http2 = http2, Certificates = certificates, Shape = LogShape.Json };

    private static ListenerCertificates Certificate(TemporaryFolder folder)
    {
        var (certificate, key) = Certificates.Create("shop.example");
        var files = new CertificateConfig(folder.Write("cert.pem", certificate), folder.Write("key.pem", key));
        return new ListenerCertificates(
            new ListenConfig { Url = new Uri("https://127.0.0.1:0"), Certificate = files },
            NullLogger<CertificateFiles>.Instance);
    }
}
