using System.Net.Security;
using System.Net.Sockets;
using Gateway.Configuration.Values;
using Gateway.Health;

namespace Gateway.Upstream.Http1;

/// <summary>
/// Makes TLS connections for HTTP/1.1 to one destination, under the name by which <see cref="SocketsHttpHandler"/> would make them.
/// </summary>
internal sealed class TlsClient
{
    private readonly SslClientAuthenticationOptions _options;

    private TlsClient(string host) => _options = new SslClientAuthenticationOptions
    {
        TargetHost = host,
        // Nothing else: what negotiates HTTP/2 is not asked over connections of ours.
        ApplicationProtocols = [SslApplicationProtocol.Http11],
        RemoteCertificateValidationCallback = TlsTrust.Validate,
    };

    /// <summary>Null: the destination is not asked over TLS.</summary>
    /// <param name="url">The destination's.</param>
    /// <param name="hostName">The name that its address was looked up for, with or without a port; null: the one in its URL.</param>
    public static TlsClient? For(Uri url, string? hostName)
    {
        if (!string.Equals(url.Scheme, Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return new TlsClient(hostName is null ? UrlHost.WithoutZone(url).Trim('[', ']') : new Uri($"https://{hostName}").IdnHost);
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
            await tls.AuthenticateAsClientAsync(_options, cancellationToken).ConfigureAwait(false);
            return tls;
        }
        catch (Exception failure)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw new HttpRequestException(HttpRequestError.SecureConnectionError, $"No TLS connection to {_options.TargetHost}: {failure.Message}", failure);
        }
    }
}
