using System.Text;
using Gateway.Drills.Processes;
using Gateway.Observability.Metrics;
using Gateway.Observability.Tracing;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Exporter;
using Xunit;

namespace Gateway.Tests.Observability;

[Trait("kind", "process")]
public sealed class OtlpPushTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    [Theory]
    [InlineData("http://a:4317", OtlpExportProtocol.Grpc)]
    [InlineData("http://a:4318", OtlpExportProtocol.HttpProtobuf)]
    [InlineData("http://a:9999", OtlpExportProtocol.Grpc)]
    [InlineData("https://a/otlp", OtlpExportProtocol.HttpProtobuf)]
    public void Protocol_ByPortAndPath(string url, OtlpExportProtocol protocol) =>
        Assert.Equal(protocol, OtlpPush.ProtocolOf(new Uri(url)));

    [Fact]
    public void Requests_MoreThanASecondsPlaces_GetNoSpan()
    {
        var time = new ManualTime();
        time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(Traces.MaxASecond, Enumerable.Range(0, 5000).Count(_ => Traces.MayBegin(time)));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Traces.MayBegin(time));
    }

    // The spans of a process have one source: a process of its own keeps other tests' requests out.
    [Theory]
    [InlineData(OtlpExportProtocol.HttpProtobuf, "/otlp", "/otlp/v1/traces", "/otlp/v1/metrics")]
    [InlineData(OtlpExportProtocol.Grpc, "", "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export")]
    public async Task Request_WithATrace_IsPushedWithItsAttemptsAndPassedOn(
        OtlpExportProtocol protocol,
        string path,
        string tracesTo,
        string metricsTo)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var collector = protocol == OtlpExportProtocol.Grpc
            ? await Receiver.StartAsync(static (_, context) => Receiver.Grpc(context), HttpProtocols.Http2)
            : await Receiver.StartAsync();
        await using var bad = new ScriptedUpstream(static r => r.RespondAsync("no", 503));
        await using var good = new ScriptedUpstream(static r => r.RespondAsync("yes"));
        await using var bed = await TestBed.StartAsync(
            new()
            {
                Primaries = 1,
                Standbys = 0,
                Config =
                [
                    (
                        "clusters.ai-guide.tiers",
                        $"[ {{ name: primary, destinations: [ \"{bad.Url}\" ] }}, {{ name: standby, destinations: [ \"{good.Url}\" ] }} ]"),
                    ("telemetry.otlp", $"\"{collector.Url.GetLeftPart(UriPartial.Authority)}{path}\""),
                ],
            },
            cancel);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, bed.Gateway.Url + "/api/guide/recommend?category=shoes");
        request.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        using var response = await client.SendAsync(request, cancel);

        Assert.Equal("yes", await response.Content.ReadAsStringAsync(cancel));
        var sent = Assert.Single(bad.Requests).Header("traceparent").Single();
        var sentAgain = Assert.Single(good.Requests).Header("traceparent").Single();
        Assert.StartsWith($"00-{Trace}-", sent, StringComparison.Ordinal);
        Assert.StartsWith($"00-{Trace}-", sentAgain, StringComparison.Ordinal);
        Assert.NotEqual(sent, sentAgain);
        Assert.DoesNotContain("b7ad6b7169203331", sent, StringComparison.Ordinal);
        await Eventually.BeTrueAsync(() => Pushed(tracesTo).Contains("GET recommend", StringComparison.Ordinal)
            && Pushed(metricsTo).Contains("gateway_request_duration_seconds", StringComparison.Ordinal), TimeSpan.FromSeconds(60),
            "metrics and traces pushed");
        var traces = Pushed(tracesTo);
        Assert.Contains("gateway.destination", traces, StringComparison.Ordinal);
        Assert.Contains("gateway.request_id", traces, StringComparison.Ordinal);
        Assert.Contains(response.Headers.GetValues("X-Request-Id").Single(), traces, StringComparison.Ordinal);
        Assert.Contains("retry", traces, StringComparison.Ordinal);
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(Trace)), traces, StringComparison.Ordinal);
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(sentAgain[36..52])), traces, StringComparison.Ordinal);
        Assert.DoesNotContain("category=shoes", traces, StringComparison.Ordinal);
        Assert.All(collector.All, call => Assert.Contains(call.Path, new[] { tracesTo, metricsTo }));

        string Pushed(string to) =>
            string.Concat(collector.All.Where(c => c.Path == to).Select(static c => Encoding.Latin1.GetString(c.Body)));
    }

    [Fact]
    public async Task Request_WithoutOtlp_KeepsItsOwnTraceparent()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var guide = new ScriptedUpstream(static r => r.RespondAsync("yes"));
        await using var bed = await TestBed.StartAsync(
            new() { Primaries = 1, Standbys = 0, Config = [("clusters.ai-guide.tiers.0.destinations", $"[ \"{guide.Url}\" ]")] }, cancel);
        using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        using var request = new HttpRequestMessage(HttpMethod.Get, bed.Gateway.Url + "/x");
        request.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        using var response = await client.SendAsync(request, cancel);

        Assert.Equal($"00-{Trace}-b7ad6b7169203331-01", guide.Last.Header("traceparent").Single());
    }
}
