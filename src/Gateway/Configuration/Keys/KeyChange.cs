namespace Gateway.Configuration.Keys;

/// <summary>One key that a version of the gateway called differently, or that meant something else.</summary>
/// <param name="Since">The first version in which it is as it is now.</param>
/// <param name="Below">The path of the mapping that the key stands in; <c>*</c> for any name or item.</param>
/// <param name="Key">The key, as the older version called it.</param>
internal sealed record KeyChange(string Since, string Below, string Key)
{
    /// <summary>What it is called now; null: its name is the same.</summary>
    public string? Now { get; init; }

    /// <summary>What is different and what to write; null: it means the same under another name.</summary>
    public string? Meaning { get; init; }

    /// <summary>The key beside it that, once written, shows that the change is known; null: none does.</summary>
    public string? Unless { get; init; }

    /// <summary>True: the mapping at <paramref name="path"/> is one that the key stood in.</summary>
    public bool StandsIn(string path)
    {
        var pattern = Below.AsSpan();
        var given = path.AsSpan();
        while (true)
        {
            var wanted = First(ref pattern);
            var part = First(ref given);
            if (wanted is not "*" && !wanted.SequenceEqual(part))
            {
                return false;
            }

            if (pattern.IsEmpty || given.IsEmpty)
            {
                return pattern.IsEmpty && given.IsEmpty;
            }
        }
    }

    private static ReadOnlySpan<char> First(ref ReadOnlySpan<char> path)
    {
        var slash = path.IndexOf('/');
        var first = slash < 0 ? path : path[..slash];
        path = slash < 0 ? [] : path[(slash + 1)..];
        return first;
    }
}
