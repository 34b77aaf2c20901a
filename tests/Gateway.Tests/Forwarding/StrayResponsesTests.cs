using System.Collections.Concurrent;
using System.Globalization;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>
/// A destination that sends more than it was asked for on connections that are kept. HTTP/1.1 does not say which request a response is to:
/// whatever is on a connection when the next request goes out would be taken for its response.
/// </summary>
[Trait("kind", "socket")]
public abstract class StrayResponsesTable(bool isTls)
{
    private const int Clients = 16;

    /// <param name="kind">What the stray bytes follow.</param>
    /// <param name="delay">Milliseconds between the response and them; -1: they are one piece.</param>
    [Theory]
    [InlineData("GET", -1)]
    [InlineData("GET", 0)]
    [InlineData("GET", 1)]
    [InlineData("GET", 5)]
    [InlineData("GET", 50)]
    [InlineData("POST", -1)]
    [InlineData("POST", 5)]
    [InlineData("HEAD", -1)]
    [InlineData("HEAD", 1)]
    [InlineData("204", -1)]
    [InlineData("204", 1)]
    [InlineData("304", -1)]
    [InlineData("304", 1)]
    [InlineData("chunked", -1)]
    [InlineData("chunked", 1)]
    public async Task Stray_BehindResponses_ReachesNobody(string kind, int delay)
    {
        await using var guide = Upstream(request => RespondAsync(request, kind, delay));
        await using var gateway = await StartAsync(guide);
        // Seen once, while nothing else is under way, it is known of the destination. What comes while the very next request is under way
        // cannot be told from its response by anything.
        Assert.True((await AskAsync(gateway, kind, "first")).Status is 200 or 204 or 304);
        await Task.Delay(TimeSpan.FromMilliseconds(delay + 300), TimeProvider.System, TestContext.Current.CancellationToken);
        var wrong = new ConcurrentQueue<string>();
        var served = 0;

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            for (var i = 0; i < 60; i++)
            {
                var token = string.Create(CultureInfo.InvariantCulture, $"token-{client}-{i}-");
                var response = await AskAsync(gateway, kind, token);
                Interlocked.Add(ref served, response.Status is 200 or 204 or 304 ? 1 : 0);
                if (response.Status is 200 && kind != "HEAD" && response.Body != token)
                {
                    wrong.Enqueue($"{token} got {response.Body}");
                }

                if (response.Head.Contains("stray", StringComparison.Ordinal)
                    || (response.Header("X-Token") is [var said] && said != token))
                {
                    wrong.Enqueue($"{token} got {response.Head}");
                }
            }
        }));

        Assert.Empty(wrong);
        Assert.True(served > Clients * 30, $"only {served} were served");
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    /// <summary>
    /// The client has left, or the response came before the whole request did: what the destination still says belongs to nobody.
    /// </summary>
    [Theory]
    [InlineData("cancelled")]
    [InlineData("early")]
    public async Task Stray_AfterAnExchangeThatWasLeft_ReachesNobody(string kind)
    {
        await using var guide = Upstream(async request =>
        {
            if (request.Target.StartsWith("/left", StringComparison.Ordinal))
            {
                if (kind == "early")
                {
                    await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System);
                await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Token: stray\r\n\r\nstray");
                if (kind == "early")
                {
                    await request.ReadBodyAsync();
                }

                return;
            }

            await request.RespondAsync(request.Target[1..]);
        });
        await using var gateway = await StartAsync(guide);
        var wrong = new ConcurrentQueue<string>();

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            for (var i = 0; i < 40; i++)
            {
                if (client % 4 == 0)
                {
                    await using var leaving = await RawClient.ConnectAsync(gateway.Url);
                    await leaving.SendAsync(kind == "early"
                        ? $"POST /left HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n{new string('x', 100_000)}"
                        : "GET /left HTTP/1.1\r\nHost: a\r\n\r\n");
                    await Task.Delay(TimeSpan.FromMilliseconds(i % 35), TimeProvider.System);
                    leaving.Reset();
                    continue;
                }

                var token = string.Create(CultureInfo.InvariantCulture, $"token-{client}-{i}-");
                var response = await gateway.GetAsync("/" + token);
                if (response.Status != 200 || response.Body != token)
                {
                    wrong.Enqueue($"{token} got {response.Head}{response.Body}");
                }
            }
        }));

        Assert.Empty(wrong);
    }

    /// <summary>Some servers say 408 on an idle connection before they close it: that is a farewell, and costs nothing.</summary>
    [Theory]
    [InlineData("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray", false)]
    [InlineData("x", false)]
    public async Task Idle_DestinationSaysSomething_ConnectionsAreUsedAgainOnlyAfterAFarewell(string said, bool isReused)
    {
        var sent = 0;
        await using var guide = Upstream(async request =>
        {
            await request.RespondAsync("ok");
            if (request.Target == "/bye")
            {
                await request.SendAsync(said);
                Volatile.Write(ref sent, 1);
            }
        });
        await using var gateway = await StartAsync(guide);
        Assert.Equal("ok", (await gateway.GetAsync("/bye")).Body);
        await Eventually.BeTrueAsync(() => Volatile.Read(ref sent) == 1, TimeSpan.FromSeconds(20), "it was said");
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);

        var reused = false;
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("ok", (await gateway.GetAsync("/a")).Body);
        }

        // Of one connection's requests the later ones are on a socket that has carried others.
        reused = guide.Requests
            .Where(static request => request.Target == "/a")
            .GroupBy(static request => request.Peer)
            .Any(static one => one.Count() > 1);
        Assert.Equal(isReused, reused);
    }

    private static async Task RespondAsync(UpstreamRequest request, string kind, int delay)
    {
        var token = request.Target[1..];
        await request.ReadBodyAsync();
        var head = $"X-Token: {token}\r\n";
        var response = kind switch
        {
            "204" => $"HTTP/1.1 204 No Content\r\n{head}\r\n",
            "304" => $"HTTP/1.1 304 Not Modified\r\n{head}\r\n",
            "HEAD" => $"HTTP/1.1 200 OK\r\nContent-Length: {token.Length}\r\n{head}\r\n",
            "chunked" => $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{head}\r\n{token.Length:x}\r\n{token}\r\n0\r\n\r\n",
            _ => $"HTTP/1.1 200 OK\r\nContent-Length: {token.Length}\r\n{head}\r\n{token}",
        };
        const string stray = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Token: stray\r\n\r\nstray";
        if (delay < 0)
        {
            await request.SendAsync(response + stray);
            return;
        }

        await request.SendAsync(response);
        _ = LaterAsync();

        async Task LaterAsync()
        {
            try
            {
                if (delay > 0)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(delay), TimeProvider.System);
                }

                await request.SendAsync(stray);
            }
            catch (Exception)
            {
                // The connection was closed meanwhile, as it should be.
            }
        }
    }

    private static Task<RawResponse> AskAsync(InProcessGateway gateway, string kind, string token)
    {
        var method = kind is "POST" or "HEAD" ? kind : "GET";
        return gateway.AskAsync(
            $"{method} /{token} HTTP/1.1\r\nHost: a\r\n{(method == "POST" ? "Content-Length: 2\r\n\r\nhi" : "\r\n")}",
            method);
    }

    /// <summary>
    /// With time for the handshakes of a destination that gets a new connection for each request, on a machine that is busy.
    /// </summary>
    private static Task<InProcessGateway> StartAsync(ScriptedUpstream guide) => InProcessGateway.StartAsync(
        InProcessGateway.Config(
            [guide.Url],
            attempts: "hedge: off, retryBudget: 100%",
            cluster: "    timeouts: { connect: 10s, firstByte: 20s }")
            .Replace("interval: 500ms, timeout: 400ms", "interval: 20s, timeout: 15s", StringComparison.Ordinal));

    private ScriptedUpstream Upstream(Func<UpstreamRequest, Task> script) => new(script, isTls);
}

/// <summary>In clear.</summary>
[Trait("kind", "socket")]
public sealed class StrayResponsesTests() : StrayResponsesTable(isTls: false);

/// <summary>Over TLS, to a destination that negotiates HTTP/1.1.</summary>
[Trait("kind", "socket")]
public sealed class StrayResponsesOverTlsTests() : StrayResponsesTable(isTls: true);
