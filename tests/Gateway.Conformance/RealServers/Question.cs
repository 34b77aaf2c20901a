using Gateway.Conformance.Support;

namespace Gateway.Conformance.RealServers;

/// <summary>One request to a real server.</summary>
internal sealed record Question(
    RealServer Server,
    string Transport,
    string User,
    string What,
    string Method,
    string Path,
    IReadOnlyDictionary<string, string> Headers,
    int Size,
    Abilities Needs)
{
    private static readonly (
        string What, string Method, string Path, (string Name, string Value)[] Headers, int Size, Abilities Needs)[] Kinds =
    [
        ("page", "GET", "page.html", [], 0, Abilities.None),
        ("empty file", "GET", "empty.txt", [], 0, Abilities.None),
        ("65,536 bytes", "GET", "65536.bin", [], 0, Abilities.None),
        ("65,537 bytes", "GET", "65537.bin", [], 0, Abilities.None),
        ("102,000 bytes", "GET", "102000.bin", [], 0, Abilities.None),
        ("5 MB", "GET", "5000000.bin", [], 0, Abilities.None),
        ("HEAD", "HEAD", "102000.bin", [], 0, Abilities.None),
        ("range", "GET", "102000.bin", [("Range", "bytes=100-199")], 0, Abilities.None),
        ("range above 64 KiB", "GET", "5000000.bin", [("Range", "bytes=1000-101000")], 0, Abilities.None),
        ("last bytes", "GET", "102000.bin", [("Range", "bytes=-10")], 0, Abilities.None),
        ("range that cannot be", "GET", "102000.bin", [("Range", "bytes=200000-")], 0, Abilities.None),
        ("not modified", "GET", "102000.bin", [("If-Modified-Since", "Thu, 01 Jan 2099 00:00:00 GMT")], 0, Abilities.None),
        ("404", "GET", "absent", [], 0, Abilities.None),
        ("404 to HEAD", "HEAD", "absent", [], 0, Abilities.None),
        ("POST to a file", "POST", "page.html", [("Content-Type", "text/plain")], 200, Abilities.None),
        ("DELETE of a file", "DELETE", "page.html", [], 0, Abilities.None),
        ("OPTIONS", "OPTIONS", "page.html", [], 0, Abilities.None),
        ("echo of 200 bytes", "POST", "echo", [("Content-Type", "text/plain")], 200, Abilities.Echo),
        ("echo of 100,000 bytes", "POST", "echo", [("Content-Type", "text/plain")], 100_000, Abilities.Echo),
        ("chunked response", "GET", "chunked", [], 0, Abilities.Chunked),
    ];

    /// <summary>HTTP/1.1 in clear, HTTP/2 over TLS.</summary>
    public static IReadOnlyList<string> Users { get; } = ["http1", "http2"];

    /// <summary>Every question.</summary>
    public static IReadOnlyList<Question> All { get; } =
    [
        .. from server in RealServer.All
           from transport in server.Transports
           from user in Users
           from kind in Kinds
           where server.Abilities.HasFlag(kind.Needs)
           select new Question(
               server,
               transport,
               user,
               kind.What,
               kind.Method,
               kind.Path,
               kind.Headers.ToDictionary(header => header.Name, header => header.Value, StringComparer.Ordinal),
               kind.Size,
               kind.Needs),
    ];

    public string Cluster => Server.Cluster(Transport);

    public string Id => $"{Cluster}|{User}|{What}";

    public string DirectId => $"{Cluster}|direct|{What}";

    private bool IsHttp2 => Transport is "tls2" or "h2c";

    public Hops Hops => new(Method, IsHttp2, User == "http1" && !IsHttp2, IsDateNow: true);

    public BatchRequest Request(string id, string target) => new(id, target, Method, $"/{Cluster}/{Path}", Headers, Size);
}
