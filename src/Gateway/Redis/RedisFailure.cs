using StackExchange.Redis;

namespace Gateway.Redis;

/// <summary>Classifies what the client library throws, by type and by the protocol's error codes.</summary>
internal static class RedisFailure
{
    /// <summary>The fault behind an exception.</summary>
    public static RedisFailedException Of(Exception e) => e switch
    {
        RedisFailedException already => already,
        TimeoutException => new(RedisFault.Late, e),
        // A server's refusal begins with its code, which is part of the protocol; the words after it are not looked at.
        RedisServerException => new(
            e.Message.Split(' ', 2)[0] switch
            {
                "NOAUTH" or "WRONGPASS" => RedisFault.WrongPassword,
                "NOPERM" => RedisFault.NoPermission,
                "READONLY" => RedisFault.ReadOnly,
                "OOM" => RedisFault.Full,
                "LOADING" or "MASTERDOWN" => RedisFault.Unreachable,
                _ => RedisFault.Refused,
            },
            e),
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => new(RedisFault.WrongPassword, e),
        RedisConnectionException => new(RedisFault.Unreachable, e),
        RedisCommandException => new(RedisFault.ReadOnly, e),
        InvalidCastException => new(RedisFault.Refused, e),
        _ => new(RedisFault.Unreachable, e),
    };
}
