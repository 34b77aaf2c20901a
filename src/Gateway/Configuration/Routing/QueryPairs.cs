namespace Gateway.Configuration.Routing;

/// <summary>The parameters of a query one after the other, decoded where they are looked at: no list is made of them.</summary>
internal ref struct QueryPairs
{
    private ReadOnlySpan<char> _rest;
    private ReadOnlySpan<char> _pair;

    /// <param name="query">With its question mark or without; null or empty: there are none.</param>
    public QueryPairs(string? query)
    {
        _rest = query is ['?', ..] ? query.AsSpan(1) : query.AsSpan();
        _pair = default;
    }

    /// <summary>The parameter that was reached.</summary>
    public readonly QueryPair Current => new(_pair);

    /// <summary>Makes it usable in <c>foreach</c>.</summary>
    public readonly QueryPairs GetEnumerator() => this;

    /// <summary>Goes on to the next parameter.</summary>
    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            var end = _rest.IndexOf('&');
            _pair = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? default : _rest[(end + 1)..];
            if (!_pair.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>One parameter as a client wrote it.</summary>
internal readonly ref struct QueryPair(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;

    /// <summary>The decoded value; empty when there is no equals sign.</summary>
    public string Value => _text.IndexOf('=') is >= 0 and var equals ? Decoded(_text[(equals + 1)..]) : "";

    /// <summary>True: it has this name, once decoded.</summary>
    public bool IsNamed(string name)
    {
        var equals = _text.IndexOf('=');
        var own = equals < 0 ? _text : _text[..equals];
        return own.IndexOfAny('%', '+') < 0 ? own.SequenceEqual(name) : string.Equals(Decoded(own), name, StringComparison.Ordinal);
    }

    // As forms are encoded: a plus is a blank.
    private static string Decoded(ReadOnlySpan<char> text) =>
        text.IndexOfAny('%', '+') < 0 ? text.ToString() : Uri.UnescapeDataString(text.ToString().Replace('+', ' '));
}
