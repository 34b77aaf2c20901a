using System.Text;
using Gateway.Drills.Processes;
using Gateway.Observability;
using Gateway.Tests.Support;
using OpenTelemetry.Exporter;
using Xunit;

namespace Gateway.Tests.Observability;

public sealed class OtlpPushTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    [Theory]
    [InlineData("http://a:4317", OtlpExportProtocol.Grpc)]
    [InlineData("http://a:4318", OtlpExportProtocol.HttpProtobuf)]
    [InlineData("http://a:9999", OtlpExportProtocol.Grpc)]
    [InlineData("https://a/otlp", OtlpExportProtocol.HttpProtobuf)]
    public void Protocol_ByPortAndPath(string url, OtlpExportProtocol protocol) => Assert.Equal(protocol, OtlpPush.ProtocolOf(new Uri(url)));

    // The spans of a process have one source: a process of its own keeps other tests' requests out.
    [Fact]
    public async Task Request_WithATrace_IsPushedWithItsAttemptsAndPassedOn()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var collector = await Receiver.StartAsync();
        await using var bad = new ScriptedUpstream(static r => r.AnswerAsync("no", 503));
        await using var good = new ScriptedUpstream(static r => r.AnswerAsync("yes"));
        await using var bed = await TestBed.StartAsync(
            new()
            {
                Primaries = 1,
                Standbys = 0,
                Config =
                [
                    ("clusters.ai-guide.tiers", $"[ {{ name: primary, destinations: [ \"{bad.Url}\" ] }}, {{ name: standby, destinations: [ \"{good.Url}\" ] }} ]"),
                    ("telemetry.otlp", $"\"{collector.Url.GetLeftPart(UriPartial.Authority)}/otlp\""),
                ],
            },
            cancel);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, bed.Gateway.Url + "/api/guide/recommend?category=shoes");
        request.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        using var answer = await client.SendAsync(request, cancel);

        Assert.Equal("yes", await answer.Content.ReadAsStringAsync(cancel));
        var sent = Assert.Single(bad.Requests).Header("traceparent").Single();
        var sentAgain = Assert.Single(good.Requests).Header("traceparent").Single();
        Assert.StartsWith($"00-{Trace}-", sent, StringComparison.Ordinal);
        Assert.StartsWith($"00-{Trace}-", sentAgain, StringComparison.Ordinal);
        Assert.NotEqual(sent, sentAgain);
        Assert.DoesNotContain("b7ad6b7169203331", sent, StringComparison.Ordinal);
        await Eventually.BeTrueAsync(() => Pushed("/otlp/v1/traces").Length > 0 && Pushed("/otlp/v1/metrics").Length > 0, TimeSpan.FromSeconds(30), "metrics and traces pushed");
        var traces = Pushed("/otlp/v1/traces");
        Assert.Contains("GET recommend", traces, StringComparison.Ordinal);
        Assert.Contains("gateway.destination", traces, StringComparison.Ordinal);
        Assert.Contains("repeat", traces, StringComparison.Ordinal);
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(Trace)), traces, StringComparison.Ordinal);
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(sentAgain[36..52])), traces, StringComparison.Ordinal);
        Assert.DoesNotContain("category=shoes", traces, StringComparison.Ordinal);
        Assert.Contains("gateway_request_duration_seconds", Pushed("/otlp/v1/metrics"), StringComparison.Ordinal);

        string Pushed(string path) => string.Concat(collector.All.Where(c => c.Path == path).Select(static c => Encoding.Latin1.GetString(c.Body)));
    }

    [Fact]
    public async Task Request_WithoutOtlp_KeepsItsOwnTraceparent()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var guide = new ScriptedUpstream(static r => r.AnswerAsync("yes"));
        await using var bed = await TestBed.StartAsync(
            new() { Primaries = 1, Standbys = 0, Config = [("clusters.ai-guide.tiers.0.destinations", $"[ \"{guide.Url}\" ]")] }, cancel);
        using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        using var request = new HttpRequestMessage(HttpMethod.Get, bed.Gateway.Url + "/x");
        request.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        using var answer = await client.SendAsync(request, cancel);

        Assert.Equal($"00-{Trace}-b7ad6b7169203331-01", guide.Last.Header("traceparent").Single());
    }
}
