using System.Buffers;
using System.Text;

namespace Gateway.Forwarding;

/// <summary>Writes the head of an HTTP/1.1 request into a rented buffer.</summary>
internal struct HeadWriter : IRequestHeaders
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(1024);
    private int _length;

    public HeadWriter()
    {
    }

    /// <summary>The head so far.</summary>
    public readonly ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <inheritdoc/>
    /// <exception cref="UnwritableRequestException">The name is not a token, or the value has a control character.</exception>
    public void Add(string name, string? value)
    {
        // The request ends with its head: what says otherwise would be read as the beginning of another one.
        if (value is null || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        UnwritableRequestException.ThrowUnlessHeader(name, value);

        Append(name);
        Append(": "u8);
        Append(value);
        Append("\r\n"u8);
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
        ArrayPool<byte>.Shared.Return(_bytes);
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
