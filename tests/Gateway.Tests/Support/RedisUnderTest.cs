using Gateway.Configuration.Model;
using Gateway.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Support;

/// <summary>Connections as the gateway makes them.</summary>
internal static class RedisUnderTest
{
    /// <summary>A connection that is being made.</summary>
    public static RedisConnection Start(RedisConfig config)
    {
        var connection = new RedisConnection(config, TimeProvider.System, NullLogger<RedisConnection>.Instance);
        connection.Start();
        return connection;
    }

    /// <summary>A connection that is up.</summary>
    public static async Task<RedisConnection> ConnectAsync(RedisConfig config)
    {
        var connection = Start(config);
        await Eventually.BeTrueAsync(() => connection.IsUp, TimeSpan.FromSeconds(20), "the connection is made");
        return connection;
    }
}
