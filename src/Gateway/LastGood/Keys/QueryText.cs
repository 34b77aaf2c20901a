namespace Gateway.LastGood.Keys;

/// <summary>A query in its normal form: escapes as <see cref="EscapedText"/> writes them, parameters sorted by name.</summary>
/// <remarks>
/// Only what RFC 3986, section 6.2.2, calls equivalent is made equal: <c>%41</c> and <c>A</c>, <c>%2f</c> and <c>%2F</c>; not <c>+</c> and
/// <c>%20</c>, which services read differently. Parameters of one name keep their order, because the first or the last of them may be the
/// one that counts.
/// </remarks>
internal static class QueryText
{
    /// <summary>A query with more parameters has no key.</summary>
    public const int MaxParameters = 64;

    /// <summary>Room that the normal form of a query may need.</summary>
    public static int RoomFor(int rawLength) => EscapedText.RoomFor(rawLength);

    /// <summary>
    /// Writes the normal form of every parameter to <paramref name="text"/> and their places, sorted, to <paramref name="parameters"/>.
    /// </summary>
    /// <param name="raw">The query without its question mark.</param>
    /// <returns>The count of parameters; -1: there are more than <paramref name="parameters"/> holds.</returns>
    public static int Normalise(ReadOnlySpan<char> raw, Span<char> text, Span<Range> parameters)
    {
        var count = 0;
        var length = 0;
        foreach (var part in raw.Split('&'))
        {
            var parameter = raw[part];
            if (parameter.IsEmpty)
            {
                continue;
            }

            if (count == parameters.Length)
            {
                return -1;
            }

            var start = length;
            length += EscapedText.Normalise(parameter, text[length..]);
            Insert(text, parameters, count++, start..length);
        }

        return count;
    }

    /// <summary>The name of a normalised parameter.</summary>
    public static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> parameter)
    {
        var equals = parameter.IndexOf('=');
        return equals < 0 ? parameter : parameter[..equals];
    }

    /// <summary>Whether a service would read a parameter under a configured name: escaped or not, in any case.</summary>
    /// <remarks>A spelling that the key overlooked would be one that the service reads and the key does not hold.</remarks>
    public static bool IsNamed(ReadOnlySpan<char> parameter, string name)
    {
        var written = NameOf(parameter);
        if (written.Equals(name, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        return (written.ContainsAny('%', '+') || name.AsSpan().ContainsAny('%', '+'))
            && string.Equals(Decoded(written.ToString()), Decoded(name), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Adds a normalised parameter to a key, with a digest in the place of a secret value.</summary>
    /// <param name="start">What stands before it is left out.</param>
    public static void Append(scoped ReadOnlySpan<char> parameter, int start, ref KeyBuilder key)
    {
        var name = NameOf(parameter);
        if (name.Length + 1 >= parameter.Length || !SecretNames.IsSecret(name))
        {
            key.Append(parameter[start..]);
            return;
        }

        key.Append(parameter[start..(name.Length + 1)]);
        key.AppendDigest(parameter[(name.Length + 1)..]);
    }

    private static string Decoded(string name) => Uri.UnescapeDataString(name.Replace('+', ' '));

    // Stable insertion: queries have a handful of parameters, mostly in order already.
    private static void Insert(ReadOnlySpan<char> text, Span<Range> parameters, int count, Range added)
    {
        var at = count;
        while (at > 0 && NameOf(text[parameters[at - 1]]).SequenceCompareTo(NameOf(text[added])) > 0)
        {
            parameters[at] = parameters[at - 1];
            at--;
        }

        parameters[at] = added;
    }
}
