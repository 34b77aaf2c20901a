using System.Buffers.Binary;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>
/// Responses that a destination breaks off: the client gets every byte that came before the break, and sees that it is not all.
/// </summary>
[Trait("kind", "socket")]
public sealed class CutResponsesTests
{
    private const int Sent = 300_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The client reads only after the break: what waits for it in the gateway and in the kernel is its own.</summary>
    [Theory]
    [InlineData("length", false, false)]
    [InlineData("length", true, false)]
    [InlineData("chunks", false, false)]
    [InlineData("chunks", true, false)]
    [InlineData("chunks", false, true)]
    public async Task Client_ThatReadsLater_GetsWhatCameBeforeTheBreak(string framing, bool tls, bool takesTrailers)
    {
        await using var guide = new ScriptedUpstream(r => BreakOffAsync(r, framing));
        var config = InProcessGateway.Config([guide.Url], attempts: "hedge: off");
        await using var gateway = tls ? await InProcessGateway.StartTlsAsync(config) : await InProcessGateway.StartAsync(config);
        using var client = new TcpClient { ReceiveBufferSize = 4096 };
        var stream = await ClientStream.OpenAsync(client, gateway.Url, tls);

        var trailers = takesTrailers ? "TE: trailers\r\nConnection: TE\r\n" : "";
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"GET / HTTP/1.1\r\nHost: a\r\n{trailers}\r\n"), Cancel);
        await Eventually.BecomeTrueAsync(
            () => Task.FromResult(guide.Requests.Count > 0 && guide.Last.IsClosed), Patience, "the destination has broken off");
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Cancel);
        var all = await ReadToEndAsync(stream);

        Assert.Equal(Sent, all.Count(static c => c == '#'));
        Assert.DoesNotContain("\r\n0\r\n", all, StringComparison.Ordinal);
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "failed"));
    }

    /// <summary>What was compressed before the break can be read, and the end of the coding does not follow.</summary>
    [Theory]
    [InlineData("length")]
    [InlineData("chunks")]
    public async Task CompressedResponse_HasWhatCameBeforeTheBreak(string framing)
    {
        await using var guide = new ScriptedUpstream(r => BreakOffAsync(r, framing, "Content-Type: text/plain\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url], top: "compression: on", attempts: "hedge: off"));

        var received = await gateway.GetAsync("/", "Accept-Encoding: gzip\r\n");

        Assert.Equal(["gzip"], received.Header("Content-Encoding"));
        Assert.False(received.IsWhole);
        var plain = new MemoryStream();
        var compressed = Encoding.Latin1.GetBytes(received.Body);
        await using var decompressed = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        await decompressed.CopyToAsync(plain, Cancel);
        Assert.Equal(Sent, plain.Length);
        // The coding ends with the length of what it holds (RFC 1952, section 2.3.1).
        Assert.NotEqual(Sent, BinaryPrimitives.ReadInt32LittleEndian(compressed.AsSpan(^4..)));
    }

    /// <summary>A client of HTTP/1.0 takes the end of the connection for the end of the response: only a reset shows the break.</summary>
    [Fact]
    public async Task Http10_WithoutALength_SeesTheBreak()
    {
        await using var guide = new ScriptedUpstream(static r => BreakOffAsync(r, "chunks"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], attempts: "hedge: off"));
        using var client = new TcpClient();
        var stream = await ClientStream.OpenAsync(client, gateway.Url, tls: false);

        await stream.WriteAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray(), Cancel);

        await Assert.ThrowsAsync<IOException>(() => ReadToEndAsync(stream));
    }

    private static async Task BreakOffAsync(UpstreamRequest request, string framing, string headers = "")
    {
        var body = new string('#', Sent);
        await request.SendAsync(framing == "length"
            ? $"HTTP/1.1 200 OK\r\n{headers}Content-Length: {Sent + 1}\r\n\r\n{body}"
            : $"HTTP/1.1 200 OK\r\n{headers}Transfer-Encoding: chunked\r\n\r\n{Sent:x}\r\n{body}\r\n");
        request.Close();
    }

    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        var all = new MemoryStream();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        await stream.CopyToAsync(all, patience.Token);
        return Encoding.Latin1.GetString(all.ToArray());
    }
}
