using System.Text;

namespace Gateway.Server;

/// <summary>
/// Reads the header <c>Content-Length</c> as RFC 9110 (section 8.6) writes it: digits and nothing else. Kestrel would read <c>+5</c>,
/// <c>-0</c>, and digits before a NUL or a vertical tab as numbers, too; another parser behind it may read them otherwise.
/// </summary>
internal sealed class ContentLengthEncoding : Encoding
{
    /// <summary>What Kestrel refuses with a 400.</summary>
    private const char NotANumber = 'x';

    /// <summary>Digits of the largest number that fits.</summary>
    private const int MostDigits = 19;

    /// <summary>The only one.</summary>
    public static readonly ContentLengthEncoding Instance = new();

    private ContentLengthEncoding()
    {
    }

    /// <inheritdoc/>
    public override int GetCharCount(byte[] bytes, int index, int count) => IsNumber(bytes.AsSpan(index, count)) ? count : 1;

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    /// <inheritdoc/>
    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        if (!IsNumber(bytes))
        {
            chars[0] = NotANumber;
            return 1;
        }

        return Latin1.GetChars(bytes, chars);
    }

    /// <inheritdoc/>
    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    /// <inheritdoc/>
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => charCount;

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => Math.Max(1, byteCount);

    private static bool IsNumber(ReadOnlySpan<byte> bytes) =>
        bytes.Length is > 0 and <= MostDigits && !bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
