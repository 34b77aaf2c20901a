using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Conformance.Hostile;

/// <summary>
/// A connection of HTTP/2 that writes frames as it is told: fields are literals without indexing and without Huffman coding (RFC 7541 6.2.2), so that names and
/// values can hold any byte. It sends one request after the other.
/// </summary>
internal sealed class Http2Wire : IDisposable
{
    private const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8;
    private const byte EndStream = 1, EndHeaders = 4, Ack = 1;
    private readonly TcpClient _tcp = new();
    private readonly SslStream _stream;
    private int _nextStream = 1;

    private Http2Wire(int port)
    {
        _tcp.Connect("127.0.0.1", port);
        _tcp.NoDelay = true;
        _stream = new SslStream(_tcp.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
    }

    /// <summary>False once it must not be used again.</summary>
    public bool IsOpen { get; private set; } = true;

    public static async Task<Http2Wire> OpenAsync(int port, CancellationToken cancel)
    {
        var wire = new Http2Wire(port);
        await wire._stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ApplicationProtocols = [SslApplicationProtocol.Http2] }, cancel);
        await wire._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), cancel);
        await wire.WriteAsync(Settings, 0, 0, [], cancel);
        return wire;
    }

    /// <summary>Sends a request and gives the body of its response; null: the stream or the connection was reset.</summary>
    public async Task<string?> AskAsync(Http2Case request, CancellationToken cancel)
    {
        var stream = _nextStream;
        _nextStream += 2;
        try
        {
            await WriteAsync(Headers, (byte)(EndHeaders | (request.Body is null ? EndStream : 0)), stream, Encode(request.Fields), cancel);
            if (request.Body is not null)
            {
                await WriteAsync(Data, request.Trailers is null ? EndStream : (byte)0, stream, Encoding.Latin1.GetBytes(request.Body), cancel);
            }

            if (request.Trailers is not null)
            {
                await WriteAsync(Headers, EndHeaders | EndStream, stream, Encode(request.Trailers), cancel);
            }

            return await ReadAsync(stream, cancel);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The gateway ended the connection, or has said nothing for so long that the case is over.
            IsOpen = false;
            return null;
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _tcp.Dispose();
    }

    private static byte[] Encode(IEnumerable<(string Name, string Value)> fields)
    {
        var block = new MemoryStream();
        foreach (var (name, value) in fields)
        {
            block.WriteByte(0);
            WriteString(block, name);
            WriteString(block, value);
        }

        return block.ToArray();
    }

    private static void WriteString(MemoryStream block, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        if (bytes.Length < 127)
        {
            block.WriteByte((byte)bytes.Length);
        }
        else
        {
            block.WriteByte(127);
            var rest = bytes.Length - 127;
            for (; rest >= 128; rest >>= 7)
            {
                block.WriteByte((byte)(rest % 128 + 128));
            }

            block.WriteByte((byte)rest);
        }

        block.Write(bytes);
    }

    private async Task<string?> ReadAsync(int stream, CancellationToken cancel)
    {
        var body = new StringBuilder();
        var head = new byte[9];
        while (true)
        {
            await _stream.ReadExactlyAsync(head, cancel);
            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await _stream.ReadExactlyAsync(payload, cancel);
            var isOurs = (BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue) == stream;
            switch (head[3])
            {
                case Settings when (head[4] & Ack) == 0:
                    await WriteAsync(Settings, Ack, 0, [], cancel);
                    break;
                case Ping when (head[4] & Ack) == 0:
                    await WriteAsync(Ping, Ack, 0, payload, cancel);
                    break;
                case GoAway:
                    IsOpen = false;
                    return null;
                case Reset when isOurs:
                    return null;
                case Data when isOurs:
                    body.Append(Encoding.Latin1.GetString(payload));
                    if (payload.Length > 0)
                    {
                        await WriteAsync(WindowUpdate, 0, 0, [(byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length], cancel);
                    }

                    break;
                default:
                    break;
            }

            if (isOurs && head[3] is Data or Headers && (head[4] & EndStream) != 0)
            {
                return body.ToString();
            }
        }
    }

    private async Task WriteAsync(byte type, byte flags, int stream, byte[] payload, CancellationToken cancel)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        await _stream.WriteAsync(frame, cancel);
    }
}
