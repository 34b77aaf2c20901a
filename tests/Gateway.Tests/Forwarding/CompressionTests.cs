using System.IO.Compression;
using System.Net;
using System.Text;
using Gateway.Tests.Support;
using Xunit;
using ZstdSharp;

namespace Gateway.Tests.Forwarding;

/// <summary>Compression for users on real connections: what a client decodes is what the destination, the store or the file gave.</summary>
[Trait("kind", "socket")]
public sealed class CompressionTests
{
    private const string On = "compression: on";

    private static readonly string Text =
        string.Concat(Enumerable.Range(0, 4000).Select(static i => $"{{\"item\":{i},\"name\":\"green tea\"}}\n"));

    private static readonly Dictionary<string, string> Files = new() { ["static/page.html"] = new string('a', 5000) };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("gzip", false, false)]
    [InlineData("br", false, false)]
    [InlineData("zstd", false, false)]
    [InlineData("gzip", true, false)]
    [InlineData("br", true, true)]
    [InlineData("zstd", true, true)]
    public async Task Body_OfEachFraming_IsDecodedToTheSame(string coding, bool http2, bool chunked)
    {
        await using var upstream = new ScriptedUpstream(async request =>
        {
            Assert.DoesNotContain("gzip", request.Head, StringComparison.Ordinal);
            var bytes = Encoding.UTF8.GetBytes(Text);
            var head = $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"x\"\r\nAccept-Ranges: bytes\r\n";
            if (!chunked)
            {
                await request.SendAsync($"{head}Content-Length: {bytes.Length}\r\n\r\n{Text}");
                return;
            }

            await request.SendAsync($"{head}Transfer-Encoding: chunked\r\n\r\n");
            for (var at = 0; at < Text.Length; at += 10_000)
            {
                var piece = Text.Substring(at, Math.Min(10_000, Text.Length - at));
                await request.SendAsync($"{piece.Length:x}\r\n{piece}\r\n");
            }

            await request.SendAsync("0\r\n\r\n");
        });
        var config = InProcessGateway.Config([upstream.Url], top: On);
        await using var gateway = http2 ? await InProcessGateway.StartTlsAsync(config) : await InProcessGateway.StartAsync(config);
        using var handler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None };
        using var client = new HttpClient(handler);

        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "/a"))
            {
                Version = http2
                ? HttpVersion.Version20
                : HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact
            };
            request.Headers.Add("Accept-Encoding", coding);
            using var response = await client.SendAsync(request, Cancel);
            var bytes = await response.Content.ReadAsByteArrayAsync(Cancel);

            Assert.Equal([coding], response.Content.Headers.ContentEncoding);
            Assert.Equal(["Accept-Encoding"], response.Headers.Vary);
            Assert.Equal("W/\"x\"", response.Headers.ETag!.ToString());
            Assert.Empty(response.Headers.AcceptRanges);
            Assert.True(bytes.Length < Text.Length / 5, $"{bytes.Length} bytes of {Text.Length}");
            Assert.Equal(Text, await DecodeAsync(bytes, coding));
        }
    }

    [Fact]
    public async Task Head_IsDescribedAsGetIs()
    {
        await using var upstream = new ScriptedUpstream(static request => request.SendAsync(
            $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {Text.Length}\r\n\r\n"
                + $"{(request.Method == "HEAD" ? "" : Text)}"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], top: On));

        var get = await gateway.GetAsync("/a", "Accept-Encoding: gzip\r\n");
        var head = await gateway.AskAsync("HEAD /a HTTP/1.1\r\nHost: shop.test\r\nAccept-Encoding: gzip\r\n\r\n", "HEAD");

        foreach (var name in (string[])["Content-Encoding", "Content-Length", "Vary"])
        {
            Assert.Equal((name, string.Join(',', get.Header(name))), (name, string.Join(',', head.Header(name))));
        }

        Assert.Equal(["gzip"], head.Header("Content-Encoding"));
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\n", "")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n", "")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 2\r\n", "ab")]
    public async Task Response_WithNothingToCompress_IsAsItCame(string head, string body)
    {
        await using var upstream = new ScriptedUpstream(request => request.SendAsync($"{head}\r\n{body}"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], top: On));

        var sent = await gateway.GetAsync("/a", "Accept-Encoding: gzip\r\n");

        Assert.Empty(sent.Header("Content-Encoding"));
        Assert.True(sent.IsWhole);
        Assert.Equal(body.StartsWith('0') ? "" : body, sent.Body);
    }

    [Fact]
    public async Task Piece_OfABodyThatGoesOn_ReachesTheClientAtOnce()
    {
        var more = new TaskCompletionSource();
        await using var upstream = new ScriptedUpstream(async request =>
        {
            await request.SendAsync(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
            await more.Task;
            await request.SendAsync("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [upstream.Url],
                route: "    stream: {}\n    compression: { eventStreams: true, codings: [ gzip ] }"));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "/a"));
        request.Headers.Add("Accept-Encoding", "gzip");

        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        await using var events = new GZipStream(await response.Content.ReadAsStreamAsync(Cancel), CompressionMode.Decompress);
        using var reader = new StreamReader(events);
        Assert.Equal("data: 1", await reader.ReadLineAsync(Cancel));
        more.SetResult();
        Assert.Equal("data: 2", (await reader.ReadToEndAsync(Cancel)).Trim());
    }

    [Fact]
    public async Task StoredResponse_IsKeptOnce_AndGivenToEachClientItsWay()
    {
        await using var upstream = new ScriptedUpstream(static request => request.SendAsync(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: {Text.Length}\r\n\r\n{Text}"));
        var config = InProcessGateway.Config(
            [upstream.Url],
            route: "    lastGood: {}\n    fallback: [ lastGood, { file: page.html } ]\n    compression: on");
        await using var gateway = await InProcessGateway.StartAsync(config, Files);
        Assert.Equal(["gzip"], (await gateway.GetAsync("/a", "Accept-Encoding: gzip\r\n")).Header("Content-Encoding"));
        await gateway.MetricReachesAsync(1, "gateway_last_good_entries");
        upstream.StopListening();
        upstream.CloseConnections();

        foreach (var coding in (string[])["gzip", "br", "zstd"])
        {
            var stored = await AskAsync(gateway, "/a", coding);
            Assert.Equal((coding, "last-good", Text), (coding, stored.Fallback, stored.Body));
            var file = await AskAsync(gateway, "/other", coding);
            Assert.Equal((coding, "file", new string('a', 5000)), (coding, file.Fallback, file.Body));
        }

        var plain = await gateway.GetAsync("/a");
        Assert.Equal(Text, plain.Body);
        Assert.Empty(plain.Header("Content-Encoding"));
        Assert.Equal(["Accept-Encoding"], plain.Header("Vary"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Response_ThatIsCut_IsNotEndedAsIfItWereWhole(bool http2, bool chunked)
    {
        await using var upstream = new ScriptedUpstream(async request =>
        {
            await request.SendAsync(
                $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                    + $"{(chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {Text.Length * 100}")}\r\n\r\n");
            for (var i = 0; i < 20; i++)
            {
                await request.SendAsync(chunked ? $"{Text.Length:x}\r\n{Text}\r\n" : Text);
            }

            request.Close();
        });
        var config = InProcessGateway.Config([upstream.Url], top: On);
        await using var gateway = http2 ? await InProcessGateway.StartTlsAsync(config) : await InProcessGateway.StartAsync(config);
        using var client = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "/a"))
        {
            Version = http2
            ? HttpVersion.Version20
            : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact
        };
        request.Headers.Add("Accept-Encoding", "gzip");

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync(Cancel));
    }

    /// <summary>Sizes around the compressors' own buffers and windows, in pieces that fit none of them.</summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task Coding_OfAnySize_IsDecodedToTheSame(string coding)
    {
        var random = new Random(7);
        foreach (var size in (int[])[0, 1, 100, 16 * 1024, (16 * 1024) + 1, 262_144, 1_000_003])
        {
            // Half of it random: what does not shrink has to go through as well.
            var bytes = new byte[size];
            random.NextBytes(bytes.AsSpan(0, size / 2));
            using var output = new MemoryStream();
            await using (var compressor = Gateway.Forwarding.Compression.Coding.Of(coding).Begin(output))
            {
                for (var at = 0; at < size; at += 70_001)
                {
                    await compressor.WriteAsync(bytes.AsMemory(at, Math.Min(70_001, size - at)), Cancel);
                    if (at % 2 == 0)
                    {
                        await compressor.FlushAsync(Cancel);
                    }
                }

                await compressor.WriteAsync(ReadOnlyMemory<byte>.Empty, Cancel);
            }

            using var decoded = new MemoryStream();
            await using var decoder = DecoderOf(output.ToArray(), coding);
            await decoder.CopyToAsync(decoded, Cancel);
            Assert.True(bytes.AsSpan().SequenceEqual(decoded.ToArray()), $"{coding}, {size} bytes");
        }
    }

    [Fact]
    public void Compressors_AreBounded()
    {
        var places = new Gateway.Forwarding.Compression.CompressorPlaces(2);
        Assert.Equal((true, true, false), (places.TryTake(), places.TryTake(), places.TryTake()));
        places.Return();
        Assert.Equal((true, false), (places.TryTake(), places.TryTake()));
    }

    [Fact]
    public async Task NotModified_KeepsTheWeakTagOfTheClient()
    {
        await using var upstream =
            new ScriptedUpstream(static request => request.SendAsync("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], top: On));

        var sent = await gateway.GetAsync("/a", "Accept-Encoding: gzip\r\nIf-None-Match: W/\"x\"\r\n");

        Assert.Equal(304, sent.Status);
        Assert.Equal(["W/\"x\""], sent.Header("ETag"));
    }

    [Fact]
    public async Task Route_HasItsOwn_AndWithoutOffloadDestinationsAreAskedAsTheClientAsks()
    {
        await using var upstream =
            new ScriptedUpstream(static request =>
                request.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {Text.Length}\r\n\r\n{Text}"));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [upstream.Url],
                top: On,
                route: "    compression: { offload: false, codings: [ br ] }"));
        Assert.Equal(["br"], (await gateway.GetAsync("/a", "Accept-Encoding: gzip, br\r\n")).Header("Content-Encoding"));
        Assert.Contains("Accept-Encoding: gzip, br\r\n", upstream.Last.Head, StringComparison.Ordinal);
        Assert.Empty((await gateway.GetAsync("/a", "Accept-Encoding: gzip\r\n")).Header("Content-Encoding"));
    }

    private static async Task<(string? Fallback, string Body)> AskAsync(InProcessGateway gateway, string target, string coding)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, target));
        request.Headers.Host = "shop.test";
        request.Headers.Add("Accept-Encoding", coding);
        using var response = await gateway.Client.SendAsync(request, Cancel);
        Assert.Equal([coding], response.Content.Headers.ContentEncoding);
        return (response.Headers.TryGetValues("X-Fallback", out var by) ? by.Single() : null, await DecodeAsync(
            await response.Content.ReadAsByteArrayAsync(Cancel),
            coding));
    }

    private static async Task<string> DecodeAsync(byte[] bytes, string coding)
    {
        await using var decoder = DecoderOf(bytes, coding);
        using var reader = new StreamReader(decoder);
        return await reader.ReadToEndAsync(Cancel);
    }

    private static Stream DecoderOf(byte[] bytes, string coding) => coding switch
    {
        "gzip" => new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress),
        "br" => new BrotliStream(new MemoryStream(bytes), CompressionMode.Decompress),
        _ => new DecompressionStream(new MemoryStream(bytes)),
    };
}
