using System.Security.Authentication;

namespace Gateway.Configuration.Model;

/// <summary>The versions of TLS as .NET names them.</summary>
internal static class TlsVersions
{
    /// <summary>The oldest and every newer one that is known.</summary>
    public static SslProtocols From(TlsVersion oldest) =>
        oldest == TlsVersion.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13;
}
