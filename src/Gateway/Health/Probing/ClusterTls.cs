using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Configuration.Routing;
using Gateway.Configuration.Values;

namespace Gateway.Health.Probing;

/// <summary>
/// How TLS connections to the destinations of a cluster are made where <c>clusters.NAME.tls</c> says it. Its files are read again when
/// they change, for new connections.
/// </summary>
internal sealed class ClusterTls
{
    private static readonly List<SslApplicationProtocol> Http11 = [SslApplicationProtocol.Http11];
    private static readonly List<SslApplicationProtocol> Http2 = [SslApplicationProtocol.Http2];
    private static readonly List<SslApplicationProtocol> Either = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    private readonly WatchedFiles<Trust> _files;

    /// <exception cref="System.Security.Cryptography.CryptographicException">Its files cannot be used.</exception>
    public ClusterTls(string cluster, ClusterTlsConfig config)
    {
        Cluster = cluster;
        Config = config;
        string?[] files = [config.Ca, config.Certificate?.File, config.Certificate?.Key];
        _files = new WatchedFiles<Trust>($"\"tls\" of cluster \"{cluster}\"", [.. files.OfType<string>()], () => new Trust(
            config.Ca is { } ca ? PemFiles.Authorities(ca) : null,
            config.Certificate is { } own ? PemFiles.WithKey(own.File, own.Key) : null));
    }

    /// <summary>The cluster's name.</summary>
    public string Cluster { get; }

    /// <summary>What it was made of.</summary>
    public ClusterTlsConfig Config { get; }

    /// <summary>Why the files on disk are not in force; null: they are.</summary>
    public string? Alarm => _files.Alarm;

    /// <summary>Looks at the files once.</summary>
    /// <returns>True: they changed and are in force.</returns>
    public bool Look() => _files.Look();

    /// <summary>For one handshake.</summary>
    /// <param name="host">The destination's own name, without a port.</param>
    /// <param name="protocols">What is offered by ALPN; null: nothing.</param>
    public SslClientAuthenticationOptions OptionsFor(string host, List<SslApplicationProtocol>? protocols)
    {
        var trust = _files.Value;
        return new SslClientAuthenticationOptions
        {
            TargetHost = Config.ServerName ?? host,
            ApplicationProtocols = protocols,
            EnabledSslProtocols = TlsVersions.From(Config.MinTls),
            ClientCertificateContext = trust.Own,
            CertificateChainPolicy = trust.Authorities is { } authorities ? PemFiles.Trusting(authorities) : null,
            RemoteCertificateValidationCallback = TlsTrust.Validate,
        };
    }

    /// <summary>
    /// Shakes hands for <see cref="SocketsHttpHandler"/>, which would take the name from the message. A stream of a message in clear is
    /// given back as it is.
    /// </summary>
    /// <param name="stream">Connected; disposed when no TLS connection comes about.</param>
    /// <param name="message">The first message of the connection, which says the name and the versions of HTTP.</param>
    /// <param name="cancellationToken">Ends the handshake.</param>
    public async ValueTask<Stream> SecureAsync(Stream stream, HttpRequestMessage message, CancellationToken cancellationToken)
    {
        if (message.RequestUri is not { } url || !string.Equals(url.Scheme, Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase))
        {
            return stream;
        }

        var host = message.Headers.Host is { } named ? HostName.Of(named).ToString() : UrlHost.WithoutZone(url);
        var protocols = message.Version.Major < 2
            ? Http11
            : message.VersionPolicy == HttpVersionPolicy.RequestVersionOrLower ? Either
            : Http2;
        var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(OptionsFor(host.Trim('[', ']'), protocols), cancellationToken).ConfigureAwait(false);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private sealed record Trust(X509Certificate2Collection? Authorities, SslStreamCertificateContext? Own);
}
