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

    /// <summary>The user may not do what is asked.</summary>
    NoPermission,

    /// <summary>No TLS at its port, or no version in common.</summary>
    NoTls,

    /// <summary>Its certificate has expired, or is not valid yet.</summary>
    CertificateExpired,

    /// <summary>No trusted authority stands behind its certificate.</summary>
    CertificateUntrusted,

    /// <summary>Its certificate is for another name than the endpoint's.</summary>
    CertificateOtherName,

    /// <summary>The file of the trusted authorities cannot be read.</summary>
    AuthoritiesUnreadable,

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
        RedisFault.WrongPassword => "Redis refuses the password: correct \"redis.password\", and \"redis.user\" where Redis has users",
        RedisFault.NoPermission => "Redis does not let its user do what the gateway needs: grant it what docs/fleet.md lists",
        RedisFault.NoTls => "Redis does not speak TLS there: name its TLS port, or remove \"redis.tls\"",
        RedisFault.CertificateExpired => "Redis's certificate has expired or is not valid yet: renew it",
        RedisFault.CertificateUntrusted => "Redis's certificate is not from an authority that is trusted: name the authority's file in \"redis.ca\"",
        RedisFault.CertificateOtherName => "Redis's certificate is for another name: write the endpoint as the certificate names it, or have one issued for the endpoint",
        RedisFault.AuthoritiesUnreadable => "the file in \"redis.ca\" cannot be read as PEM certificates: correct it",
        RedisFault.ReadOnly => "Redis is a read-only replica: name the master in \"redis.endpoints\", or the sentinels in \"redis.sentinel\"",
        RedisFault.Full => "Redis is full and takes no writes: raise its maxmemory, or let it evict (maxmemory-policy)",
        RedisFault.NoMaster => "no sentinel knows the master: compare \"redis.sentinel.service\" with the sentinels' own name for it",
        _ => "Redis refused a call",
    };
}
