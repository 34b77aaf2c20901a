using System.Text;

namespace Gateway.Composition;

/// <summary>
/// Reads the header <c>Connection</c> so that the names in it survive Kestrel, which replaces the whole value by <c>keep-alive</c>, <c>close</c> or <c>upgrade</c> when that is
/// the only option in it that it knows. What <c>Connection</c> names must not reach a destination (RFC 9110, section 7.6.1), so the names are needed.
/// </summary>
/// <remarks>
/// Each line is read by itself, and what stands on the others is not known here. A <c>close</c> gets <c>keep-alive</c> for company wherever it stands, for two options that Kestrel knows are left alone, and
/// a <c>close</c> among them still closes. Beside other names on its line a lone <c>keep-alive</c> is left out, which HTTP/1.1 takes for granted, and a lone <c>upgrade</c> gets that company, too; on a line of
/// their own both stay as they are, since in HTTP/1.0 they decide whether the connection persists: names on another line than such a one are lost and go on as ordinary headers.
/// </remarks>
internal sealed class ConnectionHeaderEncoding : Encoding
{
    private const string KeepAlive = "keep-alive";

    /// <summary>The only one.</summary>
    public static readonly ConnectionHeaderEncoding Instance = new();

    private ConnectionHeaderEncoding()
    {
    }

    /// <summary>The value as Kestrel shall see it.</summary>
    public static string Read(string value)
    {
        var (keepAlive, close, upgrade) = (false, false, false);
        var names = new List<string>();
        foreach (var range in value.AsSpan().Split(','))
        {
            var token = value.AsSpan(range).Trim(" \t");
            if (token.Equals(KeepAlive, StringComparison.OrdinalIgnoreCase))
            {
                keepAlive = true;
            }
            else if (token.Equals("close", StringComparison.OrdinalIgnoreCase))
            {
                close = true;
            }
            else if (token.Equals("upgrade", StringComparison.OrdinalIgnoreCase))
            {
                upgrade = true;
            }
            else if (!token.IsEmpty)
            {
                names.Add(token.ToString());
            }
        }

        if (!keepAlive && (close || (upgrade && names.Count > 0)))
        {
            return $"{value}, {KeepAlive}";
        }

        return keepAlive && !close && !upgrade && names.Count > 0 ? string.Join(", ", names) : value;
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
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => charCount;

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => byteCount + KeepAlive.Length + 2;
}
