using System.Net.Security;
using System.Net.Sockets;
using Gateway.Health.Model;
using Gateway.Health.Probing;

namespace Gateway.Health.Signals;

/// <summary>How signals speak HTTP with a destination: over a connection of their own, never a request's.</summary>
internal static class SignalHttp
{
    /// <summary>A handler with one connection at most.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="port">In place of its own.</param>
    /// <param name="timeout">The time of an exchange; to connect, half of it.</param>
    /// <param name="time">The clock.</param>
    public static SocketsHttpHandler HandlerFor(Destination destination, int? port, TimeSpan timeout, TimeProvider time)
    {
        var connector = new DestinationConnector(time);
        var at = DestinationConnector.EndPointOf(ProbeExchange.AddressOf(destination.Url, "/", port));
        return new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxConnectionsPerServer = 1,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            MaxResponseHeadersLength = 32,
            MaxResponseDrainSize = 0,
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = await connector.ConnectAsync(at, timeout / 2, cancellationToken).ConfigureAwait(false);
                var stream = new NetworkStream(socket, ownsSocket: true);
                return destination.Tls is { } own ? await own.SecureAsync(
                    stream, context.InitialRequestMessage, cancellationToken).ConfigureAwait(false) : stream;
            },
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = TlsTrust.Validate },
        };
    }
}
