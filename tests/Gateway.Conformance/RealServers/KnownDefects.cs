namespace Gateway.Conformance.RealServers;

/// <summary>Uploads that are known to lose the server's early refusal.</summary>
internal static class KnownDefects
{
    private const string Lost = "The refusal of an upload is lost when the server closes before it has read the upload; the server is ejected after three.";

    /// <summary>The behaviour, and whether it shows every time or by chance; null: there is none.</summary>
    public static (string Behaviour, bool IsCertain)? OfUpload(string server, string transport) => (server, transport) switch
    {
        ("caddy" or "go" or "uvicorn" or "gunicorn" or "php", not "h1") => (Lost, false),
        _ => null,
    };
}
