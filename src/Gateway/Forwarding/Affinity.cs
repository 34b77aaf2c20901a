using Gateway.Configuration.Model;
using Gateway.Forwarding.LoadBalancing;

namespace Gateway.Forwarding;

/// <summary>Reads the key that ties requests to one destination.</summary>
internal static class Affinity
{
    /// <summary>The request's key; null or empty: it has none, and any destination will do.</summary>
    public static string? KeyOf(AffinityConfig? affinity, HttpRequest request) => affinity switch
    {
        null => null,
        { Header: { } header } => request.Headers.TryGetValue(header, out var values) ? values.ToString() : null,
        { Cookie: { } cookie } => request.Cookies[cookie],
        _ => null,
    };

    /// <summary>
    /// From 0 to less than 1, for the choice of a tier: the same for one key at any time, so that a conversation moves once while a tier's share grows; by chance without a key.
    /// </summary>
    public static double DrawOf(AffinityConfig? affinity, HttpRequest request) =>
        affinity is not null && KeyOf(affinity, request) is { Length: > 0 } key ? Balancer.UnitOf(key) : Random.Shared.NextDouble();
}
