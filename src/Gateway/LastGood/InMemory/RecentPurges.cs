using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;

namespace Gateway.LastGood.InMemory;

/// <summary>The last purges, so that what was on its way when one came, or is read from a store later, is not kept after all.</summary>
/// <remarks>When there are more than <see cref="Most"/> the oldest turns into a purge of everything that began before it: that can only
/// keep too little.</remarks>
internal sealed class RecentPurges
{
    private const int Most = 64;
    private (PurgeRule Rule, long At)[] _rules = [];
    private long _everything = long.MinValue;

    /// <summary>Notes a purge.</summary>
    public void Add(PurgeRule rule, long now)
    {
        if (rule.MeansAll)
        {
            Stamps.Raise(ref _everything, now);
            return;
        }

        while (true)
        {
            var seen = Volatile.Read(ref _rules);
            if (seen.Length >= Most)
            {
                // Raised before the rule leaves, so that no moment forgets it.
                Stamps.Raise(ref _everything, seen[0].At);
            }

            (PurgeRule, long)[] more = [.. seen.AsSpan(seen.Length >= Most ? 1 : 0), (rule, now)];
            if (Interlocked.CompareExchange(ref _rules, more, seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>Whether a response was purged after it began.</summary>
    public bool Overtakes(StoredResponse stored)
    {
        if (Volatile.Read(ref _everything) >= stored.Began)
        {
            return true;
        }

        foreach (var (rule, at) in Volatile.Read(ref _rules))
        {
            if (at >= stored.Began && rule.Matches(stored))
            {
                return true;
            }
        }

        return false;
    }
}
