using System.Net;
using System.Text;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class TrailersTests
{
    /// <summary>Shapes of a response: with a length it is held until whole, without one it streams.</summary>
    private static readonly Dictionary<string, Func<HttpContext, Task>> Http2Responses = new()
    {
        ["streamed"] = static context => RespondAsync(context, "hello", length: null),
        ["held"] = static context => RespondAsync(context, "hello", length: 5),
        ["held, empty"] = static context => RespondAsync(context, "", length: 0),
        ["streamed, large"] = static context => RespondAsync(context, new string('x', 200_000), length: 200_000),
    };

    [Theory]
    [InlineData("streamed", "2.0", false)]
    [InlineData("streamed", "1.1", true)]
    [InlineData("held", "2.0", false)]
    [InlineData("held", "1.1", true)]
    [InlineData("held, empty", "2.0", false)]
    [InlineData("streamed, large", "2.0", false)]
    public async Task Trailers_OfAnHttp2Response_Arrive(string shape, string version, bool says)
    {
        await using var guide = await KestrelUpstream.StartAsync(
            context => Http2Responses[shape](context),
            HttpProtocols.Http2,
            TestAuthority.Issue("127.0.0.1"));
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));

        await ArriveAsync(gateway, version, says);
    }

    [Theory]
    [InlineData("2.0", false)]
    [InlineData("1.1", true)]
    public async Task Trailers_OfAnHttp11Response_Arrive(string version, bool says)
    {
        await using var guide =
            new ScriptedUpstream(static r =>
                r.SendAsync(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Checksum\r\n\r\n5\r\nhello\r\n0\r\nX-Checksum: "
                        + "abc\r\nX-Checksum: def\r\n\r\n"));
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));

        await ArriveAsync(gateway, version, says);

        Assert.Equal(says ? ["trailers"] : [], guide.Last.Header("TE"));
    }

    [Fact]
    public async Task Trailers_OfABufferedResponse_LeaveTheLengthToWhoDidNotAskForThem()
    {
        await using var guide = await KestrelUpstream.StartAsync(
            context => Http2Responses["held"](context),
            HttpProtocols.Http2,
            TestAuthority.Issue("127.0.0.1"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var response = await gateway.GetAsync();

        Assert.Equal(("hello", true), (response.Body, response.IsWhole));
        Assert.Equal(["5"], response.Header("Content-Length"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("TE: trailers\r\nConnection: TE\r\n")]
    public async Task Trailers_OnAKeptConnection_LeaveTheNextResponseWhole(string headers)
    {
        await using var guide = new ScriptedUpstream(static r => r.Target == "/next"
            ? r.RespondAsync("next")
            : r.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nX-Checksum: abc\r\n\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync($"GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        Assert.StartsWith(
            "HTTP/1.1 200",
            await client.ReadUntilAsync(headers.Length > 0 ? "\r\n0\r\nX-Checksum: abc\r\n\r\n" : "hello"),
            StringComparison.Ordinal);
        await client.SendAsync($"GET /next HTTP/1.1\r\nHost: a\r\n{headers}\r\n");

        Assert.Equal("next", (await client.ReadAsync()).Body);
    }

    [Fact]
    public async Task Response_CutBeforeItsTrailers_IsVisiblyCut()
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
            // Longer than a response is waited for before it streams.
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            r.Close();
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var response = await gateway.GetAsync("/", "TE: trailers\r\nConnection: TE\r\n");

        Assert.Equal((200, "half", false), (response.Status, response.Body, response.IsWhole));
    }

    [Fact]
    public async Task Response_HasItsLengthButNoEnd_IsHiddenByAnother()
    {
        // All bytes came, yet HTTP/2 says that the message is broken: what was to follow is missing.
        await using var guide = await KestrelUpstream.StartAsync(
            static async context =>
            {
                context.Response.ContentLength = 5;
                await context.Response.Body.WriteAsync("hello"u8.ToArray(), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResetFeature>()!.Reset(2);
            },
            HttpProtocols.Http2,
            TestAuthority.Issue("127.0.0.1"));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("whole"));
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url], [other.Url]));

        Assert.Equal("whole", await gateway.Client.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    private static async Task ArriveAsync(InProcessGateway gateway, string version, bool says)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/it")
        {
            Version = new Version(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact
        };
        if (says)
        {
            request.Headers.TE.ParseAdd("trailers");
        }

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["abc", "def"], response.TrailingHeaders.TryGetValues("X-Checksum", out var values) ? values : []);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Contains(body.Length, (int[])[0, 5, 200_000]);
    }

    private static async Task RespondAsync(HttpContext context, string body, long? length)
    {
        context.Response.ContentLength = length;
        context.Response.AppendTrailer("X-Checksum", new(["abc", "def"]));
        await context.Response.Body.WriteAsync(Encoding.Latin1.GetBytes(body), context.RequestAborted);
    }
}
