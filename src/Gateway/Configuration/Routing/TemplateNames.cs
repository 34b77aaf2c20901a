namespace Gateway.Configuration.Routing;

/// <summary>Values of a request that texts of the configuration may name beside those of the route.</summary>
internal static class TemplateNames
{
    /// <summary>The host that the client used, without a port.</summary>
    public const string Host = "host";

    /// <summary>The path, as the client wrote it.</summary>
    public const string Path = "path";

    /// <summary>The client's address.</summary>
    public const string Client = "client";

    /// <summary>All of them.</summary>
    public static readonly string[] All = [Host, Path, Client];
}
