namespace Gateway.Conformance.RealServers;

/// <summary>
/// Uploads that are known to lose the server's early refusal, by chance: where the close overtakes the reading of the response. A test
/// cannot demand that they still do, but says so when they did.
/// </summary>
internal static class KnownDefects
{
    /// <summary>The behaviour, and how many of a row of uploads it may cost; null: none.</summary>
    public static (string Behaviour, int Losses)? OfUpload(string server, string transport) => (server, transport) switch
    {
        ("caddy" or "go", "tls2") =>
            (
                "The refusal of an upload over HTTP/2 is lost about once in four times: the server resets the stream behind its response "
                    + "(STREAM_CLOSED), and SocketsHttpHandler drops what it has received of it.",
                int.MaxValue),
        (_, "h1" or "tls1") => ("The refusal of an upload in clear is lost about once in some hundred times, on a busy machine.", 1),
        _ => null,
    };
}
