using System.Diagnostics;
using System.Text;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class ResponsesTests
{
    [Fact]
    public async Task Response_Large_StreamsWithoutBeingKept()
    {
        const int size = 50_000_000;
        var piece = Encoding.Latin1.GetBytes(new string('x', 100_000));
        await using var guide = new ScriptedUpstream(async request =>
        {
            await request.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n");
            for (var sent = 0; sent < size; sent += piece.Length)
            {
                await request.SendAsync(piece);
            }
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var stream = await gateway.Client.GetStreamAsync("/film", TestContext.Current.CancellationToken);
        var buffer = new byte[128 * 1024];
        long total = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);

        // Nobody reads on: what the gateway takes in meanwhile is bounded by its buffers, not by the response.
        await Eventually.BeTrueAsync(() => guide.Requests.Count == 1, TimeSpan.FromSeconds(30), "the destination was asked");
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 20_000_000);
        for (var read = -1; read != 0; total += read)
        {
            read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
        }

        Assert.Equal(size, total);
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 200)]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n", 204)]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 500\r\n\r\n", 304)]
    public async Task Response_WithoutBody_LeavesTheConnectionUsable(string method, string sent, int status)
    {
        await using var guide = new ScriptedUpstream(r => r.Method == method && r.Target == "/it"
            ? r.SendAsync(sent)
            : r.RespondAsync("next"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync($"{method} /it HTTP/1.1\r\nHost: a\r\n\r\n");
        var response = await client.ReadAsync(method);
        await client.SendAsync("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
        var next = await client.ReadAsync();

        Assert.Equal(status, response.Status);
        Assert.Equal("next", next.Body);
        if (method == "HEAD")
        {
            Assert.Equal(["500"], response.Header("Content-Length"));
        }
    }

    [Fact]
    public async Task Response_CutUnderResponseBuffer_IsHiddenByAnother()
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            r.Close();
        });
        await using var other = new ScriptedUpstream(r => r.RespondAsync("whole"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url]));

        var response = await gateway.GetAsync();

        Assert.Equal(("whole", true), (response.Body, response.IsWhole));
        Assert.Single(guide.Requests);
    }

    /// <summary>Without a length a body is waited for as long as it makes progress, but not for ever.</summary>
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Response_DripsWithoutAnEnd_ReachesTheUserAsItComes(string method)
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (var i = 0; i < 3000; i++)
            {
                await r.ChunkAsync("tick");
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            }
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync($"{method} / HTTP/1.1\r\nHost: a\r\n{(method == "POST" ? "Content-Length: 0\r\n" : "")}\r\n");

        Assert.Contains(
            "tick",
            await client.ReadUntilAsync("tick").WaitAsync(
                TimeSpan.FromSeconds(20),
                TimeProvider.System,
                TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    /// <summary>Small bodies are taken whole, however they are framed: that one was cut is not seen.</summary>
    [Theory]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")]
    [InlineData("PUT", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    [InlineData("PUT", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")]
    public async Task Response_SmallAndCut_IsReplacedUnseen(string method, string sent)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.SendAsync(sent);
            r.Close();
        });
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("whole"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url]));

        var response = await gateway.AskAsync($"{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.Equal((200, "whole", true), (response.Status, response.Body, response.IsWhole));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf")]
    public async Task Response_CutInTheStream_IsVisiblyCut(string sent)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.SendAsync(sent);
            // Longer than a response without a length is waited for before it streams.
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            r.Close();
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var response = await gateway.GetAsync();

        Assert.False(response.IsWhole);
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "failed"));
    }

    [Fact]
    public async Task Response_CutInTheStream_IsNoStackInTheLog()
    {
        // It is in the figures; a stack for each of them would fill the log just when it is needed.
        using var folder = new TemporaryFolder();
        var log = Path.Combine(folder.Path, "gateway.log");
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf");
            r.Close();
        });
        await using (var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: $"telemetry: {{ logs: {{ file: \"{log}\" }} }}")))
        {
            Assert.False((await gateway.GetAsync()).IsWhole);
        }

        var lines = await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken);
        Assert.Contains("Stopped.", lines, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", lines, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_FallsSilentInTheStream_IsCutByTheIdleDeadline()
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
            await r.ClosedByPeerAsync();
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], cluster: "    timeouts: { idle: 300ms }"));
        var began = Stopwatch.GetTimestamp();

        var response = await gateway.GetAsync();

        Assert.False(response.IsWhole);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0.25, 3);
        await Eventually.BeTrueAsync(() => guide.Last.ClosedAt > 0, TimeSpan.FromSeconds(5), "the destination's connection is closed");
    }

    [Fact]
    public async Task Response_FailingStatusThatIsHandedOn_HasTheIdleDeadlineToo()
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.ReadBodyAsync();
            await r.SendAsync("HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
            await r.ClosedByPeerAsync();
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], cluster: "    timeouts: { idle: 300ms }"));
        var began = Stopwatch.GetTimestamp();

        var response = await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");

        Assert.Equal((503, false), (response.Status, response.IsWhole));
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0.25, 3);
    }

    [Fact]
    public async Task Response_BytesBeyondItsLength_NeverReachTheNextUser()
    {
        await using var guide =
            new ScriptedUpstream(r =>
                r.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("ok", (await gateway.GetAsync($"/{i}")).Body);
        }

        Assert.Equal(10, guide.Requests.Count);
    }

    [Fact]
    public async Task Response_FailedOnesBehindAGoodOne_KeepNoConnection()
    {
        // The failed response's body is not read: unless it is let go of, its connection stays open until the next collection of garbage.
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.SendAsync("HTTP/1.1 503 Busy\r\nContent-Length: 10000000\r\n\r\n");
            await r.ClosedByPeerAsync();
        });
        await using var other = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url]));

        Assert.Equal(200, (await gateway.GetAsync()).Status);

        await Eventually.BeTrueAsync(() => guide.Last.ClosedAt > 0, TimeSpan.FromSeconds(5), "the failed response's connection is closed");
    }
}
