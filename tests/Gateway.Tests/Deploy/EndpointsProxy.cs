using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests.Deploy;

/// <summary>
/// What a node does for a Service of Kubernetes: each new connection goes to one of the endpoints in turn, and stays there. The list of
/// endpoints is whatever this node has heard last.
/// </summary>
internal sealed class EndpointsProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private IPEndPoint[] _endpoints;
    private int _turn;

    public EndpointsProxy(params IPEndPoint[] endpoints)
    {
        _endpoints = endpoints;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        _accepting = AcceptAsync();
    }

    public string Url => $"http://{_listener.LocalEndPoint}";

    /// <summary>The node has heard: from now on new connections go to these.</summary>
    public void Use(params IPEndPoint[] endpoints) => Volatile.Write(ref _endpoints, endpoints);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_stop.Token);
                var endpoints = Volatile.Read(ref _endpoints);
                _connections.Add(CarryAsync(client, endpoints[(_turn++ & int.MaxValue) % endpoints.Length]));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(Socket client, IPEndPoint endpoint)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(endpoint, _stop.Token);
                await Task.WhenAll(PumpAsync(client, server), PumpAsync(server, client));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // A refused connection is a refused one for the client as well: a node rewrites addresses and tries nothing else.
                client.LingerState = new LingerOption(enable: true, seconds: 0);
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await from.ReceiveAsync(buffer.AsMemory(), _stop.Token)) > 0)
        {
            for (var sent = 0; sent < read;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token);
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
