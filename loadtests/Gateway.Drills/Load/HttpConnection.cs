using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Drills.Load;

/// <summary>
/// One HTTP/1.1 connection on a raw socket, one exchange at a time. It costs a fraction of an HttpClient, which
/// matters where generator and gateway share two cores, and it is strict: a response is whole only if its framing
/// says so, and not one byte may follow it.
/// </summary>
internal sealed class HttpConnection(SourceNames sources) : IDisposable
{
    private const int HeadLimit = 16 * 1024;
    private const int BodyLimit = 4 * 1024 * 1024;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _received = new byte[HeadLimit];
    private byte[] _body = new byte[4 * 1024];
    private int _start;
    private int _end;
    private Framing _framing;
    private long _left;
    private bool _inChunk;
    private volatile bool _timedOut;

    /// <summary>Where the next request is written: see <see cref="SendAsync"/>.</summary>
    public byte[] Request { get; } = new byte[2 * 1024];

    /// <summary>The timestamp at which the present exchange is given up; written by its owner, read by the sweeper.</summary>
    public long Deadline { get; set; } = long.MaxValue;

    /// <summary>True: <see cref="GiveUp"/> ended it.</summary>
    public bool TimedOut => _timedOut;

    /// <summary>True once a byte of the present response has come.</summary>
    public bool ResponseBegan { get; private set; }

    /// <summary>
    /// An idle connection that is readable was closed by the server, or holds bytes that were not asked for: not to be used again.
    /// </summary>
    public bool IsStale => _timedOut || _socket.Poll(0, SelectMode.SelectRead);

    /// <summary>Connects.</summary>
    public ValueTask ConnectAsync(IPEndPoint to, CancellationToken cancel = default) => _socket.ConnectAsync(to, cancel);

    /// <summary>Sends the first bytes of <see cref="Request"/>.</summary>
    public async ValueTask SendAsync(int length)
    {
        ResponseBegan = false;
        var sent = 0;
        while (sent < length)
        {
            sent += await _socket.SendAsync(Request.AsMemory(sent, length - sent), SocketFlags.None);
        }
    }

    /// <summary>Receives a whole response and proves that nothing follows it.</summary>
    public async ValueTask<ReceivedResponse> ReceiveAsync()
    {
        var head = await ReceiveHeadAsync();
        var length = 0;
        while (true)
        {
            if (length == _body.Length)
            {
                Grow();
            }

            var read = await ReadBodyAsync(_body.AsMemory(length));
            if (read == 0)
            {
                break;
            }

            length += read;
        }

        if (_start != _end)
        {
            throw new MalformedResponseException($"{_end - _start} bytes follow the response's end.");
        }

        return new()
        {
            Status = head.Status,
            FallbackSource = head.FallbackSource,
            Source = head.Source,
            Closes = head.Closes,
            Body = _body.AsMemory(0, length)
        };
    }

    /// <summary>Receives the head of a response; the body is read by <see cref="ReadBodyAsync"/>.</summary>
    public async ValueTask<HttpHead> ReceiveHeadAsync()
    {
        while (true)
        {
            var end = _received.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var head = HttpHead.Parse(_received.AsSpan(_start, end), sources);
                _start += end + 4;
                if (head.Status is >= 100 and < 200)
                {
                    continue;
                }

                (_framing, _left, _inChunk) = (head.Framing, head.Framing == Framing.Length ? head.Length : 0, false);
                return head;
            }

            if (_end - _start == HeadLimit)
            {
                throw new MalformedResponseException($"The response's head is longer than {HeadLimit} bytes.");
            }

            await FillAsync("within the head");
        }
    }

    /// <summary>Reads some of the body; 0: it is whole.</summary>
    /// <exception cref="TruncatedResponseException">The connection ended before the body's own end.</exception>
    public async ValueTask<int> ReadBodyAsync(Memory<byte> into)
    {
        // 1. Find out how many bytes may be taken from here.
        if (_framing == Framing.Chunked && _left == 0)
        {
            await NextChunkAsync();
        }

        if (_framing == Framing.None || _left == 0)
        {
            _framing = Framing.None;
            return 0;
        }

        // 2. Take what has been received, or receive more.
        if (_start == _end)
        {
            await FillAsync("within the body");
        }

        var take = (int)Math.Min(Math.Min(_end - _start, into.Length), _left);
        _received.AsSpan(_start, take).CopyTo(into.Span);
        _start += take;
        _left -= take;
        return take;
    }

    /// <summary>Ends the exchange from another thread because its deadline has passed.</summary>
    public void GiveUp()
    {
        _timedOut = true;
        _socket.Dispose();
    }

    /// <summary>Ends the connection as a user that disconnects does: with a reset.</summary>
    public void Vanish() => _socket.Close(0);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private async ValueTask NextChunkAsync()
    {
        // 1. The line end that closes the chunk before.
        if (_inChunk)
        {
            if ((await ReadLineAsync()).Length != 0)
            {
                throw new MalformedResponseException("A chunk is longer than its size says.");
            }
        }

        // 2. The size of the next; the last one is followed by an empty line (trailers were not asked for).
        var line = await ReadLineAsync();
        var digits = line.Span;
        if (digits.IsEmpty || !Utf8Parser.TryParse(digits, out long size, out var used, 'x') || used != digits.Length || size < 0)
        {
            throw new MalformedResponseException("A chunk's size is not a hexadecimal number.");
        }

        (_left, _inChunk) = (size, true);
        if (size == 0)
        {
            if ((await ReadLineAsync()).Length != 0)
            {
                throw new MalformedResponseException("The last chunk is not followed by an empty line.");
            }

            _framing = Framing.None;
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync()
    {
        while (true)
        {
            var end = _received.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (end >= 0)
            {
                var line = _received.AsMemory(_start, end);
                _start += end + 2;
                return line;
            }

            if (_end - _start > 1024)
            {
                throw new MalformedResponseException("A chunk's size line is longer than 1,024 bytes.");
            }

            await FillAsync("between two chunks");
        }
    }

    private async ValueTask FillAsync(string where)
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }
        else if (_end == _received.Length)
        {
            _received.AsSpan(_start, _end - _start).CopyTo(_received);
            (_start, _end) = (0, _end - _start);
        }

        var read = await _socket.ReceiveAsync(_received.AsMemory(_end), SocketFlags.None);
        if (read == 0)
        {
            throw ResponseBegan
                ? new TruncatedResponseException($"The connection ended {where}.")
                : new NoResponseException("The connection ended without a response.");
        }

        ResponseBegan = true;
        _end += read;
    }

    private void Grow()
    {
        if (_body.Length >= BodyLimit)
        {
            throw new MalformedResponseException($"The body is longer than {BodyLimit} bytes.");
        }

        Array.Resize(ref _body, _body.Length * 2);
    }
}
