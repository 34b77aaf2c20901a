using Gateway.Conformance.Support;

namespace Gateway.Conformance.SameBytes;

/// <summary>
/// One request through the gateway: how the gateway speaks to the origin, how the user speaks to the gateway, method and response.
/// </summary>
internal sealed record Cell(string Transport, string User, string Method, ResponseSpec Spec)
{
    /// <summary>Names of transports to the destination, as the origin prints them.</summary>
    public static IReadOnlyList<string> Transports { get; } = ["h1", "tls1", "tls2", "h2c"];

    /// <summary>Users: HTTP/1.1 in clear, HTTP/2 over TLS.</summary>
    public static IReadOnlyList<string> Users { get; } = ["http1", "http2"];

    /// <summary>Every cell of the table.</summary>
    public static IReadOnlyList<Cell> All { get; } =
    [
        .. from transport in Transports
           from user in Users
           from spec in ResponseTable.All
           where spec.OverHttp2 || !IsHttp2(transport)
           from method in spec.Methods
           select new Cell(transport, user, method, spec),
    ];

    /// <summary>Unique among all cells.</summary>
    public string Id => $"{Transport}|{User}|{Method}|{Spec.Name}";

    /// <summary>The id of the same request sent to the origin itself.</summary>
    public string DirectId => $"{Transport}|direct|{Method}|{Spec.Name}";

    /// <summary>How it is spoken. node's HTTP/2 server writes a date of its own.</summary>
    public Hops Hops => new(Method, IsHttp2(Transport), User == "http1" && !IsHttp2(Transport), IsHttp2(Transport));

    /// <summary>Whether this transport is HTTP/2.</summary>
    public static bool IsHttp2(string transport) => transport is "tls2" or "h2c";
}
