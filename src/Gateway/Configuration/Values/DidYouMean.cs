namespace Gateway.Configuration.Values;

/// <summary>Finds what was probably meant by a misspelt name.</summary>
internal static class DidYouMean
{
    /// <summary>The candidate with the fewest edits from <paramref name="given"/>, or null when none is near enough to be meant.</summary>
    public static string? Of(string given, IEnumerable<string> candidates)
    {
        if (given.Length > 64)
        {
            return null;
        }

        var best = default(string);
        var fewest = Math.Max(1, given.Length / 3) + 1;
        foreach (var candidate in candidates)
        {
            var edits = string.Equals(given, candidate, StringComparison.OrdinalIgnoreCase)
                ? 0
                : Edits(given.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (edits >= fewest)
            {
                continue;
            }

            fewest = edits;
            best = candidate;
        }

        return best;
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).</summary>
    private static int Edits(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (var j = 0; j <= b.Length; j++)
        {
            rows[0, j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replace, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
