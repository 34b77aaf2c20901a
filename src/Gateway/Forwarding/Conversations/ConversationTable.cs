namespace Gateway.Forwarding.Conversations;

/// <summary>
/// Where the conversations of a cluster last were, and when: the hash of each one's key, its destination and a second; no key itself.
/// Its size is fixed: where there are more conversations, those that were silent for longest are forgotten. Lock-free; the worst that a
/// race can do is that a conversation moves.
/// </summary>
internal sealed class ConversationTable
{
    /// <summary>So many conversations are remembered at most.</summary>
    public const int Most = Sets * Ways;

    // 128 Ki conversations of 16 bytes: 2 MiB.
    private const int Ways = 8;
    private const int Sets = 16 * 1024;

    // Pairs: the hash of a key (0: free), and destination and second in one word. Allocated with the first conversation.
    private long[]? _words;

    /// <summary>Where a conversation last was.</summary>
    /// <param name="key">The hash of its key.</param>
    /// <param name="destination">The destination, by <see cref="Health.Model.Destination.Seed"/>'s lower half.</param>
    /// <param name="second">When, as it was told.</param>
    public bool TryFind(ulong key, out uint destination, out uint second)
    {
        (destination, second) = (0, 0);
        if (Volatile.Read(ref _words) is not { } words || PlaceOf(words, key) is not (>= 0 and var place))
        {
            return false;
        }

        var value = Volatile.Read(ref words[place + 1]);
        (destination, second) = ((uint)(value >> 32), (uint)value);

        // Replaced meanwhile by another conversation: then it is forgotten.
        return (ulong)Volatile.Read(ref words[place]) == key && value != 0;
    }

    /// <summary>A conversation is at a destination now.</summary>
    public void Note(ulong key, uint destination, uint second)
    {
        var words = Volatile.Read(ref _words) ?? Interlocked.CompareExchange(ref _words, new long[Most * 2], null) ?? _words;
        var value = ((long)destination << 32) | second;
        var place = PlaceOf(words, key);
        if (place >= 0)
        {
            if (words[place + 1] != value)
            {
                Volatile.Write(ref words[place + 1], value);
            }

            return;
        }

        var oldest = SetOf(key);
        var longest = -1L;
        for (var at = oldest; at < SetOf(key) + (Ways * 2); at += 2)
        {
            var silence = words[at] == 0 ? long.MaxValue : (uint)(second - (uint)words[at + 1]);
            if (silence > longest)
            {
                (oldest, longest) = (at, silence);
            }
        }

        // No reader takes one conversation's destination for another's.
        Volatile.Write(ref words[oldest], 0);
        Volatile.Write(ref words[oldest + 1], value);
        Volatile.Write(ref words[oldest], (long)key);
    }

    private static int SetOf(ulong key) => (int)(key % Sets) * Ways * 2;

    private static int PlaceOf(long[] words, ulong key)
    {
        var first = SetOf(key);
        for (var at = first; at < first + (Ways * 2); at += 2)
        {
            if ((ulong)Volatile.Read(ref words[at]) == key)
            {
                return at;
            }
        }

        return -1;
    }
}
