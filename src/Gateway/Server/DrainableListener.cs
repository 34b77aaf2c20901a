using System.Net;
using System.Net.Sockets;
using Gateway.Health.Rules;
using Gateway.Upstream;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Gateway.Server;

/// <summary>
/// The users' listening sockets, which can be closed before Kestrel stops. Kestrel closes a connection that has brought no request yet
/// together with its port; a client that had just connected would see that as a failure. With the ports closed first, what was accepted
/// still gets its response.
/// </summary>
/// <remarks>
/// It accepts itself, since Kestrel's own loop asks again without a pause, and for ever, while the process has no descriptor for the next
/// connection: a core is lost just when none can be spared. Here clients wait in the port's queue meanwhile, and do so before there is none
/// left.
/// </remarks>
internal sealed class DrainableListener(
    IOptions<SocketTransportOptions> options,
    ILoggerFactory log,
    ConnectionDraining leaving,
    SocketBudget budget,
    ConnectionGuard guard,
    TimeProvider time) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    // Longer than the way to a user and back: by then a handshake that had begun is over.
    private static readonly TimeSpan HandshakesEnd = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetirement = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly SocketConnectionContextFactory _connections = new(
        new SocketConnectionFactoryOptions
        {
            IOQueueCount = options.Value.IOQueueCount,
            MaxReadBufferSize = options.Value.MaxReadBufferSize,
            MaxWriteBufferSize = options.Value.MaxWriteBufferSize,
            UnsafePreferInlineScheduling = options.Value.UnsafePreferInlineScheduling,
            WaitForDataBeforeAllocatingBuffer = options.Value.WaitForDataBeforeAllocatingBuffer,
        },
        log.CreateLogger<DrainableListener>());

    private readonly Lock _gate = new();
    private readonly List<Listener> _listeners = [];
    private int _late;

    private TimeProvider Time => time;

    private SocketBudget Budget => budget;

    /// <summary>
    /// Connections that were accepted after the gateway began to leave and are still open. Each ends by itself with its first response.
    /// </summary>
    public int Late => Volatile.Read(ref _late);

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint or FileHandleEndPoint;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = new Listener(Bind(endpoint), this, isOwn: endpoint is IPEndPoint);
        lock (_gate)
        {
            _listeners.Add(listener);
        }

        return ValueTask.FromResult<IConnectionListener>(listener);
    }

    /// <inheritdoc/>
    public void Dispose() => _connections.Dispose();

    /// <summary>
    /// Closes the ports; connections that were accepted stay. What waits in a port's queue is accepted first, and so is who is still
    /// shaking hands: closed at once, the kernel would reset both, although they are connected as far as they know. Who comes after that
    /// finds no response, and a refusal when he asks again.
    /// </summary>
    /// <param name="hurry">Ends the waiting.</param>
    public async Task CloseAsync(CancellationToken hurry)
    {
        Listener[] all;
        lock (_gate)
        {
            all = [.. _listeners];
        }

        // A port of systemd stays open with its queue, for the process that takes it over.
        var own = all.Where(static listener => listener.Retire()).ToArray();
        var began = time.GetTimestamp();
        while (own.Length > 0 && !hurry.IsCancellationRequested)
        {
            await Task.Delay(HandshakesEnd, time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!Array.Exists(own, static listener => listener.HasWaiting) || time.GetElapsedTime(began) >= LongestRetirement)
            {
                break;
            }
        }

        foreach (var listener in all)
        {
            listener.Close();
        }
    }

    /// <summary>Closes the ports at once.</summary>
    public void Close()
    {
        Listener[] all;
        lock (_gate)
        {
            all = [.. _listeners];
        }

        foreach (var listener in all)
        {
            listener.Close();
        }
    }

    private void Accepted(ConnectionContext connection, Socket socket)
    {
        guard.Watch(connection, socket);
        connection.ConnectionClosed.UnsafeRegister(static budget => ((SocketBudget)budget!).Return(), budget);
        if (leaving.HasBegun)
        {
            Interlocked.Increment(ref _late);
            connection.ConnectionClosed.UnsafeRegister(static state => Interlocked.Decrement(ref ((DrainableListener)state!)._late), this);
        }
    }

    private Socket Bind(EndPoint endpoint)
    {
        try
        {
            var socket = options.Value.CreateBoundListenSocket(endpoint);
            socket.Listen(options.Value.Backlog);
            return socket;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }
    }

    private sealed class Listener(Socket socket, DrainableListener owner, bool isOwn) : IConnectionListener
    {
        private readonly TaskCompletionSource _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _isClosed;

        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        /// <summary>True: the queue has somebody.</summary>
        public bool HasWaiting
        {
            get
            {
                try
                {
                    return socket.Poll(0, SelectMode.SelectRead);
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return false;
                }
            }
        }

        /// <summary>Takes no further handshake. False: the port is not ours to change.</summary>
        public bool Retire()
        {
            if (isOwn)
            {
                ListenerFilter.DropHandshakes(socket);
            }

            return isOwn;
        }

        public void Close()
        {
            Volatile.Write(ref _isClosed, true);
            socket.Dispose();
        }

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            // Closed while it waits for room it must end too: Kestrel closes users' connections, which would make room, only after that.
            while (!Volatile.Read(ref _isClosed))
            {
                if (!owner.Budget.TryTake())
                {
                    await Task.Delay(Pause, owner.Time, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                Socket? user = null;
                try
                {
                    user = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                    user.NoDelay = true;
                    var connection = owner._connections.Create(user);
                    owner.Accepted(connection, user);
                    return connection;
                }
                catch (ObjectDisposedException)
                {
                    owner.Budget.Return();
                    break;
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
                {
                    owner.Budget.Return();
                    break;
                }
                catch (SocketException e) when (LocalFailure.Is(e))
                {
                    owner.Budget.Return();
                    await Task.Delay(Pause, owner.Time, cancellationToken).ConfigureAwait(false);
                }
                catch (SocketException)
                {
                    // The client has gone before it was accepted: the next one.
                    user?.Dispose();
                    owner.Budget.Return();
                }
            }

            // No connection will come any more, but for Kestrel the port must end only when Kestrel itself ends it.
            await _unbound.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _unbound.TrySetResult();
            Close();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
