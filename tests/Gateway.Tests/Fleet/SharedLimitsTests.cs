using Gateway.Configuration.Model;
using Gateway.Fleet;
using Gateway.Forwarding.Requests;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Fleet;

/// <summary>Rate limits of several gateways: the arithmetic of what another one lets pass, and gateways on a real Redis.</summary>
[Trait("kind", "server")]
public sealed class SharedLimitsTests
{
    private const ulong Seed = 0x0123456789abcdef;

    [Theory]
    [InlineData(10, 4)]
    [InlineData(10, 10)]
    [InlineData(10, 1000)]
    [InlineData(10, -5)]
    public void Tokens_TakenElsewhere_AreNotTakenTwice(int burst, int elsewhere)
    {
        var limit = Limit(burst);
        limit.Share(Seed);
        Assert.Null(limit.Take(7, 0));
        var sender = Assert.Single(limit.Collect(10)).Sender;

        limit.Charge(new TakenTokens(sender, elsewhere), 0);

        var left = 0;
        while (limit.Take(7, 0) is null)
        {
            left++;
        }

        Assert.Equal(Math.Max(0, burst - 1 - Math.Clamp(elsewhere, 0, burst)), left);
        Assert.Null(limit.Take(8, 0));

        // However much was told, one token is there again after the time of one.
        Assert.Null(limit.Take(7, TimeProvider.System.TimestampFrequency + 1));
    }

    [Fact]
    public void Gateways_ThatExchange_GiveASenderOneBurst()
    {
        RateLimit[] gateways = [Limit(100), Limit(100), Limit(100)];
        foreach (var gateway in gateways)
        {
            gateway.Share(Seed);
        }

        var passed = 0;
        for (var round = 0; round < 50; round++)
        {
            foreach (var gateway in gateways)
            {
                passed += gateway.Take(7, 0) is null ? 1 : 0;
                passed += gateway.Take(gateway.SenderOf("a key"), 0) is null ? 1 : 0;
            }

            var told = gateways.Select(static gateway => gateway.Collect(10)).ToArray();
            for (var i = 0; i < gateways.Length; i++)
            {
                foreach (var tokens in told.Where((_, other) => other != i).SelectMany(static all => all))
                {
                    gateways[i].Charge(tokens, 0);
                }
            }
        }

        // Two senders; a round may begin below the limit at all three.
        Assert.InRange(passed, 200, 204);
    }

    [Fact]
    public void Senders_BeyondWhatIsTold_AreThoseThatTookLeast()
    {
        var limit = Limit(100);
        limit.Share(Seed);
        for (ulong sender = 1; sender <= 20; sender++)
        {
            for (ulong i = 0; i < sender; i++)
            {
                limit.Take(sender, 0);
            }
        }

        Assert.Equal([20, 19, 18], limit.Collect(3).Select(static tokens => tokens.Count));
        Assert.Empty(limit.Collect(3));
    }

    [Fact]
    public async Task Gateways_OnOneRedis_CountTogether_AndAloneWithoutIt()
    {
        using var redis = await RedisServer.StartAsync();
        await using var upstream = new ScriptedUpstream();
        var config = InProcessGateway.Config(
            [upstream.Url],
            top: $"redis: {{ endpoints: [ \"{redis.Endpoint}\" ] }}\ntrustedProxies: [ 127.0.0.0/8 ]",
            route: "    rateLimit: { rate: 10/h, burst: 10 }");
        await using var one = await InProcessGateway.StartAsync(config);
        await using var two = await InProcessGateway.StartAsync(config);
        await one.MetricReachesAsync(1, "gateway_rate_limits_shared");
        await two.MetricReachesAsync(1, "gateway_rate_limits_shared");

        // 1. A burst at one of them: the other refuses the sender, and no other one.
        while ((await AskAsync(one, "10.0.0.1")) == 200)
        {
            // Until the bucket is empty.
        }

        await Eventually.BecomeTrueAsync(
            async () => await AskAsync(two, "10.0.0.1") == 429,
            TimeSpan.FromSeconds(20),
            "the other gateway refuses the sender");
        Assert.InRange(upstream.Requests.Count, 10, 20);
        Assert.Equal(200, await AskAsync(two, "10.0.0.2"));

        // 2. Without Redis each counts alone, and says so. No request waits for it or fails.
        redis.Kill();
        await one.MetricReachesAsync(0, "gateway_rate_limits_shared");
        Assert.Equal(200, await AskAsync(one, "10.0.0.3"));
        await Eventually.BecomeTrueAsync(
            async () => (await one.MetricsTextAsync()).Contains("gateway_alarm{part=\"rate-limits\"} 1", StringComparison.Ordinal),
            TimeSpan.FromSeconds(20),
            "the alarm shows");

        // 3. Together again, with the seed of before: who was refused still is.
        await redis.RunAsync();
        await two.MetricReachesAsync(1, "gateway_rate_limits_shared");
        Assert.Equal(429, await AskAsync(two, "10.0.0.1"));
    }

    private static RateLimit Limit(int burst) =>
        new(new RateLimitConfig { Count = 1, Per = TimeSpan.FromSeconds(1), Burst = burst }, new ZeroClock());

    private static async Task<int> AskAsync(InProcessGateway gateway, string client) =>
        (await gateway.GetAsync("/", $"X-Forwarded-For: {client}\r\n")).Status;

    private sealed class ZeroClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
