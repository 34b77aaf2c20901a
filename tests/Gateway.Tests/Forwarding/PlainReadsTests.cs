using System.Globalization;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>HTTP/1.1 goes over connections of the gateway's own: what a client owes to whatever responds.</summary>
[Trait("kind", "socket")]
public abstract class PlainReadsTable(bool isTls)
{
    [Fact]
    public async Task Connection_ResponsesInARow_IsKept()
    {
        await using var guide = Upstream(static r => r.RespondAsync("ok"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        Assert.Equal(200, (await gateway.GetAsync()).Status);
        var before = guide.Connections;
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(200, (await gateway.GetAsync()).Status);
        }

        // A probe may have come meanwhile, on a connection of its own.
        Assert.InRange(guide.Connections, before, before + 5);
    }

    [Fact]
    public async Task Connection_ClosedWhileIdle_IsNoFailure()
    {
        await using var guide = Upstream(static r => r.RespondAsync("ok"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], attempts: "hedge: off, max: 1"));

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, (await gateway.GetAsync()).Status);
            guide.CloseConnections();
        }
    }

    /// <summary>
    /// The destination closes while the request is on its way, and neither of the two can know: the next attempt may go there
    /// again, over another connection.
    /// </summary>
    [Fact]
    public async Task Connection_ClosesUnderARequest_IsRepeatedAtTheSameDestinationByThePlan()
    {
        await using var guide = Upstream(static r => r.RespondAsync("first"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], attempts: "hedge: off, max: 2"));
        Assert.Equal("first", (await gateway.GetAsync()).Body);
        var resets = 0;
        guide.Script = r =>
        {
            if (Interlocked.Increment(ref resets) == 1)
            {
                r.Reset();
                return Task.CompletedTask;
            }

            return r.RespondAsync("second");
        };

        Assert.Equal("second", (await gateway.GetAsync()).Body);
        Assert.Equal(2, resets);
        Assert.Equal(1, await gateway.MetricAsync("gateway_attempts_total", ("result", "reset")));
    }

    /// <summary>One that answered something and then broke may have done its work: that is a failed attempt as any other.</summary>
    [Fact]
    public async Task Connection_BreaksInsideAHead_IsAFailedAttempt()
    {
        await using var guide = Upstream(static r => r.RespondAsync("first"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], attempts: "hedge: off, max: 1"));
        Assert.Equal("first", (await gateway.GetAsync()).Body);
        guide.Script = static async r =>
        {
            await r.SendAsync("HTTP/1.1 200 O");
            r.Close();
        };

        Assert.Equal(503, (await gateway.GetAsync()).Status);
        Assert.Equal(2, guide.Requests.Count);
    }

    [Fact]
    public async Task Connection_NotUsed_IsClosedWithinSeconds()
    {
        await using var guide = Upstream(static r => r.RespondAsync("ok"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => gateway.GetAsync()));

        // One may be the probe's own.
        await Eventually.BeTrueAsync(() => guide.Open <= 1, TimeSpan.FromSeconds(15), "idle connections are closed");
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nto the end")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nto the end")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nto the end")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nto the end")]
    public async Task Response_WhoseConnectionCloses_IsWhole(string sent)
    {
        await using var guide = Upstream(async r =>
        {
            await r.SendAsync(sent);
            r.Close();
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], attempts: "hedge: off, max: 1"));

        for (var i = 0; i < 3; i++)
        {
            var response = await gateway.GetAsync();
            Assert.Equal((200, "to the end", true), (response.Status, response.Body, response.IsWhole));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello")]
    public async Task Response_ByteAfterByte_IsTheSame(string sent)
    {
        await using var guide = Upstream(async r =>
        {
            foreach (var character in sent)
            {
                await r.SendAsync(character.ToString());
                await Task.Yield();
            }
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        for (var i = 0; i < 3; i++)
        {
            var response = await gateway.GetAsync();
            Assert.Equal((200, "hello", true), (response.Status, response.Body, response.IsWhole));
            Assert.Equal(["1"], response.Header("X-A"));
        }
    }

    [Fact]
    public async Task Response_HeldThoughLongerThanABuffer_IsWhole()
    {
        var body = string.Concat(Enumerable.Range(0, 6000).Select(static i => i.ToString("D10", CultureInfo.InvariantCulture)));
        await using var guide = Upstream(r => r.RespondAsync(body));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(body, (await gateway.GetAsync()).Body);
        }
    }

    [Fact]
    public async Task Response_HeadersDifferEachTime_AreItsOwn()
    {
        var count = 0;
        await using var guide = Upstream(r =>
        {
            var number = Interlocked.Increment(ref count);
            return r.RespondAsync(
                new string('a', number),
                200,
                number % 2 == 0
                    ? $"X-Same: s\r\nX-Number: {number}\r\n"
                    : $"X-Number: {number}\r\nX-Same: s\r\nSet-Cookie: n={number}\r\n");
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        for (var i = 1; i <= 12; i++)
        {
            var response = await gateway.GetAsync();
            Assert.Equal(
                (new string('a', i), $"{i}", "s"),
                (response.Body, Assert.Single(response.Header("X-Number")), Assert.Single(response.Header("X-Same"))));
            Assert.Equal(i % 2 == 0 ? [] : [$"n={i}"], response.Header("Set-Cookie"));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nno header\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    public async Task Response_ThatIsNone_IsAFailedAttempt(string sent)
    {
        await using var guide = Upstream(r => r.SendAsync(sent));
        await using var other = Upstream(static r => r.RespondAsync("other"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url]));

        Assert.Equal("other", (await gateway.GetAsync()).Body);
        await Eventually.BeTrueAsync(() => guide.Open <= 1, TimeSpan.FromSeconds(5), "its connection is closed");
    }

    /// <summary>What cannot be written to a user is no response to him; he gets his fallback and not the server's own error.</summary>
    [Theory]
    [InlineData("Content-Length: 2\r\n", "ok")]
    [InlineData("Transfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n")]
    public async Task Response_ThatCannotBeWritten_GivesTheFallbackChain(string framing, string body)
    {
        await using var guide = Upstream(r => r.SendAsync($"HTTP/1.1 200 OK\r\nX-A: a\u0001b\r\n{framing}\r\n{body}"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var response = await gateway.GetAsync();

        Assert.Equal((503, true), (response.Status, response.IsWhole));
        Assert.Equal(["built-in"], response.Header("X-Fallback"));
    }

    [Fact]
    public async Task Head_WithoutEnd_IsAFailedAttemptOfBoundedMemory()
    {
        await using var guide = Upstream(static async r =>
        {
            await r.SendAsync("HTTP/1.1 200 OK\r\n");
            while (true)
            {
                await r.SendAsync(new string('a', 1000) + ": b\r\n");
            }
        });
        await using var other = Upstream(static r => r.RespondAsync("other"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url]));

        Assert.Equal("other", (await gateway.GetAsync()).Body);
    }

    [Fact]
    public async Task Head_Long_IsPassedOn()
    {
        var value = new string('v', 50_000);
        await using var guide = Upstream(r => r.RespondAsync("ok", 200, $"X-Long: {value}\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal([value], (await gateway.GetAsync()).Header("X-Long"));
        }
    }

    [Fact]
    public async Task Response_ChunksAndALength_GoesByItsChunks()
    {
        await using var guide =
            Upstream(static r =>
                r.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        for (var i = 0; i < 3; i++)
        {
            var response = await gateway.GetAsync();
            Assert.Equal(("hello", true), (response.Body, response.IsWhole));
            Assert.Equal(["5"], response.Header("Content-Length"));
        }

        // Such a connection is not trusted further (RFC 9112, section 6.3).
        await Eventually.BeTrueAsync(() => guide.Open <= 1, TimeSpan.FromSeconds(3), "its connections are closed");
    }

    [Fact]
    public async Task Request_ToAnAddressWithAPath_StandsBehindThatPath()
    {
        await using var guide = Upstream(static r => r.RespondAsync("ok"));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)
                + "/base/"]));

        await gateway.AskAsync(
            "GET /a%2Fb?c=%20d HTTP/1.1\r\nHost: shop.test\r\nAccept: text/x\r\nContent-Type: text/y\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal("GET /base/a%2Fb?c=%20d HTTP/1.1", guide.Last.Line);
        Assert.Equal([$"localhost:{guide.Port}"], guide.Last.Header("Host"));
        Assert.Equal(["text/x"], guide.Last.Header("Accept"));
        Assert.Equal(["shop.test"], guide.Last.Header("X-Forwarded-Host"));
        Assert.Equal(["text/y"], guide.Last.Header("Content-Type"));
        Assert.Equal(["0"], guide.Last.Header("Content-Length"));
    }

    private ScriptedUpstream Upstream(Func<UpstreamRequest, Task> script) => new(script, isTls);
}

/// <summary>In clear.</summary>
[Trait("kind", "socket")]
public sealed class PlainReadsTests() : PlainReadsTable(isTls: false);

/// <summary>Over TLS, to a destination that negotiates HTTP/1.1.</summary>
[Trait("kind", "socket")]
public sealed class PlainReadsOverTlsTests() : PlainReadsTable(isTls: true);
