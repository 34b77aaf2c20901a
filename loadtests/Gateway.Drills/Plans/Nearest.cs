namespace Gateway.Drills.Plans;

/// <summary>Finds what was probably meant by a misspelt name.</summary>
internal static class Nearest
{
    /// <summary>The candidate with the fewest edits, or null when none is near enough.</summary>
    public static string? Of(string given, IEnumerable<string> candidates)
    {
        var (best, fewest) = (default(string), Math.Max(1, given.Length / 3) + 1);
        foreach (var candidate in candidates)
        {
            var edits = Edits(given.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (edits < fewest)
            {
                (best, fewest) = (candidate, edits);
            }
        }

        return best;
    }

    /// <summary>"Did you mean 'x'?" when something is near, else the whole list.</summary>
    public static string Hint(string given, IReadOnlyCollection<string> candidates) =>
        Of(given, candidates) is { } near ? $"Did you mean '{near}'?" : $"Known are: {string.Join(", ", candidates)}.";

    /// <summary>Insertions, deletions and replacements.</summary>
    private static int Edits(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
