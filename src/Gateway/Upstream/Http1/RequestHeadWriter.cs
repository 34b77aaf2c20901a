using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Upstream.Http1;

/// <summary>Writes the head of an HTTP/1.1 request into a rented buffer.</summary>
internal struct RequestHeadWriter : IRequestHeaders
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(1024);
    private int _length;

    public RequestHeadWriter()
    {
    }

    /// <summary>The head so far.</summary>
    public readonly ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <inheritdoc/>
    /// <exception cref="UnwritableRequestException">The name is not a token, or the value has a control character.</exception>
    public void Add(string name, string? value)
    {
        // The framing is written once, by what is really sent.
        if (value is null
            || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
            || name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        UnwritableRequestException.ThrowUnlessHeader(name, value);

        Append(name);
        Append(": "u8);
        Append(value);
        Append("\r\n"u8);
    }

    /// <summary>Says where the body ends, and ends the head.</summary>
    /// <param name="length">The length of the body in bytes; null: there is none and nothing is said of it; -1: it comes in chunks.</param>
    public void End(long? length)
    {
        switch (length)
        {
            case null:
                Append("\r\n"u8);
                break;
            case < 0:
                Append("Transfer-Encoding: chunked\r\n\r\n"u8);
                break;
            default:
                Append("Content-Length: "u8);
                MakeRoom(20);
                length.Value.TryFormat(_bytes.AsSpan(_length), out var written, provider: CultureInfo.InvariantCulture);
                _length += written;
                Append("\r\n\r\n"u8);
                break;
        }
    }

    /// <summary>Characters up to 255, one byte each: headers are passed on byte for byte.</summary>
    public void Append(ReadOnlySpan<char> text)
    {
        MakeRoom(text.Length);
        _length += Encoding.Latin1.GetBytes(text, _bytes.AsSpan(_length));
    }

    /// <summary>Bytes as they are.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        MakeRoom(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Gives the buffer back.</summary>
    public void Return()
    {
        // A writer whose buffer was passed on has none.
        if (_bytes is not { Length: > 0 } bytes)
        {
            return;
        }

        ArrayPool<byte>.Shared.Return(bytes);
        _bytes = [];
        _length = 0;
    }

    private void MakeRoom(int count)
    {
        if (_bytes.Length - _length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, _length + count));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
    }
}
