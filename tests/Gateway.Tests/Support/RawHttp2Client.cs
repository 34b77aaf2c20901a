using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Tests.Support;

/// <summary>
/// A client of HTTP/2 over TLS that sends the header fields a test says, byte by byte and in their order, pseudo-headers included: what no
/// proper client lets through. One stream after the other; it understands of a response as much as a test needs.
/// </summary>
internal sealed class RawHttp2Client : IAsyncDisposable
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte Ping = 6;
    private const byte GoAway = 7;
    private const byte WindowUpdate = 8;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private SslStream _stream = null!;
    private int _nextStream = 1;
    private bool _opensWindow;

    /// <summary>False: the connection has ended, or is to be left.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Ends what is under way; the connection is to be left then.</summary>
    public CancellationToken Cancel { get; set; }

    /// <param name="url">Where to; its certificate may be any.</param>
    /// <param name="initialWindow">What the other side may send on a stream, and on all of them never more than the protocol's 65,535
    /// bytes; null: as much as it likes.</param>
    public static async Task<RawHttp2Client> ConnectAsync(Uri url, int? initialWindow = null)
    {
        var client = new RawHttp2Client { _opensWindow = initialWindow is null };
        await client._socket.ConnectAsync(url.Host, url.Port);
        client._stream = new SslStream(new NetworkStream(client._socket), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
        await client._stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = url.Host,
            ApplicationProtocols = [SslApplicationProtocol.Http2]
        });
        await client._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        var settings = Array.Empty<byte>();
        if (initialWindow is { } window)
        {
            settings = new byte[6];
            BinaryPrimitives.WriteUInt16BigEndian(settings, 4);
            BinaryPrimitives.WriteInt32BigEndian(settings.AsSpan(2), window);
        }

        await client.WriteFrameAsync(Settings, 0, 0, settings);
        return client;
    }

    /// <summary>A request without a body; what came of it.</summary>
    public Task<RawHttp2Response> AskAsync(params (string Name, string Value)[] fields) => AskAsync(fields, body: null);

    /// <summary>A request; what came of it.</summary>
    /// <param name="fields">The header section, pseudo-headers included, in its order.</param>
    /// <param name="body">In one frame; null: there is none.</param>
    /// <param name="trailers">The section behind the body; null: there is none.</param>
    public async Task<RawHttp2Response> AskAsync(
        IReadOnlyList<(string Name, string Value)> fields,
        byte[]? body,
        IReadOnlyList<(string Name, string Value)>? trailers = null)
    {
        var stream = _nextStream;
        _nextStream += 2;
        var isLast = body is null && trailers is null;
        try
        {
            await WriteFrameAsync(Headers, (byte)(EndHeaders | (isLast ? EndStream : 0)), stream, Encode(fields));
            if (body is not null)
            {
                await WriteFrameAsync(Data, trailers is null ? EndStream : (byte)0, stream, body);
            }

            if (trailers is not null)
            {
                await WriteFrameAsync(Headers, EndHeaders | EndStream, stream, Encode(trailers));
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The connection was closed meanwhile; what came before that is read all the same.
        }

        return await ReadAsync(stream);
    }

    /// <summary>A frame as it is.</summary>
    public Task SendAsync(byte type, byte flags, int stream, byte[] payload) => WriteFrameAsync(type, flags, stream, payload);

    public ValueTask DisposeAsync()
    {
        _socket.Close(0);
        return ValueTask.CompletedTask;
    }

    private static byte[] Encode(IReadOnlyList<(string Name, string Value)> fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            // Literal, never indexed, without Huffman (RFC 7541, section 6.2.3).
            block.Add(0x10);
            Append(block, Encoding.Latin1.GetBytes(name));
            Append(block, Encoding.Latin1.GetBytes(value));
        }

        return [.. block];
    }

    private static void Append(List<byte> block, byte[] text)
    {
        if (text.Length < 127)
        {
            block.Add((byte)text.Length);
        }
        else
        {
            block.Add(127);
            var rest = text.Length - 127;
            for (; rest >= 128; rest >>= 7)
            {
                block.Add((byte)((rest & 127) | 128));
            }

            block.Add((byte)rest);
        }

        block.AddRange(text);
    }

    private async Task<RawHttp2Response> ReadAsync(int stream)
    {
        var status = 0;
        var body = new List<byte>();
        var header = new byte[9];
        while (true)
        {
            if (!await TryReadAsync(header))
            {
                return new RawHttp2Response(status, Encoding.Latin1.GetString([.. body]), IsReset: true, IsGone: true);
            }

            var length = (header[0] << 16) | (header[1] << 8) | header[2];
            var (type, flags) = (header[3], header[4]);
            var id = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)) & int.MaxValue;
            var payload = new byte[length];
            if (!await TryReadAsync(payload))
            {
                return new RawHttp2Response(status, Encoding.Latin1.GetString([.. body]), IsReset: true, IsGone: true);
            }

            switch (type)
            {
                case Settings or Ping when (flags & 1) == 0:
                    await AcknowledgeAsync(type, payload);
                    break;
                case GoAway:
                    IsOpen = false;
                    return new RawHttp2Response(status, Encoding.Latin1.GetString([.. body]), IsReset: true, IsGone: true);
                case Reset when id == stream:
                    return new RawHttp2Response(
                        status,
                        Encoding.Latin1.GetString([.. body]),
                        IsReset: true,
                        Error: BinaryPrimitives.ReadInt32BigEndian(payload));
                case Headers when id == stream && status == 0:
                    status = StatusOf(payload);
                    break;
                case Data when id == stream:
                    body.AddRange(payload);
                    await OpenWindowAsync(payload.Length);
                    break;
            }

            if (id == stream && type is Data or Headers && (flags & 1) != 0)
            {
                return new RawHttp2Response(status, Encoding.Latin1.GetString([.. body]), IsReset: false);
            }
        }
    }

    private async Task<bool> TryReadAsync(byte[] into)
    {
        try
        {
            await _stream.ReadExactlyAsync(into, Cancel);
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            IsOpen = false;
            return false;
        }
    }

    /// <summary>The status stands first: indexed, or as a literal without Huffman, which is how Kestrel writes it.</summary>
    private static int StatusOf(byte[] block)
    {
        // A change of the table's size may come before it.
        var at = (block[0] & 0xE0) == 0x20 ? 1 : 0;
        var first = block[at];
        if ((first & 0x80) != 0)
        {
            return (first & 0x7F) switch { 8 => 200, 9 => 204, 10 => 206, 11 => 304, 12 => 400, 13 => 404, 14 => 500, _ => -1 };
        }

        return int.TryParse(Encoding.Latin1.GetString(block, at + 2, block[at + 1]), out var status) ? status : -1;
    }

    private async Task AcknowledgeAsync(byte type, byte[] payload)
    {
        try
        {
            await WriteFrameAsync(type, 1, 0, type == Ping ? payload : []);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // As above.
        }
    }

    /// <summary>Of the connection alone: a stream's own window is enough for what tests read.</summary>
    private async Task OpenWindowAsync(int count)
    {
        if (!_opensWindow || count == 0)
        {
            return;
        }

        var increment = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(increment, count);
        try
        {
            await WriteFrameAsync(WindowUpdate, 0, 0, increment);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // As above.
        }
    }

    private async Task WriteFrameAsync(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        await _stream.WriteAsync(frame, Cancel);
    }
}

/// <summary>What came of a request.</summary>
/// <param name="Status">0: nothing came.</param>
/// <param name="Body">One character a byte.</param>
/// <param name="IsReset">The stream, or the whole connection, was broken off.</param>
/// <param name="Error">The code of RST_STREAM.</param>
/// <param name="IsGone">The connection ended.</param>
internal sealed record RawHttp2Response(int Status, string Body, bool IsReset, int Error = 0, bool IsGone = false)
{
    /// <summary>Refused: by a status from 400 to 499, by a reset, or by the end of the connection.</summary>
    public bool IsRefused => Status is >= 400 and < 500 || (Status == 0 && IsReset);
}
