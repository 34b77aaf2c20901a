namespace Gateway.Redis;

/// <summary>Why Redis could not be used. A closed set, told apart by types and by the protocol's own error codes.</summary>
internal enum RedisFault
{
    /// <summary>Nothing answers at its address.</summary>
    Unreachable,

    /// <summary>It is connected and does not answer in time.</summary>
    Late,

    /// <summary>It wants another password, or one at all.</summary>
    WrongPassword,

    /// <summary>It is a replica and takes no writes.</summary>
    ReadOnly,

    /// <summary>Its memory is full and its policy evicts nothing.</summary>
    Full,

    /// <summary>No sentinel knows a master of the configured name.</summary>
    NoMaster,

    /// <summary>It refused a call for another reason.</summary>
    Refused,
}

/// <summary>
/// A call to Redis came to nothing. The only exception that <see cref="RedisConnection"/> throws, but for a caller's own cancellation.
/// </summary>
internal sealed class RedisFailedException(RedisFault fault, Exception? inner = null) : Exception(WordsOf(fault), inner)
{
    /// <summary>Why.</summary>
    public RedisFault Fault => fault;

    /// <summary>The fault for people, without address or password.</summary>
    public static string WordsOf(RedisFault fault) => fault switch
    {
        RedisFault.Unreachable => "Redis cannot be reached",
        RedisFault.Late => "Redis does not answer in time",
        RedisFault.WrongPassword => "Redis refuses the password: correct \"redis.password\"",
        RedisFault.ReadOnly => "Redis is a read-only replica: name the master in \"redis.endpoints\", or the sentinels in \"redis.sentinel\"",
        RedisFault.Full => "Redis is full and takes no writes: raise its maxmemory, or let it evict (maxmemory-policy)",
        RedisFault.NoMaster => "no sentinel knows the master: compare \"redis.sentinel.service\" with the sentinels' own name for it",
        _ => "Redis refused a call",
    };
}
