using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Gateway.Tests.Support;

/// <summary>
/// A destination on loopback that keeps its connections, answers probes by itself, remembers every other request, and does with each
/// whatever a script says, byte by byte. It speaks HTTP/1.1, in clear or over TLS.
/// </summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly ConcurrentQueue<UpstreamRequest> _requests = new();
    private readonly X509Certificate2? _certificate;
    private readonly string _address;
    private Func<UpstreamRequest, Task> _script;
    private volatile bool _healthy = true;
    private int _connections;

    /// <param name="script">What it does with a request that is no probe; null: answers <c>ok</c>.</param>
    /// <param name="isTls">It is an https destination, with a certificate that this process trusts.</param>
    /// <param name="address">Where it listens, on loopback.</param>
    public ScriptedUpstream(Func<UpstreamRequest, Task>? script = null, bool isTls = false, string address = "127.0.0.1")
    {
        _address = address;
        _certificate = isTls ? TestAuthority.Issue("127.0.0.1", "localhost") : null;
        _script = script ?? (static request => request.RespondAsync("ok"));
        _listener.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        _listener.Listen(512);
        _ = AcceptAsync();
    }

    /// <summary>What it does with a request that is no probe.</summary>
    public Func<UpstreamRequest, Task> Script
    {
        set => Volatile.Write(ref _script, value);
    }

    /// <summary>Awaited before each handshake of TLS.</summary>
    public Func<CancellationToken, Task> BeforeHandshake { get; init; } = static _ => Task.CompletedTask;

    /// <summary>Whether <c>/health</c> says 200.</summary>
    public bool Healthy
    {
        set => _healthy = value;
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public string Url => (_certificate is null ? "http" : "https") + "://" + _address + ":" + Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Requests that were no probes, in the order of their heads' arrival.</summary>
    public IReadOnlyList<UpstreamRequest> Requests => [.. _requests];

    public UpstreamRequest Last => _requests.Last();

    /// <summary>Connections so far, those of probes too.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Connections open now.</summary>
    public int Open => _open.Count;

    /// <summary>Closes every connection, as a server does with idle ones.</summary>
    public void CloseConnections()
    {
        foreach (var socket in _open.Keys)
        {
            socket.Dispose();
        }
    }

    /// <summary>The port refuses from now on.</summary>
    public void StopListening() => _listener.Dispose();

    public ValueTask DisposeAsync()
    {
        _stop.Cancel();
        _listener.Dispose();
        CloseConnections();
        _certificate?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                Interlocked.Increment(ref _connections);
                _open.TryAdd(socket, true);
                _ = ServeAsync(socket);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over, or the port was to be closed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var stream = await OpenAsync(socket);
            using var turn = new SemaphoreSlim(1);
            var rest = Array.Empty<byte>();
            while (await UpstreamRequest.ReadAsync(socket, stream, turn, rest, _stop.Token) is { } request)
            {
                // A destination's address may have a path before that of the probe.
                if (request.Line.StartsWith("GET /", StringComparison.Ordinal)
                    && request.Line.EndsWith("/health HTTP/1.1", StringComparison.Ordinal))
                {
                    await request.RespondAsync("ok", _healthy ? 200 : 503);
                }
                else
                {
                    _requests.Enqueue(request);
                    await Volatile.Read(ref _script)(request);
                }

                if (request.IsClosed)
                {
                    return;
                }

                await request.ReadBodyAsync();
                rest = request.Rest;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException
            or IOException or AuthenticationException)
        {
            // The gateway let go of the connection, or the test is over: both are what tests do.
        }
        finally
        {
            _open.TryRemove(socket, out _);
            socket.Dispose();
        }
    }

    private async Task<Stream> OpenAsync(Socket socket)
    {
        var clear = new NetworkStream(socket, ownsSocket: false);
        if (_certificate is null)
        {
            return clear;
        }

        await BeforeHandshake(_stop.Token);
        var tls = new SslStream(clear);
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = _certificate, ApplicationProtocols = [SslApplicationProtocol.Http11] },
            _stop.Token);
        return tls;
    }
}

/// <summary>One request as it came, and the connection to answer on.</summary>
internal sealed class UpstreamRequest
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly SemaphoreSlim _turn;
    private readonly CancellationToken _stop;
    private byte[]? _body;

    private UpstreamRequest(Socket socket, Stream stream, SemaphoreSlim turn, string head, byte[] rest, CancellationToken stop)
    {
        _socket = socket;
        _stream = stream;
        _turn = turn;
        _stop = stop;
        Head = head;
        Rest = rest;
        Peer = socket.RemoteEndPoint?.ToString() ?? "";
    }

    /// <summary>Everything up to the empty line, one character a byte.</summary>
    public string Head { get; }

    /// <summary>The other side of the connection: the same for every request on it.</summary>
    public string Peer { get; }

    public string Line => Head[..Head.IndexOf("\r\n", StringComparison.Ordinal)];

    public string Method => Line.Split(' ')[0];

    public string Target => Line.Split(' ')[1];

    /// <summary>Bytes behind this request.</summary>
    public byte[] Rest { get; private set; }

    /// <summary>The script has closed the connection.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>When the other side closed it, if <see cref="ClosedByPeerAsync"/> saw that.</summary>
    public long ClosedAt { get; private set; }

    /// <summary>All values of a header, in order; empty: it is not there.</summary>
    public string[] Header(string name) =>
        [.. Head.Split("\r\n")
            .Skip(1)
            .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            .Select(line => line[(name.Length + 1)..].Trim())];

    public static async Task<UpstreamRequest?> ReadAsync(
        Socket socket,
        Stream stream,
        SemaphoreSlim turn,
        byte[] rest,
        CancellationToken stop)
    {
        var bytes = rest;
        while (true)
        {
            var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                return new UpstreamRequest(socket, stream, turn, Encoding.Latin1.GetString(bytes, 0, end + 4), bytes[(end + 4)..], stop);
            }

            var more = await ReceiveAsync(stream, stop);
            if (more.Length == 0)
            {
                return null;
            }

            bytes = [.. bytes, .. more];
        }
    }

    /// <summary>The whole body, without chunks' frames.</summary>
    /// <exception cref="IOException">It ended early.</exception>
    public async Task<byte[]> ReadBodyAsync()
    {
        if (_body is not null)
        {
            return _body;
        }

        if (Header("Transfer-Encoding").Length > 0)
        {
            return _body = await ReadChunksAsync();
        }

        var length = Header("Content-Length") is [var text] ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        var body = new byte[length];
        var filled = Math.Min(length, Rest.Length);
        Rest.AsSpan(0, filled).CopyTo(body);
        Rest = Rest[filled..];
        while (filled < length)
        {
            var count = await _stream.ReadAsync(body.AsMemory(filled), _stop);
            if (count == 0)
            {
                throw new IOException("The request's body ended early.");
            }

            filled += count;
        }

        return _body = body;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        // TLS takes one write at a time.
        await _turn.WaitAsync(_stop);
        try
        {
            await _stream.WriteAsync(bytes, _stop);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A whole response with a length; the connection stays.</summary>
    public async Task RespondAsync(string body, int status = 200, string headers = "")
    {
        await ReadBodyAsync();
        await SendAsync($"HTTP/1.1 {status} Test\r\nContent-Length: {body.Length}\r\n{headers}\r\n{(Method == "HEAD" ? "" : body)}");
    }

    /// <summary>The head of an event stream in chunks.</summary>
    public Task BeginEventsAsync() => SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");

    public Task ChunkAsync(string text) => SendAsync($"{text.Length:x}\r\n{text}\r\n");

    public Task EndChunksAsync() => SendAsync("0\r\n\r\n");

    public void Close()
    {
        IsClosed = true;
        _socket.Dispose();
    }

    public void Reset()
    {
        IsClosed = true;
        _socket.Close(0);
    }

    /// <summary>Says nothing more until the other side closes the connection, and notes when.</summary>
    public async Task ClosedByPeerAsync()
    {
        try
        {
            while ((await ReceiveAsync(_stream, _stop)).Length > 0)
            {
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // A reset is an end too.
        }

        ClosedAt = Stopwatch.GetTimestamp();
        Close();
    }

    private async Task<byte[]> ReadChunksAsync()
    {
        var body = new MemoryStream();
        while (true)
        {
            var line = await ReadLineAsync();
            var size = int.Parse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            while (Rest.Length < size + 2)
            {
                await MoreAsync();
            }

            body.Write(Rest, 0, size);
            Rest = Rest[(size + 2)..];
            if (size == 0)
            {
                return body.ToArray();
            }
        }
    }

    private async Task<string> ReadLineAsync()
    {
        while (true)
        {
            var end = Rest.AsSpan().IndexOf("\r\n"u8);
            if (end >= 0)
            {
                var line = Encoding.Latin1.GetString(Rest, 0, end);
                Rest = Rest[(end + 2)..];
                return line;
            }

            await MoreAsync();
        }
    }

    private async Task MoreAsync()
    {
        var more = await ReceiveAsync(_stream, _stop);
        Rest = more.Length > 0 ? [.. Rest, .. more] : throw new IOException("The request's body ended early.");
    }

    private static async Task<byte[]> ReceiveAsync(Stream stream, CancellationToken stop)
    {
        var buffer = new byte[16 * 1024];
        var count = await stream.ReadAsync(buffer, stop);
        return buffer[..count];
    }
}
