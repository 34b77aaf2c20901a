using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Fleet;

/// <summary>
/// A fleet that goes down and comes up again while no tier serves, and whose Redis has lost everything or does not respond: each gateway
/// has what it kept on disk by the time it is ready.
/// </summary>
[Trait("kind", "server")]
public sealed class OutageRestartTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("emptied", "[ redis, disk ]", 200)]
    [InlineData("frozen", "[ redis, disk ]", 200)]
    [InlineData("gone", "[ redis, disk ]", 200)]
    [InlineData("emptied", "[ redis ]", 503)]
    public async Task Restart_InAnOutage_ServesLastGoodAtOnce(string redisIs, string store, int status)
    {
        using var redis = await RedisServer.StartAsync();
        var state = Directory.CreateTempSubdirectory("gateway-outage-");
        try
        {
            string config;
            await using (var guide = new ScriptedUpstream(static request => request.RespondAsync("live")))
            {
                config = InProcessGateway.Config(
                    [guide.Url],
                    route: "    lastGood: {}\n    fallback: [ lastGood ]",
                    top: $"redis: {{ endpoints: [ {redis.Endpoint} ], store: {store} }}")
                    .Replace("FOLDER/state", state.FullName, StringComparison.Ordinal);
                await using var before = await InProcessGateway.StartAsync(config);
                await Eventually.BecomeTrueAsync(
                    async () => await before.MetricAsync("gateway_redis_up") == 1, TimeSpan.FromSeconds(20), "Redis is used");
                Assert.Equal("live", (await before.GetAsync("/a")).Body);
            }

            switch (redisIs)
            {
                case "emptied":
                    redis.Command("FLUSHALL");
                    break;
                case "frozen":
                    redis.Signal("STOP");
                    break;
                default:
                    redis.Kill();
                    break;
            }

            await using var after = await InProcessGateway.StartAsync(config);
            var response = await after.GetAsync("/a");

            Assert.Equal(status, response.Status);
            Assert.Equal(status == 200, response.Body == "live");
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }
}
