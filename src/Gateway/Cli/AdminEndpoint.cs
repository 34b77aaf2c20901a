using System.Net.Security;

namespace Gateway.Cli;

/// <summary>The admin endpoint that a command means.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="Token">Its token; null: none is known.</param>
/// <param name="TokenSource">Where the token comes from; null: none is known.</param>
/// <param name="By">What named it.</param>
/// <param name="Trusted">PEM file of what is trusted over https besides the machine's authorities: its certificate itself, or an
/// authority's; null: nothing is.</param>
internal sealed record AdminEndpoint(Uri Url, string? Token, string? TokenSource, string By, string? Trusted)
{
    /// <summary>The operator's certificate with its key and chain; null: none is shown.</summary>
    public SslStreamCertificateContext? Certificate { get; init; }
}
