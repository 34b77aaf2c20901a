using System.Net.Security;
using System.Net.Sockets;
using Gateway.Configuration.Values;
using Gateway.Health.Probing;

namespace Gateway.Upstream.Http1;

/// <summary>
/// Makes TLS connections for HTTP/1.1 to one destination, under the name by which <see cref="SocketsHttpHandler"/> would make them.
/// </summary>
internal sealed class TlsClient
{
    // Nothing else: what negotiates HTTP/2 is not asked over connections of ours.
    private static readonly List<SslApplicationProtocol> Http11 = [SslApplicationProtocol.Http11];

    private readonly string _host;
    private readonly ClusterTls? _tls;
    private readonly SslClientAuthenticationOptions _options;

    private TlsClient(string host, ClusterTls? tls)
    {
        _host = host;
        _tls = tls;
        _options = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ApplicationProtocols = Http11,
            RemoteCertificateValidationCallback = TlsTrust.Validate
        };
    }

    /// <summary>Null: the destination is not asked over TLS.</summary>
    /// <param name="url">The destination's.</param>
    /// <param name="hostName">The name that its address was looked up for, with or without a port; null: the one in its URL.</param>
    /// <param name="tls">How they are made; null: as by default.</param>
    public static TlsClient? For(Uri url, string? hostName, ClusterTls? tls)
    {
        if (!string.Equals(url.Scheme, Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return new TlsClient(hostName is null ? UrlHost.WithoutZone(url).Trim('[', ']') : new Uri($"https://{hostName}").IdnHost, tls);
    }

    /// <summary>Shakes hands over a connected socket, which the stream owns then.</summary>
    /// <exception cref="HttpRequestException">No TLS connection came about
    /// (<see cref="HttpRequestError.SecureConnectionError"/>).</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<SslStream> OpenAsync(Socket socket, CancellationToken cancellationToken)
    {
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await tls.AuthenticateAsClientAsync(_tls?.OptionsFor(_host, Http11) ?? _options, cancellationToken).ConfigureAwait(false);
            return tls;
        }
        catch (Exception failure)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw new HttpRequestException(
                HttpRequestError.SecureConnectionError,
                $"No TLS connection to {_host}: {failure.Message}",
                failure);
        }
    }
}
