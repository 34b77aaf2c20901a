using Gateway.Configuration.Model;
using Gateway.Observability.Logging;
using Gateway.Server;

namespace Gateway.Hosting.WarmUp;

/// <summary>How long the warm-up may take, and which paths users and destinations need.</summary>
internal sealed record WarmUpOptions
{
    /// <summary>The longest that it delays readiness.</summary>
    public required TimeSpan Within { get; init; }

    /// <summary>A destination may speak HTTP/2: some are https.</summary>
    public required bool Http2 { get; init; }

    /// <summary>The certificates of a public listener; null: none speaks TLS.</summary>
    public required ListenerCertificates? Certificates { get; init; }

    /// <summary>How the log's lines look.</summary>
    public required LogShape Shape { get; init; }

    /// <summary>What a gateway of this configuration needs.</summary>
    public static WarmUpOptions For(GatewayConfig config, TimeSpan within, ListenerCertificates? certificates) => new()
    {
        Within = within,
        Http2 = config.Clusters
            .SelectMany(static c => c.Tiers)
            .SelectMany(static t => t.Destinations)
            .Any(static d => string.Equals(d.Url.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal)),
        Certificates = certificates,
        Shape = ConsoleText.ShapeOf(config.Telemetry.Logs.Format),
    };
}
