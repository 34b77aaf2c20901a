using Gateway.Configuration.Model;
using Gateway.Forwarding.Requests;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>Who may use a route, and how often: the buckets as arithmetic, the rules over real sockets.</summary>
[Trait("kind", "socket")]
public sealed class RateLimitTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(20, 1, 40)]
    [InlineData(100, 60, 100)]
    [InlineData(1000, 3600, 5)]
    [InlineData(10_000, 1, 1)]
    public void Sender_AtOnceAndThenSteadily_GetsBurstAndRate(int count, int seconds, int burst)
    {
        var clock = new StoppedClock();
        var limit = new RateLimit(new RateLimitConfig { Count = count, Per = TimeSpan.FromSeconds(seconds), Burst = burst }, clock);
        var interval = (double)seconds / count;

        // 1. The burst, and nothing more.
        for (var i = 0; i < burst; i++)
        {
            Assert.Null(limit.Take(7, clock.GetTimestamp()));
        }

        var wait = Assert.NotNull(limit.Take(7, clock.GetTimestamp()));
        Assert.Equal(interval, wait.TotalSeconds, interval * 0.05);

        // 2. Others are not touched by it.
        Assert.Null(limit.Take(8, clock.GetTimestamp()));

        // 3. The rate: ten times as long gives ten more, asked twice as often.
        var passed = 0;
        for (var i = 0; i < 20; i++)
        {
            clock.Advance(interval / 2);
            if (limit.Take(7, clock.GetTimestamp()) is null)
            {
                passed++;
            }
        }

        Assert.InRange(passed, 9, 10);

        // 4. After a rest the burst is whole again, and no larger.
        clock.Advance(interval * (burst + 5));
        for (var i = 0; i < burst; i++)
        {
            Assert.Null(limit.Take(7, clock.GetTimestamp()));
        }

        Assert.NotNull(limit.Take(7, clock.GetTimestamp()));
    }

    [Fact]
    public void Sender_ThatIsLimited_StaysSoUnderAnAttackOfAMillionAddresses()
    {
        var clock = new StoppedClock();
        var limit = new RateLimit(new RateLimitConfig { Count = 1, Per = TimeSpan.FromMinutes(1), Burst = 10 }, clock);
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(limit.Take(ulong.MaxValue, clock.GetTimestamp()));
        }

        for (ulong other = 1; other < 1_000_000; other++)
        {
            limit.Take(other, clock.GetTimestamp());
        }

        Assert.NotNull(limit.Take(ulong.MaxValue, clock.GetTimestamp()));
    }

    [Fact]
    public async Task Senders_AtTheSameTime_GetNoMoreThanTheBurst()
    {
        var clock = new StoppedClock();
        var limit = new RateLimit(new RateLimitConfig { Count = 100, Per = TimeSpan.FromHours(1), Burst = 1000 }, clock);
        var passed = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                if (limit.Take(7, clock.GetTimestamp()) is null)
                {
                    Interlocked.Increment(ref passed);
                }
            }
        })));
        Assert.Equal(1000, passed);
    }

    [Fact]
    public async Task Route_WithALimit_SaysHowLongToWait()
    {
        await using var upstream = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [upstream.Url],
                top: "trustedProxies: [ 127.0.0.0/8 ]",
                route: "    rateLimit: { rate: 2/h, burst: 3 }\n    cors: { origins: [ \"*\" ] }\n"));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await gateway.GetAsync("/", From("10.0.0.1"))).Status);
        }

        await using var client = await RawClient.ConnectAsync(gateway.Url);
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: a\r\n{From("10.0.0.1")}\r\n");
        var refused = await client.ReadAsync();
        Assert.Equal(429, refused.Status);
        Assert.Equal(["application/problem+json"], refused.Header("Content-Type"));
        Assert.InRange(
            int.Parse(Assert.Single(refused.Header("Retry-After")), System.Globalization.CultureInfo.InvariantCulture),
            1700,
            1800);
        Assert.Equal(["\"default\";q=3;w=5400"], refused.Header("RateLimit-Policy"));
        Assert.StartsWith("\"default\";r=0;t=1", Assert.Single(refused.Header("RateLimit")), StringComparison.Ordinal);

        // The connection is as good as before, and the next sender on it has a bucket of its own.
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: a\r\n{From("10.0.0.2")}\r\n");
        Assert.Equal(200, (await client.ReadAsync()).Status);
        Assert.Equal(4, upstream.Requests.Count);
        await gateway.MetricReachesAsync(1, "gateway_refused_total", ("route", "all"), ("reason", "rate_limited"));

        // A reload of something else lets no one begin anew.
        gateway.WriteConfig(await File.ReadAllTextAsync(gateway.ConfigFile, TestContext.Current.CancellationToken) + "    level: low\n");
        Assert.Equal(200, (await gateway.PostAsync("/config/reload", "{}")).Status);
        Assert.Equal(429, (await gateway.GetAsync("/", From("10.0.0.1"))).Status);
    }

    [Theory]
    [InlineData("client", "X-Forwarded-For: 2001:db8:1:2::1", "X-Forwarded-For: 2001:db8:1:2:ffff::9", true)]
    [InlineData("client", "X-Forwarded-For: 2001:db8:1:2::1", "X-Forwarded-For: 2001:db8:1:3::1", false)]
    [InlineData("client", "X-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 10.0.0.1:4711", true)]
    [InlineData("header:X-Key", "X-Key: a", "x-key: a", true)]
    [InlineData("header:X-Key", "X-Key: a", "X-Key: b", false)]
    [InlineData("header:X-Key", "X-Other: a", "X-Other: b", true)]
    [InlineData("header:X-Key", "X-Key: a", "X-Other: b", false)]
    [InlineData("cookie:sid", "Cookie: a=b; sid=1", "Cookie: sid=1; c=d", true)]
    [InlineData("cookie:sid", "Cookie: sid=1", "Cookie: sid=2", false)]
    [InlineData("cookie:sid", "Cookie: xsid=1", "Cookie: sidx=2", true)]
    public async Task Senders_AreToldApartByTheKey(string key, string first, string second, bool isSame)
    {
        await using var upstream = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [upstream.Url],
                top: "trustedProxies: [ 127.0.0.0/8 ]",
                route: $"    rateLimit: {{ key: \"{key}\", rate: 1/h }}\n"));
        Assert.Equal(200, (await gateway.GetAsync("/", first + "\r\n")).Status);
        Assert.Equal(isSame ? 429 : 200, (await gateway.GetAsync("/", second + "\r\n")).Status);
    }

    [Fact]
    public async Task Client_WithTooManyRequestsUnderWay_WaitsForThem()
    {
        var release = new TaskCompletionSource();
        await using var upstream = new ScriptedUpstream(async request =>
        {
            await release.Task;
            await request.RespondAsync("ok");
        });
        var config = InProcessGateway.Config(
            [upstream.Url],
            top: "trustedProxies: [ 127.0.0.0/8 ]\nlimits: { requestsPerClient: 2 }",
            route: "  other:\n    match: { path: \"/other\" }\n    cluster: guide\n");
        await using var gateway = await InProcessGateway.StartAsync(config);
        Task<RawResponse>[] held = [gateway.GetAsync("/a", From("10.0.0.1")), gateway.GetAsync("/other", From("10.0.0.1"))];
        await Eventually.BeTrueAsync(() => upstream.Requests.Count == 2, TimeSpan.FromSeconds(30), "two are under way");

        var third = await gateway.GetAsync("/a", From("10.0.0.1"));
        Assert.Equal((429, "1"), (third.Status, Assert.Single(third.Header("Retry-After"))));
        var others = gateway.GetAsync("/a", From("10.0.0.2"));
        await Eventually.BeTrueAsync(() => upstream.Requests.Count == 3, TimeSpan.FromSeconds(30), "another client's goes on");
        release.SetResult();

        Assert.All(await Task.WhenAll([.. held, others]), static response => Assert.Equal(200, response.Status));
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.GetAsync("/a", From("10.0.0.1"))).Status == 200,
            TimeSpan.FromSeconds(30),
            "it may go on");
        await gateway.MetricReachesAsync(1, "gateway_refused_total", ("reason", "client_busy"));
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("trustedProxies: [ 127.0.0.0/8 ]\n", 4)]
    public async Task Client_WithTooManyConnections_GetsNoMore(string trusted, int served)
    {
        await using var upstream = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], top: trusted
            + "limits: { connectionsPerClient: 2 }"));
        var clients = new List<RawClient>();
        var answered = 0;
        for (var i = 0; i < 4; i++)
        {
            var client = await RawClient.ConnectAsync(gateway.Url);
            clients.Add(client);
            try
            {
                await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                if ((await client.TryReadHeadAsync()).StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
                {
                    answered++;
                }
            }
            catch (IOException)
            {
                // Closed before the request was written.
            }
        }

        Assert.Equal(served, answered);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        await Eventually.BecomeTrueAsync(
            async () =>
            {
                try
                {
                    return (await gateway.GetAsync("/")).Status == 200;
                }
                catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(30),
            "there is a place again");
    }

    [Fact]
    public void Load_OfManyClients_IsCountedForEach()
    {
        var load = new ClientLoad();
        for (ulong client = 1; client <= 1000; client++)
        {
            for (var i = 0; i < 3; i++)
            {
                Assert.True(load.TryEnter(client, 3), $"client {client}, request {i}");
            }
        }

        Assert.False(load.TryEnter(7, 3));
        load.Leave(7);
        Assert.True(load.TryEnter(7, 3));
        for (ulong client = 1; client <= 1000; client++)
        {
            for (var i = 0; i < 3; i++)
            {
                load.Leave(client);
            }

            Assert.True(load.TryEnter(client, 1));
        }
    }

    [Theory]
    [InlineData("allow: [ 10.0.0.0/8 ]", "10.1.2.3", true)]
    [InlineData("allow: [ 10.0.0.0/8 ]", "192.0.2.1", false)]
    [InlineData("allow: [ 10.0.0.0/8 ], deny: [ 10.1.0.0/16 ]", "10.1.2.3", false)]
    [InlineData("allow: [ 10.0.0.0/8 ], deny: [ 10.1.0.0/16 ]", "10.2.2.3", true)]
    [InlineData("deny: [ \"2001:db8::/32\" ]", "2001:db8::1", false)]
    [InlineData("deny: [ \"2001:db8::/32\" ]", "10.0.0.1", true)]
    [InlineData("deny: [ 10.0.0.0/8 ]", "::ffff:10.0.0.1", false)]
    public async Task Client_BehindATrustedProxy_IsAllowedOrDenied(string rules, string client, bool isAllowed)
    {
        await using var upstream = new ScriptedUpstream();
        var route = string.Concat(rules.Split("], ").Select(static (rule, i) => $"    {(rule.EndsWith(']') ? rule : rule + "]")}\n"));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [upstream.Url],
                top: "trustedProxies: [ 127.0.0.0/8 ]",
                route: route));
        var response = await gateway.GetAsync("/", From(client));
        Assert.Equal(isAllowed ? 200 : 403, response.Status);
        Assert.Equal(isAllowed ? 1 : 0, upstream.Requests.Count);
        if (isAllowed)
        {
            return;
        }

        Assert.Equal(["application/problem+json"], response.Header("Content-Type"));
        Assert.DoesNotContain(client, response.Body, StringComparison.Ordinal);
        await gateway.MetricReachesAsync(1, "gateway_refused_total", ("route", "all"), ("reason", "denied"));
    }

    [Fact]
    public async Task Client_OfNoTrustedProxy_CannotNameAnotherAddress()
    {
        await using var upstream = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], route: "    allow: [ 10.0.0.0/8 ]\n"));
        Assert.Equal(403, (await gateway.GetAsync("/", From("10.1.2.3"))).Status);
    }

    private static string From(string client) => $"X-Forwarded-For: {client}\r\n";

    private sealed class StoppedClock : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => _now;

        public void Advance(double seconds) => _now += (long)(seconds * TimestampFrequency);
    }
}
