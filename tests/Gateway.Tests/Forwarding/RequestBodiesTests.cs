using System.Net;
using System.Text;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class RequestBodiesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(3_000_000)]
    public async Task Body_OfAnyLength_ArrivesWholeWithAndWithoutALength(int length)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        var body = Bytes(length);

        foreach (var chunked in new[] { false, true })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/orders") { Content = new ByteArrayContent(body) };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/x-test");
            request.Headers.TransferEncodingChunked = chunked;
            using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(body, await guide.Last.ReadBodyAsync());
            Assert.Equal(["application/x-test"], guide.Last.Header("Content-Type"));
        }
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(1_000_000)]
    public async Task Body_FirstDestinationRefuses_IsSentWholeToTheNext(int length)
    {
        // Nobody has taken a byte of it yet, so even a body too large to keep can go elsewhere.
        await using var dead = new ScriptedUpstream();
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([dead.Url], [guide.Url]));
        var body = Bytes(length);
        dead.StopListening();
        dead.CloseConnections();

        using var response = await gateway.Client.PostAsync("/orders", new ByteArrayContent(body), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(body, await guide.Last.ReadBodyAsync());
        Assert.Single(guide.Requests);
    }

    [Fact]
    public async Task Body_ClientAsksBeforeSending_IsToldToGoOn()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        var interim = await client.ReadHeadAsync();
        await client.SendAsync("hello");
        var response = await client.ReadAsync();

        Assert.StartsWith("HTTP/1.1 100 ", interim, StringComparison.Ordinal);
        Assert.Equal(200, response.Status);
        Assert.Equal(["100-continue"], guide.Last.Header("Expect"));
        Assert.Equal("hello", Encoding.Latin1.GetString(await guide.Last.ReadBodyAsync()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_ClientVanishesHalfWay_BlamesNobody(bool reset)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: "limits: { requestBody: 30MiB }"));

        for (var i = 0; i < 5; i++)
        {
            await using var client = await RawClient.ConnectAsync(gateway.Url);
            await client.SendAsync("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n");
            await client.SendAsync(Bytes(10_000_000));
            if (reset)
            {
                client.Reset();
            }
        }

        await Eventually.BecomeTrueAsync(
            async () => await gateway.MetricAsync("gateway_requests_total", ("outcome", "refused"))
                + await gateway.MetricAsync("gateway_requests_total", ("outcome", "aborted")) >= 5,
            TimeSpan.FromSeconds(30),
            "all five are counted as the client's");
        Assert.Equal(0, await gateway.MetricAsync("gateway_requests_total", ("outcome", "failed")));
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
        Assert.Equal(200, (await gateway.GetAsync()).Status);
    }

    [Fact]
    public async Task Body_Dripped_ReachesTheDestinationAsItComes()
    {
        var firstPiece = new TaskCompletionSource();
        await using var guide = new ScriptedUpstream(async request =>
        {
            if (request.Rest.Length == 0)
            {
                await request.SendAsync("");
            }

            firstPiece.TrySetResult();
            await request.RespondAsync("ok");
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], attempts: "requestBuffer: 0, hedge: off"));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        await firstPiece.Task.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        await client.SendAsync("0\r\n\r\n");

        Assert.Equal(200, (await client.ReadAsync()).Status);
        Assert.Equal("hello", Encoding.Latin1.GetString(await guide.Last.ReadBodyAsync()));
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
