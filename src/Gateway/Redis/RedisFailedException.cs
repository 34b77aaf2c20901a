namespace Gateway.Redis;

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
        RedisFault.WrongPassword => "Redis refuses the password: correct \"redis.password\", and \"redis.user\" where Redis has users",
        RedisFault.NoPermission => "Redis does not let its user do what the gateway needs: grant it what docs/fleet.md lists",
        RedisFault.NoTls => "Redis does not speak TLS there: name its TLS port, or remove \"redis.tls\"",
        RedisFault.CertificateExpired => "Redis's certificate has expired or is not valid yet: renew it",
        RedisFault.CertificateUntrusted =>
            "Redis's certificate is not from an authority that is trusted: name the authority's file in \"redis.ca\"",
        RedisFault.CertificateOtherName =>
            "Redis's certificate is for another name: write the endpoint as the certificate names it, or have one issued for the endpoint",
        RedisFault.AuthoritiesUnreadable => "the file in \"redis.ca\" cannot be read as PEM certificates: correct it",
        RedisFault.ReadOnly =>
            "Redis is a read-only replica: name the master in \"redis.endpoints\", or the sentinels in \"redis.sentinel\"",
        RedisFault.Full => "Redis is full and takes no writes: raise its maxmemory, or let it evict (maxmemory-policy)",
        RedisFault.NoMaster => "no sentinel knows the master: compare \"redis.sentinel.service\" with the sentinels' own name for it",
        _ => "Redis refused a call",
    };
}
