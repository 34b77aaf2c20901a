using Gateway.Configuration;

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
}
