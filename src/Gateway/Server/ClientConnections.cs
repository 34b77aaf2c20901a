using System.Collections.Immutable;
using System.Net;
using Gateway.Forwarding.Requests;
using Gateway.Observability.Metrics;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Server;

/// <summary>
/// Bounds the connections of one client (<c>limits.connectionsPerClient</c>). Peers in <c>trustedProxies</c> are balancers, whose
/// connections are many clients'. Stands behind the PROXY protocol, which names the client.
/// </summary>
internal sealed class ClientConnections(int most, Func<ImmutableArray<IPNetwork>> trusted, ConnectionMeter meter)
{
    private readonly ClientLoad _load = new();

    /// <summary>Stands around what serves a connection: one too many is closed at once.</summary>
    public ConnectionDelegate Around(ConnectionDelegate next) => async context =>
    {
        if (context.RemoteEndPoint is not IPEndPoint { Address: var address } || TrustedProxies.Trust(trusted(), address))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        var client = ClientLoad.KeyOf(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
        if (!_load.TryEnter(client, most))
        {
            meter.Refuse();
            await context.DisposeAsync().ConfigureAwait(false);
            return;
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            _load.Leave(client);
        }
    };
}
