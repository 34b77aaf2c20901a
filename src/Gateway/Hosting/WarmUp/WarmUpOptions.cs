using Gateway.Observability;
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
}
