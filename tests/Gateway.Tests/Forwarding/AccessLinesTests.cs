using System.Text.Json;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>What the access log says of a request, from its socket to its line.</summary>
[Trait("kind", "socket")]
public sealed class AccessLinesTests
{
    private const string Log = "telemetry: { logs: { format: json, file: FOLDER/gateway.log }, access: all }";
    private const string Quick = "    timeouts: { connect: 300ms, firstByte: 400ms, idle: 400ms, total: 5s }";
    private const string NoProbes = "interval: 1h, fastInterval: 1h, timeout: 30s";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string, string, int> Ends => new()
    {
        // What the destination does, what is asked, cause, outcome, status; 0: none.
        { "ok", "GET /a", "ok", "live", 200 },
        { "ok", "POST /a", "ok", "live", 200 },
        { "404", "GET /a", "ok", "live", 404 },
        { "501", "GET /a", "status_5xx", "failed", 501 },
        { "503", "GET /a", "status_5xx", "failed", 503 },
        { "503", "POST /a", "status_5xx", "failed", 503 },
        { "reset", "GET /a", "reset", "failed", 503 },
        { "reset", "POST /a", "reset", "failed", 502 },
        { "silent", "GET /a", "first_byte_timeout", "failed", 503 },
        { "silent", "POST /a", "first_byte_timeout", "failed", 504 },
        { "half", "GET /a", "truncated", "failed", 503 },
        { "half then silent", "GET /a", "idle_timeout", "failed", 503 },
        { "large half", "GET /a", "truncated", "failed", 200 },
        { "large half then silent", "GET /a", "idle_timeout", "failed", 200 },
        { "closed port", "GET /a", "connect_refused", "failed", 503 },
        { "down", "GET /a", "no_tier", "failed", 503 },
        { "ok", "GET /nowhere", "unmatched", "refused", 404 },
        { "ok", "DELETE /a", "unmatched", "refused", 405 },
        { "ok", "TOOLONG /a", "refused", "refused", 413 },
        { "ok", "CODED /a", "refused", "refused", 400 },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Request_EndsSomehow_SaysWhyInOneWord(string does, string asked, string cause, string outcome, int status)
    {
        await using var guide = new ScriptedUpstream(r => DoAsync(r, does)) { Healthy = does != "down" };
        // Deadlines are short, and probes go on, only where a case is about them: a busy machine must not look like a destination that is.
        var config = InProcessGateway.Config(
            [guide.Url],
            cluster: does.Contains("silent", StringComparison.Ordinal) ? Quick : "",
            attempts: "hedge: off, max: 1",
            top: Log).Replace("\"/{**rest}\"", "\"/a\", methods: [ GET, POST ]", StringComparison.Ordinal);
        await using var gateway =
            await InProcessGateway.StartAsync(does == "down" ? config : config.Replace(
                "interval: 500ms, timeout: 400ms",
                NoProbes,
                StringComparison.Ordinal));
        if (does == "closed port")
        {
            guide.StopListening();
            guide.CloseConnections();
        }

        var (method, path) = (asked.Split(' ')[0], asked.Split(' ')[1]);
        var response = await gateway.AskAsync(method switch
        {
            "POST" => $"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
            "TOOLONG" => $"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 99000000\r\n\r\n",
            "CODED" => $"POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            _ => $"{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n",
        });
        var line = await LineAsync(gateway, 0);

        Assert.Equal((status, cause, outcome), (response.Status, Text(line, "cause"), Text(line, "outcome")));
        Assert.Equal(status, line.GetProperty("status").GetInt32());
        Assert.Equal(response.Header("X-Request-Id").Single(), Text(line, "id"));
        Assert.Equal(method is "POST" && !(does is "down") ? 5 : 0, line.GetProperty("bytesIn").GetInt64());
        Assert.Equal(response.IsWhole ? response.Body.Length : 80_000, line.GetProperty("bytesOut").GetInt64());
        Assert.Equal(cause is "unmatched" ? null : "guide", Text(line, "cluster"));
        Assert.True(line.GetProperty("firstByteMs").GetDecimal() <= line.GetProperty("totalMs").GetDecimal());
        Assert.Equal(1, await gateway.MetricAsync("gateway_requests_total", ("outcome", outcome), ("code", $"{status / 100}xx")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_Disconnects_SaysSoBeforeAndInsideTheResponse(bool hasBegun)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            if (hasBegun)
            {
                await r.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + new string('x', 100_000));
            }

            await r.ClosedByPeerAsync();
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: Log));
        await using (var client = await RawClient.ConnectAsync(gateway.Url))
        {
            await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            await Eventually.BeTrueAsync(() => guide.Requests.Count == 1, TimeSpan.FromSeconds(30), "the destination was asked");
            if (hasBegun)
            {
                await client.ReadHeadAsync();
            }

            client.Reset();
        }

        var line = await LineAsync(gateway, 0);

        Assert.Equal(("client_abort", "aborted"), (Text(line, "cause"), Text(line, "outcome")));
        Assert.Equal(hasBegun ? JsonValueKind.Number : JsonValueKind.Null, line.GetProperty("status").ValueKind);
        Assert.Equal(1, await gateway.MetricAsync("gateway_requests_total", ("outcome", "aborted"), ("code", hasBegun ? "2xx" : "none")));
    }

    [Fact]
    public async Task Deadline_OfTheWholeRequest_IsNamed()
    {
        // Each piece comes in time, and all of them together do not.
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
            for (var i = 0; i < 1000; i++)
            {
                await r.SendAsync("x");
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        });
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config(
                [guide.Url],
                cluster: "    timeouts: { connect: 500ms, firstByte: 2500ms, idle: 5s, total: 3s }",
                attempts: "hedge: off, max: 1",
                top: Log));

        Assert.Equal(503, (await gateway.GetAsync("/a")).Status);

        Assert.Equal("total_timeout", Text(await LineAsync(gateway, 0), "cause"));
    }

    [Fact]
    public async Task Tier_Full_SaysShed()
    {
        var release = new TaskCompletionSource();
        await using var guide = new ScriptedUpstream(async r =>
        {
            await release.Task;
            await r.RespondAsync("ok");
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: Log).Replace(
                "name: primary, ",
                "name: primary, capacity: 1, ",
                StringComparison.Ordinal));
        var first = gateway.GetAsync("/a");
        await Eventually.BeTrueAsync(() => guide.Requests.Count == 1, TimeSpan.FromSeconds(30), "the place is taken");

        Assert.Equal(503, (await gateway.GetAsync("/b")).Status);
        release.SetResult();
        Assert.Equal(200, (await first).Status);

        // Each on a connection of its own: which line is written first is not said.
        var line = Assert.Single(await LinesAsync(gateway, 2), static line => Text(line, "target") is "/b");
        Assert.Equal("shed", Text(line, "cause"));
    }

    [Theory]
    [InlineData("standby", "retry", "success")]
    [InlineData("neighbour", "retry", "success")]
    [InlineData("lastGood", "last_good", null)]
    [InlineData("file", "file", null)]
    public async Task Rescue_OfARequest_IsTold(string by, string saved, string? last)
    {
        await using var bad = new ScriptedUpstream(static r => r.RespondAsync("good"));
        await using var good = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config(
                by == "neighbour" ? [bad.Url, good.Url] : [bad.Url],
                by == "standby" ? [good.Url] : null,
                cluster: "    balance: roundRobin",
                route: by is "lastGood" or "file"
                    ? $"    lastGood: {{}}\n    fallback: [ {(by == "file" ? "{ file: a.json }" : by)} ]"
                    : "",
                top: Log),
            new Dictionary<string, string> { ["static/a.json"] = "{}" });
        if (by == "lastGood")
        {
            Assert.Equal("good", (await gateway.GetAsync("/a")).Body);
        }

        bad.Script = static r => r.RespondAsync("no", 503);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(200, (await gateway.GetAsync("/a")).Status);
        }

        var lines = await LinesAsync(gateway, by == "lastGood" ? 3 : 2);
        var line = lines.First(l => Text(l, "savedBy") == saved);
        Assert.Equal(
            last is null ? (by == "file" ? "file" : "last-good", "degraded") : ("none", "live"),
            (Text(line, "fallback"), Text(line, "outcome")));
        var attempts = line.GetProperty("attempts").EnumerateArray().ToArray();
        Assert.Equal(
            ("first", "status", 503),
            (Text(attempts[0], "purpose"), Text(attempts[0], "result"), attempts[0].GetProperty("status").GetInt32()));
        if (last is not null)
        {
            Assert.Equal(("retry", last), (Text(attempts[^1], "purpose"), Text(attempts[^1], "result")));
            Assert.Equal((Text(attempts[^1], "destination"), Text(attempts[^1], "tier")), (Text(line, "destination"), Text(line, "tier")));
            Assert.Equal("ok", Text(line, "cause"));
        }
    }

    [Theory]
    [InlineData("", "9.9.9.9", "127.0.0.1")]
    [InlineData("trustedProxies: [ 127.0.0.0/8 ]", "9.9.9.9", "9.9.9.9")]
    [InlineData("trustedProxies: [ 127.0.0.0/8, 10.0.0.0/8 ]", "1.1.1.1, 9.9.9.9, 10.0.0.7", "9.9.9.9")]
    [InlineData("trustedProxies: [ 127.0.0.0/8, 10.0.0.0/8 ]", "10.0.0.8,10.0.0.7", "10.0.0.8")]
    [InlineData("trustedProxies: [ 127.0.0.0/8 ]", "9.9.9.9:4711", "9.9.9.9")]
    [InlineData("trustedProxies: [ 127.0.0.0/8 ]", "[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("trustedProxies: [ 127.0.0.0/8 ]", "unknown", "127.0.0.1")]
    [InlineData("trustedProxies: [ 127.0.0.0/8 ]", "9.9.9.9, \\\"x", "127.0.0.1")]
    [InlineData("trustedProxies: [ 127.0.0.0/8 ]", "1.1.1.1\r\nX-Forwarded-For: 9.9.9.9", "9.9.9.9")]
    public async Task Client_BehindProxies_IsTheNearestThatIsNoneOfThem(string top, string chain, string client)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: top + "\n" + Log));

        await gateway.GetAsync("/a", $"X-Forwarded-For: {chain}\r\nUser-Agent: Odd/1.0\r\n");

        var line = await LineAsync(gateway, 0);
        Assert.Equal((client, "Odd/1.0"), (Text(line, "client"), Text(line, "userAgent")));
    }

    [Fact]
    public async Task Tls_OfAUser_IsToldWithItsVersion()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url], top: Log));

        using var response = await gateway.Client.GetAsync("/a?key=1&n=2", Cancel);

        var line = await LineAsync(gateway, 0);
        Assert.Equal("1.3", Text(line, "tls"));
        Assert.Equal("/a?key=***&n=2", Text(line, "target"));
    }

    [Theory]
    [InlineData(403, "ok", "live")]
    [InlineData(500, "status_5xx", "failed")]
    [InlineData(101, "ok", "live")]
    public async Task Upgrade_RefusedOrCarried_IsTold(int status, string cause, string outcome)
    {
        await using var guide = await KestrelUpstream.StartAsync(async context =>
        {
            if (status != 101)
            {
                context.Response.StatusCode = status;
                await context.Response.WriteAsync("no", context.RequestAborted);
                return;
            }

            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.SendAsync(
                "hello"u8.ToArray(),
                System.Net.WebSockets.WebSocketMessageType.Text,
                endOfMessage: true,
                context.RequestAborted);
            await socket.ReceiveAsync(new byte[100], context.RequestAborted);
            await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], top: Log, attempts: "hedge: off, max: 1"));
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        try
        {
            await socket.ConnectAsync(new UriBuilder(gateway.Url) { Scheme = "ws", Path = "/ws" }.Uri, Cancel);
            await socket.ReceiveAsync(new byte[100], Cancel);
            await socket.SendAsync("bye"u8.ToArray(), System.Net.WebSockets.WebSocketMessageType.Text, endOfMessage: true, Cancel);
            await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, Cancel);
        }
        catch (System.Net.WebSockets.WebSocketException) when (status != 101)
        {
            // As it should be.
        }

        var line = await LineAsync(gateway, 0);

        Assert.Equal((status, cause, outcome), (line.GetProperty("status").GetInt32(), Text(line, "cause"), Text(line, "outcome")));
        Assert.Equal(status == 101 ? "1xx" : $"{status / 100}xx", await CodeAsync(gateway));
        Assert.Equal(status >= 500 ? 1 : 0, await gateway.MetricAsync("gateway_attempts_total", ("result", "status")));
        if (status == 101)
        {
            // Frames of WebSocket: two bytes of head, four more of a client's mask, and the closing.
            Assert.InRange(line.GetProperty("bytesOut").GetInt64(), 7, 40);
            Assert.InRange(line.GetProperty("bytesIn").GetInt64(), 9, 40);
        }
    }

    [Fact]
    public async Task Stream_GatewayStops_SaysRestarting()
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.BeginEventsAsync();
            await r.ChunkAsync("data: a\n\n");
            await r.ClosedByPeerAsync();
        });
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url], top: Log, route: "    stream: {}"),
            stopWithin: TimeSpan.FromSeconds(2));
        await using var client = await RawClient.ConnectAsync(gateway.Url);
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadUntilAsync("data: a\n\n");

        await gateway.StopAsync();

        Assert.Equal("restarting", Text(await LineAsync(gateway, 0), "cause"));
    }

    private static async Task DoAsync(UpstreamRequest r, string does)
    {
        switch (does)
        {
            case "reset":
                await r.ReadBodyAsync();
                r.Reset();
                break;
            case "silent":
                await r.ReadBodyAsync();
                await r.ClosedByPeerAsync();
                break;
            case "half" or "half then silent":
                await r.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                await EndAsync();
                break;
            case "large half" or "large half then silent":
                await r.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + new string('x', 80_000));
                await EndAsync();
                break;
            case "404" or "501" or "503":
                await r.RespondAsync("said", int.Parse(does, System.Globalization.CultureInfo.InvariantCulture));
                break;
            default:
                await r.RespondAsync("ok");
                break;
        }

        async Task EndAsync()
        {
            if (does.EndsWith("silent", StringComparison.Ordinal))
            {
                await r.ClosedByPeerAsync();
            }

            r.Close();
        }
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static async Task<string> CodeAsync(InProcessGateway gateway) =>
        (await gateway.MetricsTextAsync())
            .Split('\n')
            .Single(static line => line.StartsWith("gateway_requests_total{", StringComparison.Ordinal))
            .Split("code=\"")[1][..3];

    private static async Task<JsonElement> LineAsync(InProcessGateway gateway, int at) => (await LinesAsync(gateway, at + 1))[at];

    /// <summary>The requests in the log once there are so many. Every line of it is JSON.</summary>
    private static async Task<List<JsonElement>> LinesAsync(InProcessGateway gateway, int count)
    {
        List<JsonElement> lines = [];
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                await using var file = new FileStream(
                    gateway.PathOf("gateway.log"),
                    FileMode.OpenOrCreate,
                    FileAccess.Read,
                    FileShare.ReadWrite);
                using var reader = new StreamReader(file);
                var text = await reader.ReadToEndAsync(Cancel);
                lines =
                    [
                    .. text[..(text.LastIndexOf('\n') + 1)].Split(
                        '\n',
                        StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)
                    .Where(static line => line.TryGetProperty("request", out _)).Select(static line => line.GetProperty("request"))];
                return lines.Count >= count;
            },
            TimeSpan.FromSeconds(30),
            $"{count} requests are in the log");
        return lines;
    }
}
