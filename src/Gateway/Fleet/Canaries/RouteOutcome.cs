using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Fleet.Canaries;

/// <summary>
/// How requests of one route ended at one gateway. Gateways tell each other of routes only when a canary asks: a heartbeat that named all
/// of thousands would be too long.
/// </summary>
/// <param name="Route">What <see cref="IdOf"/> says of its name.</param>
/// <param name="Counts">Since the start of the gateway, or since the route is in its configuration.</param>
internal readonly record struct RouteOutcome(string Route, CanaryCounts Counts)
{
    /// <summary>So many routes are asked for at most, and told of.</summary>
    public const int Most = 8;

    private const int IdLength = 16;

    /// <summary>What is sent of a route's name, which may be long: the beginning of its SHA-256.</summary>
    public static string IdOf(string route) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(route)))[..IdLength];

    /// <summary>Identities, in bounds.</summary>
    public static bool AreSound(ImmutableArray<string> routes) =>
        !routes.IsDefault && routes.Length <= Most && routes.All(static route => route is { Length: IdLength });

    /// <summary>Counts of routes, in bounds.</summary>
    public static bool AreSound(ImmutableArray<RouteOutcome> routes) =>
        !routes.IsDefault && routes.Length <= Most && routes.All(static one => one is { Route.Length: IdLength, Counts.IsSound: true });
}
