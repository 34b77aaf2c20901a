using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Tests.Drills;

/// <summary>
/// A server that answers each request with the bytes that a script gives for it: what no well-behaved server would
/// send can be sent here. The script may wait, and may return null to reset the connection.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<string, int, Task<string?>> _script;
    private readonly Task _accepting;
    private readonly List<Socket> _clients = [];
    private int _requests;
    private int _connections;

    public ScriptedServer(Func<string, int, Task<string?>> script)
    {
        _script = script;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        _accepting = AcceptAsync();
    }

    public ScriptedServer(Func<string, string?> script)
        : this((request, _) => Task.FromResult(script(request)))
    {
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public string Url => "http://127.0.0.1:" + Port.ToString(CultureInfo.InvariantCulture);

    public int Requests => Volatile.Read(ref _requests);

    public int Connections => Volatile.Read(ref _connections);

    public static string Ok(string body, string headers = "") =>
        $"HTTP/1.1 200 OK\r\nContent-Length: {Encoding.UTF8.GetByteCount(body).ToString(CultureInfo.InvariantCulture)}\r\n{headers}\r\n"
            + $"{body}";

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        lock (_clients)
        {
            foreach (var client in _clients)
            {
                client.Close(0);
            }
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var client = await _listener.AcceptAsync();
                client.NoDelay = true;
                lock (_clients)
                {
                    _clients.Add(client);
                }

                Interlocked.Increment(ref _connections);
                _ = ServeAsync(client);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var buffer = new byte[8 * 1024];
        try
        {
            while (true)
            {
                var text = await ReadRequestAsync(client, buffer);
                if (text is null)
                {
                    return;
                }

                var number = Interlocked.Increment(ref _requests) - 1;
                var response = await _script(text, number);
                if (response is null)
                {
                    client.Close(0);
                    return;
                }

                // "CLOSE" at the end of a response ends the connection in order after it.
                var closes = response.EndsWith("\0CLOSE", StringComparison.Ordinal);
                await client.SendAsync(Encoding.UTF8.GetBytes(closes ? response[..^6] : response));
                if (closes)
                {
                    client.Shutdown(SocketShutdown.Both);
                    client.Dispose();
                    return;
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The client went away, or the server was disposed.
        }
    }

    private static async Task<string?> ReadRequestAsync(Socket client, byte[] buffer)
    {
        var length = 0;
        while (true)
        {
            var read = await client.ReceiveAsync(buffer.AsMemory(length));
            if (read == 0)
            {
                return null;
            }

            length += read;
            var text = Encoding.UTF8.GetString(buffer, 0, length);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                continue;
            }

            var marker = text.IndexOf("Content-Length: ", StringComparison.Ordinal);
            var body = marker < 0 ? 0 : int.Parse(text.AsSpan(marker + 16, text.IndexOf('\r', marker) - marker - 16));
            if (text.Length >= end + 4 + body)
            {
                return text;
            }
        }
    }
}
