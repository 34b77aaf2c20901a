namespace Gateway.LastGood.InMemory;

/// <summary>Counts, by key, the responses in a row that take a stored one back. Lock-free, of fixed size.</summary>
/// <remarks>Two keys may share a place: the later one begins to count anew, which can only keep a stored response for longer.</remarks>
internal sealed class Withdrawals
{
    private const int Size = 4096;
    private readonly long[] _entries = new long[Size];
    private long _counting;

    /// <summary>Counts one.</summary>
    /// <param name="now">Seconds on a clock that only grows.</param>
    /// <param name="over">Seconds from the first to the last that it takes.</param>
    /// <returns>True: the stored response leaves.</returns>
    public bool Note(ReadOnlySpan<char> key, uint now, uint over)
    {
        var hash = (uint)string.GetHashCode(key, StringComparison.Ordinal);
        ref var entry = ref _entries[hash % Size];
        while (true)
        {
            var seen = Volatile.Read(ref entry);
            var (next, evicts) = WithdrawalRule.Next(seen, hash / Size, now, over);
            if (Interlocked.CompareExchange(ref entry, next, seen) == seen)
            {
                Interlocked.Add(ref _counting, (next == 0 ? 0 : 1) - (seen == 0 ? 0 : 1));
                return evicts;
            }
        }
    }

    /// <summary>The service gave the resource again: what was counted means nothing.</summary>
    public void Clear(ReadOnlySpan<char> key)
    {
        // Nearly always there is nothing to clear.
        if (Interlocked.Read(ref _counting) == 0)
        {
            return;
        }

        var hash = (uint)string.GetHashCode(key, StringComparison.Ordinal);
        ref var entry = ref _entries[hash % Size];
        var seen = Volatile.Read(ref entry);
        if (seen != 0 && WithdrawalRule.IsOf(seen, hash / Size) && Interlocked.CompareExchange(ref entry, 0, seen) == seen)
        {
            Interlocked.Decrement(ref _counting);
        }
    }
}
