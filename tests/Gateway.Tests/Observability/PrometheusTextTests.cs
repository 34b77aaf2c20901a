using System.Diagnostics;
using Gateway.Observability.Metrics;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Observability;

[Trait("kind", "process")]
public sealed class PrometheusTextTests
{
    private static readonly MetricFamily Odd = new("odd_total", "Odd \\ help\nwith \"quotes\".", MetricKind.Counter,
        static () => [new(1, new KeyValuePair<string, object?>("name", "a\"b\\c\nd"))]);

    [Fact]
    public void Write_OddLabels_AreEscaped() => Assert.Equal(
        "# HELP odd_total Odd \\\\ help\\nwith \"quotes\".\n# TYPE odd_total counter\nodd_total{name=\"a\\\"b\\\\c\\nd\"} 1\n",
        PrometheusText.Write(new([(Odd, Odd.Read())], []), openMetrics: false));

    [Fact]
    public void Write_OpenMetrics_NamesTheFamilyWithoutSuffixAndEnds()
    {
        var text = PrometheusText.Write(new([(Odd, Odd.Read())], []), openMetrics: true);
        Assert.Contains("# TYPE odd counter\nodd_total{", text, StringComparison.Ordinal);
        Assert.EndsWith("# EOF\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.003, "le=\"0.005\"} 1 # {trace_id=\"0af7651916cd43dd8448eb211c80319c\"} 0.003\n")]
    [InlineData(0.005, "le=\"0.005\"} 1 # {trace_id=\"0af7651916cd43dd8448eb211c80319c\"} 0.005\n")]
    [InlineData(90, "le=\"+Inf\"} 1 # {trace_id=\"0af7651916cd43dd8448eb211c80319c\"} 90\n")]
    public void Write_TracedRequest_IsTheExemplarOfItsBucket(double seconds, string line)
    {
        var cells = new DurationCells();
        cells.Add(TimeSpan.FromSeconds(seconds));
        cells.Note(new Exemplar("0af7651916cd43dd8448eb211c80319c", seconds));
        var snapshot = new MetricSnapshot(
            [],
            [new HistogramFamily("d_seconds", "Durations.", [DurationCells.Read([], [0.001, 0.005, 1], [cells])])]);
        var text = PrometheusText.Write(snapshot, openMetrics: true);
        Assert.Contains(line, text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split(" # {").Length);
        Assert.DoesNotContain("trace_id", PrometheusText.Write(snapshot, openMetrics: false), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_WhileTracesAreExported_NameATrace()
    {
        // Nothing listens there: whether the span arrives makes no difference to the figures.
        await using var upstream = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], top: "telemetry: { otlp: \"http://127.0.0.1:1\" }"));
        Assert.Equal("ok", await gateway.Client.GetStringAsync("/", TestContext.Current.CancellationToken));
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Add("Accept", "application/openmetrics-text");
        await Eventually.BecomeTrueAsync(
            async () => System.Text.RegularExpressions.Regex.IsMatch(
                await client.GetStringAsync(new Uri(gateway.AdminUrl, "/metrics"), TestContext.Current.CancellationToken),
                "(?m)^gateway_request_duration_seconds_bucket\\{[^}]*\\} 1 # \\{trace_id=\"[0-9a-f]{32}\"\\} [0-9.E-]+$",
                System.Text.RegularExpressions.RegexOptions.None,
                TimeSpan.FromSeconds(5)),
            TimeSpan.FromSeconds(20),
            "the histogram names a trace");
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("*/*", false)]
    [InlineData("text/plain", false)]
    [InlineData(
        "application/openmetrics-text;version=1.0.0;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
            + "text/plain;version=0.0.4;q=0.4,*/*;q=0.3", true)]
    [InlineData("text/plain;q=0.9, application/openmetrics-text;q=0.2", false)]
    [InlineData("application/openmetrics-text; q=0", false)]
    public void WantsOpenMetrics_ByAccept(string? accept, bool expected) => Assert.Equal(expected, PrometheusText.WantsOpenMetrics(accept));

    [Fact]
    public async Task Write_AllFigures_AreCleanForPromtool()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/promtool"), "promtool is not installed: Debian's package is \"prometheus\".");
        using var instruments = new Instruments(NullLogger<Instruments>.Instance);
        Fill(instruments);
        var text = PrometheusText.Write(instruments.Collect(ProcessFigures.Families), openMetrics: false);

        using var promtool = Process.Start(new ProcessStartInfo("/usr/bin/promtool", ["check", "metrics"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await promtool.StandardInput.WriteAsync(text);
        promtool.StandardInput.Close();
        var said = await promtool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)
            + await promtool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await promtool.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("", said);
        Assert.Equal(0, promtool.ExitCode);
        Assert.Contains("process_cpu_seconds_total ", text, StringComparison.Ordinal);
        Assert.Contains("process_open_fds ", text, StringComparison.Ordinal);
        Assert.Contains("process_max_fds ", text, StringComparison.Ordinal);
    }

    private static void Fill(Instruments instruments)
    {
        instruments.ReadStateFrom(new()
        {
            Tiers = static () => [new("c", "primary", 3, true, 1, Held: true)],
            Destinations = static () => [new(
                "c",
                "primary",
                "d",
                true,
                TimeSpan.FromSeconds(0.4),
                Draining: true,
                new(TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(0.3)))],
            Build = static () => new("0.1.0", "4f2c"),
            LastGood = static () => new(1, 1),
            Reload = static () => new(true, DateTimeOffset.UnixEpoch.AddSeconds(1.5)),
            RedisUp = static () => false,
            Availability = static () => [new("c", "1h", 0.999)],
            Reliability = static () => [new("c", TimeSpan.FromHours(1), TimeSpan.FromSeconds(1))],
        });
        foreach (var outcome in Enum.GetValues<RequestOutcome>())
        {
            instruments.Route("r").Ended(outcome, TimeSpan.FromMilliseconds(20));
        }

        instruments.Route("r").RespondedBy(FallbackStep.File);
        instruments.Route("r").Moved(1, 2);
        instruments.Streams.Begin();
        instruments.Streams.Resume();
        instruments.Streams.FirstContent.Add(TimeSpan.FromSeconds(1));
        instruments.Streams.End(StreamEnd.Complete, TimeSpan.FromSeconds(2));
        instruments.Connections.TryOpen(1);
        instruments.Connections.TryOpen(1);
        instruments.Destination("c", "d").Attempt(AttemptResult.Truncated);
        instruments.Cluster("c").Skipped(SkipReason.Budget);
        instruments.Cluster("c").Hedged(true);
        instruments.Transition("c", "primary", "standby", "down");
        instruments.ProbeEnded(TimeSpan.FromMilliseconds(3));
        instruments.LastGoodStored();
        instruments.LastGoodRefused("private");
    }
}
