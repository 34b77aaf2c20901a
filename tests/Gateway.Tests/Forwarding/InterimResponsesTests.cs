using System.Net;
using System.Text;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class InterimResponsesTests
{
    [Theory]
    [InlineData("GET", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("POST", "HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("POST", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")]
    public async Task Interim_BeforeTheResponse_EndsAtTheGateway(string method, string interim)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.SendAsync(interim);
            await r.RespondAsync(Encoding.Latin1.GetString(await r.ReadBodyAsync()) + "!");
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        // Twice on one connection: what is left of an interim response would be taken for the next one's.
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(method == "GET"
                ? "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
                : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
            var head = await client.ReadHeadAsync();
            Assert.StartsWith("HTTP/1.1 200", head, StringComparison.Ordinal);
            Assert.DoesNotContain("Link:", head, StringComparison.Ordinal);
            await client.ReadUntilAsync(method == "GET" ? "!" : "hello!");
        }

        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(200_000)]
    public async Task Expect_BodyWaitsForTheWord_IsSentForAndArrives(int length)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100", await client.ReadHeadAsync(), StringComparison.Ordinal);
        await client.SendAsync(new string('a', length));
        var response = await client.ReadAsync();

        Assert.Equal(200, response.Status);
        Assert.Equal(length, (await guide.Last.ReadBodyAsync()).Length);
        // The destination is asked as well; as it says nothing, the body follows all the same.
        Assert.Equal(["100-continue"], guide.Last.Header("Expect"));
    }

    [Fact]
    public async Task Expect_OverHttp2_IsSentForAndArrives()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));
        using var client = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = Timeout.InfiniteTimeSpan })
        {
            BaseAddress = gateway.Url,
            Timeout = TimeSpan.FromSeconds(60)
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/")
        {
            Content = new StringContent("hello"),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact
        };
        request.Headers.ExpectContinue = true;

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("hello"u8.ToArray(), await guide.Last.ReadBodyAsync());
    }

    [Theory]
    [InlineData("Content-Length: 99999999", 413)]
    [InlineData("Transfer-Encoding: gzip", 400)]
    public async Task Expect_BodyIsRefused_IsNotSentFor(string header, int status)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n{header}\r\n\r\n");

        Assert.StartsWith($"HTTP/1.1 {status}", await client.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Empty(guide.Requests);
    }
}
