using Gateway.Configuration.Model;
using StackExchange.Redis;

namespace Gateway.Redis;

/// <summary>How the client library is told to connect, and to end.</summary>
internal static class RedisConnector
{
    /// <summary>A connection that takes longer has failed.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromSeconds(1);

    /// <summary>The deadline of a call on a connection.</summary>
    public static readonly TimeSpan CallWithin = TimeSpan.FromMilliseconds(200);

    /// <summary>Connects. Resolving names may block: it has a thread of its own turn.</summary>
    public static Task<ConnectionMultiplexer> ConnectAsync(
        RedisConfig config,
        IReadOnlyList<string> endpoints,
        CancellationToken cancellationToken)
    {
        var options = new ConfigurationOptions
        {
            AbortOnConnectFail = true,
            ConnectTimeout = (int)Within.TotalMilliseconds,
            ConnectRetry = 1,
            SyncTimeout = (int)CallWithin.TotalMilliseconds,
            User = config.User,
            Password = config.Password,
            ClientName = "gateway",
            AllowAdmin = false,
            TieBreaker = "",

            // A call on a connection that is down fails at once instead of waiting in a queue: its deadline is shorter than any
            // reconnection.
            BacklogPolicy = BacklogPolicy.FailFast,
            ConfigurationChannel = "",
        };
        foreach (var endpoint in endpoints)
        {
            options.EndPoints.Add(endpoint);
        }

        if (RedisTls.For(config) is { } tls)
        {
            options.Ssl = true;
            options.SslClientAuthenticationOptions = tls.OptionsFor;
        }

        return Task.Run(() => ConnectionMultiplexer.ConnectAsync(options), cancellationToken);
    }

    /// <summary>
    /// Ends a connection, or the attempt at one. The library's own end may wait for what never comes: it has a thread of its own, and no
    /// one waits for it.
    /// </summary>
    public static void GiveUp(Task<ConnectionMultiplexer> connecting) => _ = connecting.ContinueWith(
        static connected =>
        {
            try
            {
                if (connected.IsCompletedSuccessfully)
                {
                    connected.Result.Close(allowCommandsToComplete: false);
                }
                else
                {
                    // It never was connected: there is nothing to end, but the exception has been seen.
                    _ = connected.Exception;
                }
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // It is broken already.
            }
        },
        CancellationToken.None,
        TaskContinuationOptions.LongRunning,
        TaskScheduler.Default);
}
