using System.Globalization;
using Gateway.Configuration.Routing;

namespace Gateway.Fallback;

/// <summary>
/// Fills the <c>{name}</c> of a file's name from the route's values and <c>{query:NAME}</c> from the query. What comes out is only ever
/// looked up among files that were read ahead, so that no value can reach the disk; the rules here are the second wall, and keep one
/// name from meaning two files.
/// </summary>
internal static class FileName
{
    private const string QueryKey = "query:";

    /// <summary>The longest whole name, in characters.</summary>
    public const int MostCharacters = 512;

    /// <summary>The longest single value, in characters.</summary>
    public const int MostCharactersOfValue = 128;

    /// <summary>Writes the filled name; false when a value is missing, or could mean anything but one plain part of a path.</summary>
    public static bool TryFill(
        ReadOnlySpan<char> template,
        RouteValueDictionary values,
        Span<char> name,
        out int length,
        string? query = null)
    {
        length = 0;
        while (!template.IsEmpty)
        {
            int open = template.IndexOf('{');
            ReadOnlySpan<char> literal = open < 0 ? template : template[..open];
            if (!literal.TryCopyTo(name[length..]))
            {
                return false;
            }

            length += literal.Length;
            if (open < 0)
            {
                return true;
            }

            int close = template.IndexOf('}');
            if (close < open
                || !TryFind(values, query, template[(open + 1)..close], out string value)
                || !IsPlain(value)
                || !value.TryCopyTo(name[length..]))
            {
                return false;
            }

            length += value.Length;
            template = template[(close + 1)..];
        }

        return true;
    }

    /// <summary>
    /// True when a value is one plain part of a path. The server has decoded it already; a per cent sign that is still there is
    /// an encoded slash or a second encoding, and neither names a file. Colons (drives, streams) and leading dots (hidden files)
    /// mean something to a disk, too.
    /// </summary>
    public static bool IsPlain(string value)
    {
        if (value.Length is 0 or > MostCharactersOfValue || value[0] is '.' or ' ' || value[^1] is '.' or ' '
            || value.AsSpan().ContainsAny("/\\%:{}") || value.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (char c in value)
        {
            // Format characters (bidirectional marks, zero width) make two names look like one.
            if (char.IsControl(c)
                || c is '\uFFFD'
                || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryFind(RouteValueDictionary values, string? query, ReadOnlySpan<char> key, out string value)
    {
        if (key.StartsWith(QueryKey, StringComparison.Ordinal))
        {
            return TryFind(query, key[QueryKey.Length..].ToString(), out value);
        }

        foreach ((string name, object? found) in values)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase) && found is string text)
            {
                value = text;
                return true;
            }
        }

        value = "";
        return false;
    }

    /// <summary>A parameter of the query, decoded once. One that stands there twice has no single value.</summary>
    private static bool TryFind(string? query, string name, out string value)
    {
        value = "";
        var isThere = false;
        foreach (var pair in new QueryPairs(query))
        {
            if (!pair.IsNamed(name))
            {
                continue;
            }

            if (isThere)
            {
                return false;
            }

            isThere = true;
            value = pair.Value;
        }

        return isThere;
    }
}
