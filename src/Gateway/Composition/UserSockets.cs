using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Gateway.Composition;

/// <summary>
/// The users' listening sockets, which can be closed before Kestrel stops. Kestrel closes a connection that has brought no request yet
/// together with its port; a client that had just connected would see that as a failure. With the ports closed first, what was accepted
/// still gets its answer.
/// </summary>
internal sealed class UserSockets(IOptions<SocketTransportOptions> options, ILoggerFactory log, Leaving leaving) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _sockets = new(options, log);
    private readonly Lock _gate = new();
    private readonly List<Listener> _listeners = [];
    private int _late;

    /// <summary>Connections that were accepted after the gateway began to leave and are still open. Each ends by itself with its first answer.</summary>
    public int Late => Volatile.Read(ref _late);

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => _sockets.CanBind(endpoint);

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = new Listener(await _sockets.BindAsync(endpoint, cancellationToken).ConfigureAwait(false), Accepted);
        lock (_gate)
        {
            _listeners.Add(listener);
        }

        return listener;
    }

    /// <summary>Closes the ports; connections that were accepted stay.</summary>
    public async Task CloseAsync()
    {
        Listener[] all;
        lock (_gate)
        {
            all = [.. _listeners];
        }

        foreach (var listener in all)
        {
            await listener.CloseAsync().ConfigureAwait(false);
        }
    }

    private void Accepted(ConnectionContext connection)
    {
        if (leaving.HasBegun)
        {
            Interlocked.Increment(ref _late);
            connection.ConnectionClosed.UnsafeRegister(static state => Interlocked.Decrement(ref ((UserSockets)state!)._late), this);
        }
    }

    private sealed class Listener(IConnectionListener inner, Action<ConnectionContext> accepted) : IConnectionListener
    {
        private readonly TaskCompletionSource _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => inner.EndPoint;

        public ValueTask CloseAsync() => inner.UnbindAsync();

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            if (await inner.AcceptAsync(cancellationToken).ConfigureAwait(false) is { } connection)
            {
                accepted(connection);
                return connection;
            }

            // No connection will come any more, but for Kestrel the port must end only when Kestrel itself ends it.
            await _unbound.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _unbound.TrySetResult();
            return inner.UnbindAsync(cancellationToken);
        }

        public ValueTask DisposeAsync()
        {
            _unbound.TrySetResult();
            return inner.DisposeAsync();
        }
    }
}
