using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Net;
using Gateway.Forwarding.Requests;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Server;

/// <summary>
/// <c>listen[].proxyProtocol</c>: each connection begins with a header of the PROXY protocol, and the client that it names is the
/// connection's client for logs, limits and headers. A connection without one is closed: the specification forbids to guess, as a client
/// could then write the header itself.
/// </summary>
/// <remarks>
/// The header is believed from <c>trustedProxies</c>, or, where that is empty, from every peer. It stands before a TLS handshake. How long
/// it may take is bounded with the first request: see <see cref="ConnectionGuard"/>.
/// </remarks>
internal sealed partial class ProxyProtocol(Func<ImmutableArray<IPNetwork>> trusted, ILogger<ProxyProtocol> log, TimeProvider time)
{
    // A port on which no balancer sends the header closes every connection: a line each would fill the disk.
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private long _nextLine = long.MinValue;
    private int _closed;

    /// <summary>Stands around what serves a connection, before TLS.</summary>
    public ConnectionDelegate Before(ConnectionDelegate next) => async context =>
    {
        if (await ReadAsync(context).ConfigureAwait(false))
        {
            await next(context).ConfigureAwait(false);
        }
    };

    private async Task<bool> ReadAsync(ConnectionContext context)
    {
        var reader = context.Transport.Input;
        while (true)
        {
            ReadResult read;
            try
            {
                read = await reader.ReadAsync(context.ConnectionClosed).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // A balancer that only looks whether the port is open.
                return false;
            }

            var status = ProxyProtocolHeader.Read(read.Buffer, out var length, out var client);
            if (status == ProxyProtocolStatus.Complete)
            {
                reader.AdvanceTo(read.Buffer.GetPosition(length));
                if (client is not null && IsTrusted(context))
                {
                    context.RemoteEndPoint = client;
                }

                return true;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (status == ProxyProtocolStatus.Incomplete && !read.IsCompleted)
            {
                continue;
            }

            if (!read.Buffer.IsEmpty)
            {
                Closed(context);
            }

            return false;
        }
    }

    private bool IsTrusted(ConnectionContext context) =>
        trusted() is not { IsEmpty: false } networks
            || (context.RemoteEndPoint is IPEndPoint peer && TrustedProxies.Trust(networks, peer.Address));

    private void Closed(ConnectionContext context)
    {
        var closed = Interlocked.Increment(ref _closed);
        var (now, next) = (time.GetTimestamp(), Volatile.Read(ref _nextLine));
        if (now >= next
            && Interlocked.CompareExchange(ref _nextLine, now + (long)(BetweenLines.TotalSeconds * time.TimestampFrequency), next) == next)
        {
            Interlocked.Add(ref _closed, -closed);
            LogClosed(context.LocalEndPoint, closed, context.RemoteEndPoint);
        }
    }

    [LoggerMessage(10112, LogLevel.Warning, "{Listener} has closed {Count} connections that did not begin with a PROXY protocol header, "
        + "the last from {Peer}. Let the balancer send it (send-proxy, send-proxy-v2, proxy_protocol on), or take \"proxyProtocol\" from "
        + "the listener.")]
    private partial void LogClosed(EndPoint? listener, int count, EndPoint? peer);
}
