using System.Text;
using Gateway.Upstream;

namespace Gateway.Server;

/// <summary>
/// Reads the header <c>Connection</c> so that the names in it survive Kestrel, which replaces all of its lines by <c>keep-alive</c>,
/// <c>close</c> or <c>upgrade</c> when that is the only option that it knows in any of them. The headers that <c>Connection</c> names must
/// not reach a destination (RFC 9110, section 7.6.1), so the names are needed.
/// </summary>
/// <remarks>
/// Each line is read by itself, and the other lines are not known here. Two options that Kestrel knows are left alone together, so a line
/// that names a header gets both <c>close</c> and <c>keep-alive</c>, and <c>close</c> wins: such a request ends its connection. Lines that
/// name only what never goes further stay as they are, since nothing depends on those names: clients that say <c>Connection: keep-alive,
/// Upgrade, HTTP2-Settings</c> or <c>Connection: TE</c> keep their connection.
/// </remarks>
internal sealed class ConnectionHeaderEncoding : Encoding
{
    /// <summary>Two options that Kestrel knows.</summary>
    private const string KeepsNames = ", close, keep-alive";

    /// <summary>The only one.</summary>
    public static readonly ConnectionHeaderEncoding Instance = new();

    private ConnectionHeaderEncoding()
    {
    }

    /// <summary>The value as Kestrel shall see it.</summary>
    public static string Read(string value)
    {
        foreach (var range in value.AsSpan().Split(','))
        {
            var token = value.AsSpan(range).Trim(" \t");
            if (!token.IsEmpty && !IsOption(token) && !HopByHop.Contains(token))
            {
                return value + KeepsNames;
            }
        }

        return value;
    }

    /// <inheritdoc/>
    public override int GetCharCount(byte[] bytes, int index, int count) => Read(Latin1.GetString(bytes, index, count)).Length;

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        var text = Read(Latin1.GetString(bytes, byteIndex, byteCount));
        text.CopyTo(0, chars, charIndex, text.Length);
        return text.Length;
    }

    /// <inheritdoc/>
    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    /// <inheritdoc/>
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => charCount;

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => byteCount + KeepsNames.Length;

    private static bool IsOption(ReadOnlySpan<char> token) =>
        token.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
            || token.Equals("close", StringComparison.OrdinalIgnoreCase)
            || token.Equals("upgrade", StringComparison.OrdinalIgnoreCase);
}
