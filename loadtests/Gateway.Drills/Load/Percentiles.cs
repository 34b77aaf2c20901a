namespace Gateway.Drills.Load;

/// <summary>Exact percentiles by nearest rank: every value is kept and sorted, nothing is put into buckets.</summary>
internal sealed class Percentiles
{
    private readonly TimeSpan[] _sorted;

    private Percentiles(TimeSpan[] sorted) => _sorted = sorted;

    /// <summary>How many values there are.</summary>
    public int Count => _sorted.Length;

    /// <summary>Half were at most this.</summary>
    public TimeSpan P50 => At(50);

    /// <summary>99 of 100 were at most this.</summary>
    public TimeSpan P99 => At(99);

    /// <summary>The largest.</summary>
    public TimeSpan Max => At(100);

    /// <summary>From any values.</summary>
    public static Percentiles Of(IEnumerable<TimeSpan> values)
    {
        var sorted = values.ToArray();
        Array.Sort(sorted);
        return new(sorted);
    }

    /// <summary>From the ledger's entries that fit a condition.</summary>
    public static Percentiles Of(ReadOnlySpan<LedgerEntry> entries, Func<LedgerEntry, TimeSpan> value, Func<LedgerEntry, bool> condition)
    {
        var values = new List<TimeSpan>(entries.Length);
        foreach (ref readonly var entry in entries)
        {
            if (condition(entry))
            {
                values.Add(value(entry));
            }
        }

        return Of(values);
    }

    /// <summary>The smallest value that at least this percentage of the values does not exceed; zero when there are none.</summary>
    public TimeSpan At(double percent)
    {
        if (_sorted.Length == 0)
        {
            return TimeSpan.Zero;
        }

        // Decimal: 99.9 percent of 1,000 as a double is a hair over 999 and would name the next rank.
        var rank = (int)Math.Ceiling((decimal)percent / 100m * _sorted.Length);
        return _sorted[Math.Clamp(rank - 1, 0, _sorted.Length - 1)];
    }
}
