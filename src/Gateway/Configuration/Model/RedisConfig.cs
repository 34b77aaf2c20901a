using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>The Redis that several gateways share; <see cref="Endpoints"/> or <see cref="Sentinel"/>, never both.</summary>
internal sealed record RedisConfig
{
    /// <summary><c>host:port</c> each.</summary>
    public ImmutableArray<string> Endpoints { get; init; } = [];

    /// <summary>Its user, as Redis's ACLs know it. Default: none, that is Redis's user "default".</summary>
    public string? User { get; init; }

    /// <summary>Default: none.</summary>
    public string? Password { get; init; }

    /// <summary>
    /// Signs the last-good records, so that no other writer's are served; the same for every gateway. Default: none, and Redis is trusted.
    /// </summary>
    public string? Secret { get; init; }

    /// <summary>Whether Redis and its sentinels are spoken to over TLS. Default: false.</summary>
    public bool Tls { get; init; }

    /// <summary>PEM file of the authorities whose certificates are trusted there. Default: null, the machine's.</summary>
    public string? Ca { get; init; }

    /// <summary>Asks the sentinels who the master is.</summary>
    public SentinelConfig? Sentinel { get; init; }

    /// <summary>
    /// Where last-good responses are kept. Default: both, and the file is a copy that is read where Redis has nothing.
    /// </summary>
    public ImmutableArray<LastGoodPlace> Store { get; init; } = [LastGoodPlace.Redis, LastGoodPlace.Disk];

    /// <summary>Put before every key. Default: <c>gateway:</c>.</summary>
    public string Prefix { get; init; } = "gateway:";

    /// <summary>Without the secret: a record that is printed must not give it away.</summary>
    public override string ToString() => $"RedisConfig {{ Prefix = {Prefix} }}";
}

/// <summary>The sentinels of one master.</summary>
internal sealed record SentinelConfig(string Service, ImmutableArray<string> Endpoints);
