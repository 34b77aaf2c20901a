using System.Globalization;

namespace Gateway.Upstream.Http1;

/// <summary>Reads <c>Content-Length</c> (RFC 9110, section 8.6).</summary>
internal static class ContentLength
{
    /// <summary>18 digits always fit into a long, and no body is longer.</summary>
    private const int MostDigits = 18;

    /// <summary>The length in bytes; several equal ones, by a list, are one (RFC 9110, section 8.6); null: it is malformed.</summary>
    public static long? Parse(ReadOnlySpan<char> value)
    {
        long? length = null;
        foreach (var range in value.Split(','))
        {
            var digits = value[range].Trim(" \t");
            if (digits.Length is 0 or > MostDigits || digits.ContainsAnyExceptInRange('0', '9'))
            {
                return null;
            }

            var said = long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
            if ((length ?? said) != said)
            {
                return null;
            }

            length = said;
        }

        return length;
    }
}
