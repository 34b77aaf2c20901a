using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.LastGood.Keys;

/// <summary>Writes one key's text without an allocation: on the stack first, in a pooled buffer when it grows.</summary>
/// <remarks>A key longer than <see cref="MaxLength"/> is no key: its request is neither stored nor served from the store.</remarks>
internal ref struct KeyBuilder(Span<char> initial)
{
    /// <summary>Characters of a digest in a key, its <c>#</c> included.</summary>
    public const int DigestLength = 44;

    /// <summary>Characters to take from the stack first: most keys need no more.</summary>
    public const int OnStack = 512;

    /// <summary>Longest key text in characters.</summary>
    public const int MaxLength = 8 * 1024;

    private Span<char> _chars = initial;
    private char[]? _rented;
    private int _length;

    /// <summary>True: the text would have grown beyond <see cref="MaxLength"/>; it must not be used.</summary>
    public bool TooLong { get; private set; }

    /// <summary>What was written.</summary>
    public readonly ReadOnlySpan<char> Text => _chars[.._length];

    /// <summary>Goes back to an earlier length.</summary>
    public void CutTo(int length) => _length = length;

    /// <summary>Adds one character as it stands.</summary>
    public void Append(char c)
    {
        if (_length < _chars.Length || Grow(1))
        {
            _chars[_length++] = c;
        }
    }

    /// <summary>Adds a text as it stands.</summary>
    public void Append(scoped ReadOnlySpan<char> text)
    {
        if (_length + text.Length <= _chars.Length || Grow(text.Length))
        {
            text.CopyTo(_chars[_length..]);
            _length += text.Length;
        }
    }

    /// <summary>Adds a text in the lower case of ASCII: the sign of Kelvin is no "k" to a service.</summary>
    public void AppendLower(scoped ReadOnlySpan<char> text)
    {
        if (_length + text.Length <= _chars.Length || Grow(text.Length))
        {
            foreach (var c in text)
            {
                _chars[_length++] = Lower(c);
            }
        }
    }

    /// <summary>
    /// Adds a text with blanks, control characters and the percent sign escaped, so that no value can look like the next part of the key.
    /// </summary>
    public void AppendEscaped(scoped ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            var clean = IndexOfUnsafe(text);
            if (clean < 0)
            {
                Append(text);
                return;
            }

            Append(text[..clean]);
            Append('%');
            Append(Hex(text[clean] >> 4));
            Append(Hex(text[clean] & 15));
            text = text[(clean + 1)..];
        }
    }

    /// <summary>As <see cref="AppendEscaped"/>, in lower case.</summary>
    public void AppendLowerEscaped(scoped ReadOnlySpan<char> text)
    {
        if (IndexOfUnsafe(text) < 0)
        {
            AppendLower(text);
            return;
        }

        foreach (var c in text)
        {
            if (c is <= ' ' or '%' or '\x7f')
            {
                Append('%');
                Append(Hex(c >> 4));
                Append(Hex(c & 15));
            }
            else
            {
                Append(Lower(c));
            }
        }
    }

    /// <summary>
    /// Adds a digest of <paramref name="secret"/> in its place: keys are listed to operators and written to disk, and a session cookie must
    /// be in neither.
    /// </summary>
    public void AppendDigest(scoped ReadOnlySpan<char> secret)
    {
        var size = Encoding.UTF8.GetMaxByteCount(secret.Length);
        var rented = size > 1024 ? ArrayPool<byte>.Shared.Rent(size) : null;
        Span<byte> bytes = rented ?? stackalloc byte[1024];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<char> text = stackalloc char[43];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(secret, bytes)], hash);
        Base64Url.EncodeToChars(hash, text);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }

        Append('#');
        Append(text);
    }

    /// <summary>Gives the pooled buffer back.</summary>
    public void Dispose()
    {
        if (_rented is { } rented)
        {
            _rented = null;
            _chars = default;
            _length = 0;
            ArrayPool<char>.Shared.Return(rented);
        }
    }

    private static int IndexOfUnsafe(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is <= ' ' or '%' or '\x7f')
            {
                return i;
            }
        }

        return -1;
    }

    private static char Lower(char c) => char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;

    private static char Hex(int digit) => (char)(digit < 10 ? '0' + digit : 'A' + digit - 10);

    private bool Grow(int more)
    {
        if (_length + more > MaxLength)
        {
            TooLong = true;
            return false;
        }

        var bigger = ArrayPool<char>.Shared.Rent(Math.Min(MaxLength, Math.Max(_length + more, _chars.Length * 2)));
        Text.CopyTo(bigger);
        if (_rented is not null)
        {
            ArrayPool<char>.Shared.Return(_rented);
        }

        _rented = bigger;
        _chars = bigger;
        return true;
    }
}
