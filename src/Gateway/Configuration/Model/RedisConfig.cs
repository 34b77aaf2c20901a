using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>The Redis that several gateways share; <see cref="Endpoints"/> or <see cref="Sentinel"/>, never both.</summary>
internal sealed record RedisConfig
{
    /// <summary><c>host:port</c> each.</summary>
    public ImmutableArray<string> Endpoints { get; init; } = [];

    /// <summary>Default: none.</summary>
    public string? Password { get; init; }

    /// <summary>
    /// Signs the last-good records, so that no other writer's are served; the same for every gateway. Default: none, and Redis is trusted.
    /// </summary>
    public string? Secret { get; init; }

    /// <summary>Asks the sentinels who the master is.</summary>
    public SentinelConfig? Sentinel { get; init; }

    /// <summary>Put before every key. Default: <c>gateway:</c>.</summary>
    public string Prefix { get; init; } = "gateway:";

    /// <summary>Without the secret: a record that is printed must not give it away.</summary>
    public override string ToString() => $"RedisConfig {{ Prefix = {Prefix} }}";
}

/// <summary>The sentinels of one master.</summary>
internal sealed record SentinelConfig(string Service, ImmutableArray<string> Endpoints);
