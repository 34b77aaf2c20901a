using Gateway.LastGood.Keys;

namespace Gateway.LastGood.Policy;

/// <summary>Which kept responses an operator wants forgotten.</summary>
/// <param name="By">What <paramref name="Text"/> is.</param>
/// <param name="Text">A key, the begin of a key or path, or a route's name.</param>
internal readonly record struct PurgeRule(PurgeBy By, string Text)
{
    /// <summary>True: every response is meant.</summary>
    public bool MeansAll => By == PurgeBy.Prefix && Text.Length == 0;

    /// <summary>The rule with its text in the form that keys have, however the operator wrote the path.</summary>
    public PurgeRule Normalised => By == PurgeBy.Route ? this : this with { Text = OperatorText.Normalised(Text) };

    /// <summary>Whether a response is meant. A nearest response goes with the exact one that filled it: it says the same.</summary>
    public bool Matches(StoredResponse stored) => By switch
    {
        PurgeBy.Key => string.Equals(stored.Key, Text, StringComparison.Ordinal)
            || (stored.FilledBy is { } exact && Text.StartsWith(exact, StringComparison.Ordinal)),
        PurgeBy.Route => string.Equals(stored.Route, Text, StringComparison.Ordinal),
        _ => Begins(stored, Text),
    };

    /// <summary>Whether a key or path begins with a text; both may stand without their host.</summary>
    public static bool Begins(StoredResponse stored, string prefix)
    {
        if (stored.Key.StartsWith(prefix, StringComparison.Ordinal) || stored.Place.StartsWith(prefix, StringComparison.Ordinal))
        {
            return true;
        }

        return PathOf(stored.Place).StartsWith(prefix, StringComparison.Ordinal)
            || PathOf(stored.Key).StartsWith(prefix, StringComparison.Ordinal);
    }

    private static ReadOnlySpan<char> PathOf(string text)
    {
        var path = text.IndexOf('/', StringComparison.Ordinal);
        return path < 0 ? default : text.AsSpan(path);
    }
}

/// <summary>What a purge goes by.</summary>
internal enum PurgeBy
{
    /// <summary>One whole key.</summary>
    Key,

    /// <summary>Keys and paths that begin with a text.</summary>
    Prefix,

    /// <summary>All responses of one route.</summary>
    Route,
}
