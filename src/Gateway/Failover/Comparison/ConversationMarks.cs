namespace Gateway.Failover.Comparison;

/// <summary>
/// Which conversations have counted in a ramp, of fixed size and without a lock: a bit for each of 65,536 hashes. Two conversations that
/// share a bit count as one, which only leaves a few of them out.
/// </summary>
internal sealed class ConversationMarks
{
    private const int Words = 1024;

    private readonly ulong[] _bits = new ulong[Words];

    /// <summary>True, once for each conversation: it has not counted yet.</summary>
    /// <param name="conversation">The hash of its key.</param>
    public bool TryAdd(ulong conversation)
    {
        var mark = 1UL << (int)(conversation & 63);
        ref var word = ref _bits[(conversation >> 6) % Words];
        return (Volatile.Read(ref word) & mark) == 0 && (Interlocked.Or(ref word, mark) & mark) == 0;
    }
}
