using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Server;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server;

/// <summary>POST and PUT of HTTP/1.0 that say nothing of a body have none (RFC 9112, section 6.3).</summary>
[Trait("kind", "socket")]
public sealed class LengthlessRequestsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", -1)]
    [InlineData("P", -1)]
    [InlineData("PO", -1)]
    [InlineData("PUT", -1)]
    [InlineData("PR", 0)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", 0)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0)]
    [InlineData("PATCH / HTTP/1.0\r\n\r\n", 0)]
    [InlineData("POST / HTTP/1.1\r\n", 0)]
    [InlineData("POST / HTTP/1.0", -1)]
    [InlineData("POST / HTTP/1.0\r\n", -1)]
    [InlineData("POST / HTTP/1.0\r\nHost: a\r\n", -1)]
    [InlineData("POST / HTTP/1.0\r\n\r\n", 17)]
    [InlineData("PUT /a HTTP/1.0\r\nHost: a\r\n\r\n", 17)]
    [InlineData("POST / HTTP/1.0\r\nHost: a\r\nX-Content-Length: 5\r\n\r\nContent-Length: 5", 17)]
    [InlineData("POST / HTTP/1.0\r\nHost: a\r\ncontent-LENGTH: 5\r\n\r\nhello", 0)]
    [InlineData("POST / HTTP/1.0\r\nContent-Length : 5\r\n\r\nhello", 0)]
    [InlineData("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0)]
    [InlineData("POST / HTTP/1.0\n\n", -1)]
    public void PlaceOfLength_OfWhatCame_IsBehindTheRequestLine(string bytes, int place) =>
        Assert.Equal(place, LengthlessRequests.PlaceOfLength(Encoding.Latin1.GetBytes(bytes)));

    [Fact]
    public void PlaceOfLength_HeadWithoutEnd_IsGivenUp() =>
        Assert.Equal(0, LengthlessRequests.PlaceOfLength(Encoding.Latin1.GetBytes("POST / HTTP/1.0\r\n" + new string('a', 40_000))));

    [Theory]
    [InlineData("POST", false, 1)]
    [InlineData("PUT", false, 7)]
    [InlineData("POST", false, 1000)]
    [InlineData("PUT", true, 1)]
    [InlineData("POST", true, 1000)]
    public async Task Request_WithoutALength_HasNoBody(string method, bool isTls, int piece)
    {
        await using var guide = new ScriptedUpstream();
        var config = InProcessGateway.Config([guide.Url]);
        await using var gateway = isTls ? await InProcessGateway.StartTlsAsync(config) : await InProcessGateway.StartAsync(config);
        using var client = new TcpClient { NoDelay = true };
        var stream = await ClientStream.OpenAsync(client, gateway.Url, isTls, new SslApplicationProtocol("http/1.0"));

        // What follows on the connection is a request of its own.
        var text =
            Encoding.Latin1.GetBytes(
                $"{method} /first HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nX-A: 1\r\n\r\nGET /second HTTP/1.0\r\nHost: a\r\n\r\n");
        for (var at = 0; at < text.Length; at += piece)
        {
            await stream.WriteAsync(text.AsMemory(at, Math.Min(piece, text.Length - at)), Cancel);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel);
        }

        using var reader = new StreamReader(stream, Encoding.Latin1);
        var read = await reader.ReadToEndAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancel);

        Assert.Equal(2, read.Split(" 200 OK").Length - 1);
        Assert.Equal([method + " /first HTTP/1.1", "GET /second HTTP/1.1"], guide.Requests.Select(static r => r.Line));
        Assert.Equal(["0"], guide.Requests[0].Header("Content-Length"));
        Assert.Equal(["1"], guide.Requests[0].Header("X-A"));
    }

    /// <summary>The first look at a connection must not keep it from ending, nor the gateway from stopping.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("POST / HTTP/1.0\r\n")]
    public async Task Stop_WhileNothingOrHalfAHeadCame_IsQuick(string sent)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url]),
            stopWithin: TimeSpan.FromSeconds(60));
        await using var client = await RawClient.ConnectAsync(gateway.Url);
        await client.SendAsync(sent);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Cancel);

        await gateway.StopAsync().WaitAsync(TimeSpan.FromSeconds(40), TimeProvider.System, Cancel);
    }
}
