using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Drills.Faults;

/// <summary>
/// A TCP relay on a loopback port that does to a connection what networks do: each direction can be delayed,
/// dripped, stalled, swallowed, reset or cut, for the connections that are open and for new ones, at any moment.
/// </summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly int _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<RelayedConnection, Task> _open = new();
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private volatile RelayDoor _door;
    private volatile RelayBehaviour _toServer = RelayBehaviour.Pass;
    private volatile RelayBehaviour _toClient = RelayBehaviour.Pass;

    private TcpRelay(int target) => _target = target;

    /// <summary>The relay's own port, kept for its whole life.</summary>
    public int Port { get; private set; }

    /// <summary>Connections that are open now.</summary>
    public int Connections => _open.Count;

    /// <summary>What happens to bytes from the client to the server.</summary>
    public RelayBehaviour ToServer
    {
        get => _toServer;
        set
        {
            _toServer = value;
            WakeAll();
        }
    }

    /// <summary>What happens to bytes from the server to the client.</summary>
    public RelayBehaviour ToClient
    {
        get => _toClient;
        set
        {
            _toClient = value;
            WakeAll();
        }
    }

    /// <summary>Starts a relay before a loopback port.</summary>
    public static TcpRelay Start(int target)
    {
        var relay = new TcpRelay(target);
        relay.Listen(0);
        return relay;
    }

    /// <summary>What happens to new connections; open ones are left alone.</summary>
    public async Task SetDoorAsync(RelayDoor door)
    {
        var listened = _listener is not null;
        _door = door;
        if (door == RelayDoor.Refuse && listened)
        {
            await StopListeningAsync();
        }
        else if (door != RelayDoor.Refuse && !listened)
        {
            Listen(Port);
        }
    }

    /// <summary>Resets every open connection, both ends.</summary>
    public void ResetAll()
    {
        foreach (var connection in _open.Keys)
        {
            connection.End(reset: true);
        }
    }

    /// <summary>Back to handing on everything. Connections that were hurt stay hurt until they end.</summary>
    public async Task HealAsync()
    {
        ToServer = RelayBehaviour.Pass;
        ToClient = RelayBehaviour.Pass;
        await SetDoorAsync(RelayDoor.Open);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await StopListeningAsync();
        ResetAll();
        await Task.WhenAll(_open.Values);
        _stop.Dispose();
    }

    private void Listen(int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(512);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _listener = listener;
        _accepting = AcceptAsync(listener);
    }

    private async Task StopListeningAsync()
    {
        _listener?.Dispose();
        _listener = null;
        await _accepting;
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync(_stop.Token);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The door was closed, or the relay ended.
                return;
            }

            if (_door == RelayDoor.Reset)
            {
                client.Close(0);
                continue;
            }

            var connection = new RelayedConnection(this, client, _door == RelayDoor.Silent ? null : _target);
            _open[connection] = Task.CompletedTask;
            _open[connection] = RunAsync(connection);
        }
    }

    private async Task RunAsync(RelayedConnection connection)
    {
        // Yield first: the entry above must be there before the removal below.
        await Task.Yield();
        await connection.RunAsync(_stop.Token);
        _open.TryRemove(connection, out _);
    }

    private void WakeAll()
    {
        foreach (var connection in _open.Keys)
        {
            connection.BehaviourChanged();
        }
    }
}
