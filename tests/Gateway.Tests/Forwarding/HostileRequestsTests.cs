using System.Text;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class HostileRequestsTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: a\n\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n folded\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX-A : 1\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400)]
    [InlineData("CONNECT evil.test:80 HTTP/1.1\r\nHost: evil.test:80\r\n\r\n", 400)]
    public async Task Request_BadFraming_IsRefusedUnasked(string request, int status)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var response = await gateway.AskAsync(request);

        Assert.Equal(status, response.Status);
        Assert.Empty(guide.Requests);
    }

    [Fact]
    public async Task Request_BrokenChunks_IsRefusedAndNoErrorOfOurs()
    {
        using var folder = new TemporaryFolder();
        var log = Path.Combine(folder.Path, "gateway.log");
        await using var guide = new ScriptedUpstream();
        await using (var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: $"telemetry: {{ logs: {{ file: \"{log}\" }} }}")))
        {
            var response = await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");

            Assert.Equal(400, response.Status);
        }

        var lines = await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken);
        Assert.Contains("Stopped.", lines, StringComparison.Ordinal);
        Assert.DoesNotContain("unhandled exception", lines, StringComparison.Ordinal);
        Assert.Empty(guide.Requests);
    }

    [Fact]
    public async Task Request_LengthAndChunks_NeverSmuggles()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        await gateway.AskAsync(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: "
                + "a\r\n\r\n");

        Assert.All(guide.Requests, r =>
        {
            Assert.NotEqual("/smuggled", r.Target);
            Assert.True(r.Header("Content-Length").Length + r.Header("Transfer-Encoding").Length <= 1);
        });
    }

    [Fact]
    public async Task Limits_BodyHeadersAndLine_AnswerByTheBook()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [guide.Url],
                top: "limits: { requestBody: 100KiB, requestHeaders: 8KiB, headersTimeout: 1s, connections: 40 }"));

        var declared = await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 102401\r\n\r\n");
        var chunked = await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n19001\r\n"
            + new string('x', 0x19001)
            + "\r\n0\r\n\r\n");
        var line = await gateway.GetAsync("/" + new string('a', 9000));
        var headers = await gateway.GetAsync("/", $"X-A: {new string('a', 5000)}\r\nX-B: {new string('b', 5000)}\r\n");
        var slow = await gateway.AskAsync("GET / HTTP/1.1\r\nHost: a\r\n");

        Assert.Equal((413, 413, 414, 431, 408), (declared.Status, chunked.Status, line.Status, headers.Status, slow.Status));
        Assert.DoesNotContain(guide.Requests, r => r.Method == "GET");
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    // A client that sends everything before it reads would lose the refusal to a connection that is ended at once.
    [Theory]
    [InlineData("/users", false)]
    [InlineData("/users", true)]
    [InlineData("/clusters/guide/hold", false)]
    [InlineData("/clusters/guide/hold", true)]
    [InlineData("/signals/alerts", true)]
    public async Task Limits_BodyTooLong_RefusalReachesAClientThatSendsItAll(string path, bool chunked)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url], top: "limits: { requestBody: 100KiB }"));
        var at = path == "/users" ? gateway.Url : gateway.AdminUrl;
        const int Length = 8 * 1024 * 1024;
        await using var client = await RawClient.ConnectAsync(at);
        await client.SendAsync($"POST {path} HTTP/1.1\r\nHost: {at.Authority}\r\nContent-Type: application/json\r\n"
            + (chunked ? $"Transfer-Encoding: chunked\r\n\r\n{Length:x}\r\n" : $"Content-Length: {Length}\r\n\r\n"));
        var part = new string('x', 64 * 1024);
        for (var sent = 0; sent < Length; sent += part.Length)
        {
            await client.SendAsync(part);
        }

        await client.SendAsync(chunked ? "\r\n0\r\n\r\n" : "");

        Assert.Equal(413, (await client.ReadAsync()).Status);
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    [Fact]
    public async Task Limits_TooManyConnections_TurnsAwayOnlyTheLast()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: "limits: { connections: 2 }"));
        await using var first = await RawClient.ConnectAsync(gateway.Url);
        await using var second = await RawClient.ConnectAsync(gateway.Url);
        await first.SendAsync(Plain);
        Assert.Equal(200, (await first.ReadAsync()).Status);
        await second.SendAsync(Plain);
        Assert.Equal(200, (await second.ReadAsync()).Status);

        var third = await gateway.GetAsync();
        await first.SendAsync(Plain);

        Assert.Equal(0, third.Status);
        Assert.Equal(200, (await first.ReadAsync()).Status);
    }

    [Fact]
    public async Task Connection_ResponseBeforeTheWholeBody_NextRequestIsReadFromItsStart()
    {
        // The destination answers while the client still sends: whatever is left of the body must never be taken
        // for, nor with, the next request.
        await using var guide = new ScriptedUpstream(async request =>
        {
            await request.SendAsync("HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            request.Close();
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync("POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + new string('a', 100_000));
        var refused = await client.ReadAsync();
        guide.Script = static request => request.RespondAsync("second");
        try
        {
            await client.SendAsync(new string('a', 200_000)
                + "POST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n"
                + new string('b', 70_000));
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Closing the connection is a good response too.
        }

        var next = await client.ReadAsync();

        Assert.True(refused.Status is 403 or 503, refused.Head);
        if (next.Status != 0)
        {
            Assert.Equal("second", next.Body);
            Assert.Equal(new string('b', 70_000), Encoding.Latin1.GetString(await guide.Last.ReadBodyAsync()));
        }
    }

    private const string Plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
}
