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
    /// <remarks>SQLite finds the same (<see cref="Stores.SqliteBacking"/>).</remarks>
    public static bool Begins(StoredResponse stored, string prefix)
    {
        if (stored.Key.StartsWith(prefix, StringComparison.Ordinal) || stored.Place.StartsWith(prefix, StringComparison.Ordinal))
        {
            return true;
        }

        var slash = stored.Place.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return false;
        }

        var path = stored.Place.AsSpan(slash);
        return path.StartsWith(prefix, StringComparison.Ordinal) || GoesOn(stored.Key, path, prefix);
    }

    // From the path into the key behind it. A slash elsewhere in a key is part of a value.
    private static bool GoesOn(string key, ReadOnlySpan<char> path, string prefix) =>
        prefix.Length > path.Length
            && prefix[path.Length] is '?' or ' '
            && prefix.AsSpan().StartsWith(path, StringComparison.Ordinal)
            && key.Contains(prefix, StringComparison.Ordinal);
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
