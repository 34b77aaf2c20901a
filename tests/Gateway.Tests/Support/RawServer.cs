using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Tests.Support;

/// <summary>A server on loopback that does to a connection whatever a test says; it can be killed and started again on its port.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Socket> _open = [];
    private readonly List<Task> _tasks = [];
    private Socket? _listener;
    private CancellationTokenSource _stop = new();
    private int _connections;
    private Func<Socket, CancellationToken, Task> _behaviour;

    public RawServer(Func<Socket, CancellationToken, Task>? behaviour = null)
    {
        _behaviour = behaviour ?? Respond(200, "ok");
        Restart();
    }

    /// <summary>What it does with each new connection.</summary>
    public Func<Socket, CancellationToken, Task> Behaviour
    {
        set => Volatile.Write(ref _behaviour, value);
    }

    public int Port { get; private set; }

    public Uri Url => new($"http://127.0.0.1:{Port}");

    /// <summary>Connections so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The last request's head.</summary>
    public string LastRequest { get; private set; } = string.Empty;

    /// <summary>Never answers.</summary>
    public static Task Freeze(Socket socket, CancellationToken stop) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);

    /// <summary>Resets as soon as the connection stands.</summary>
    public static Task Reset(Socket socket, CancellationToken stop)
    {
        socket.LingerState = new LingerOption(enable: true, 0);
        return Task.CompletedTask;
    }

    /// <summary>Reads the head and sends these bytes; then does <paramref name="after"/>.</summary>
    public Func<Socket, CancellationToken, Task> Raw(string response, Func<Socket, CancellationToken, Task>? after = null) =>
        async (socket, stop) =>
    {
        await ReadHeadAsync(socket, stop);
        await socket.SendAsync(Encoding.ASCII.GetBytes(response), SocketFlags.None, stop);
        if (after is not null)
        {
            await after(socket, stop);
        }
    };

    /// <summary>A whole response.</summary>
    public Func<Socket, CancellationToken, Task> Respond(int status, string body, string headers = "") =>
        Raw($"HTTP/1.1 {status} Test\r\nContent-Length: {body.Length}\r\nConnection: close\r\n{headers}\r\n{body}");

    /// <summary>Like kill -9: the port refuses, open connections are reset.</summary>
    public async Task KillAsync()
    {
        Task[] tasks;
        await _stop.CancelAsync();
        lock (_lock)
        {
            _listener?.Dispose();
            foreach (var socket in _open)
            {
                socket.Close(0);
            }

            _open.Clear();
            tasks = [.. _tasks];
            _tasks.Clear();
        }

        await Task.WhenAll(tasks);
    }

    /// <summary>Listens on the same port as before.</summary>
    public void Restart()
    {
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        listener.Listen(512);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _listener = listener;
        Own(AcceptAsync(listener, _stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _stop.Dispose();
    }

    private async Task AcceptAsync(Socket listener, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync(stop);
                Interlocked.Increment(ref _connections);
                lock (_lock)
                {
                    _open.Add(socket);
                }

                Own(ServeAsync(socket, stop));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Killed.
        }
    }

    private async Task ServeAsync(Socket socket, CancellationToken stop)
    {
        try
        {
            await Volatile.Read(ref _behaviour)(socket, stop);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The other side went away, or the test ended: both are what tests do.
        }
        finally
        {
            lock (_lock)
            {
                _open.Remove(socket);
            }

            socket.Dispose();
        }
    }

    private async Task ReadHeadAsync(Socket socket, CancellationToken stop)
    {
        var buffer = new byte[16 * 1024];
        var length = 0;
        while (!Encoding.ASCII.GetString(buffer, 0, length).Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, stop);
            if (read == 0)
            {
                return;
            }

            length += read;
        }

        LastRequest = Encoding.ASCII.GetString(buffer, 0, length);
    }

    private void Own(Task task)
    {
        lock (_lock)
        {
            _tasks.RemoveAll(t => t.IsCompleted);
            _tasks.Add(task);
        }
    }
}
