using System.Net.Security;
using System.Net.Sockets;

namespace Gateway.Tests.Support;

/// <summary>
/// A user's connection as a stream, in clear or over TLS with any certificate, for tests that close, stall or
/// read as no proper client does.
/// </summary>
internal static class ClientStream
{
    /// <summary>Connects to a listener of a gateway on loopback.</summary>
    /// <param name="client">Not connected yet; its owner disposes it.</param>
    /// <param name="url">The listener.</param>
    /// <param name="tls">Shakes hands.</param>
    /// <param name="protocols">What it offers in ALPN; none: nothing.</param>
    public static async Task<Stream> OpenAsync(TcpClient client, Uri url, bool tls, params SslApplicationProtocol[] protocols)
    {
        await client.ConnectAsync(url.Host, url.Port);
        return tls ? await SecureAsync(client.GetStream(), protocols) : client.GetStream();
    }

    /// <summary>Shakes hands over a stream.</summary>
    public static async Task<SslStream> SecureAsync(Stream stream, params SslApplicationProtocol[] protocols)
    {
        var secured = new SslStream(stream, leaveInnerStreamOpen: false, static (_, _, _, _) => true);
        await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            ApplicationProtocols = protocols.Length == 0 ? null : [.. protocols]
        });
        return secured;
    }
}
