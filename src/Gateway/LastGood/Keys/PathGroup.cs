namespace Gateway.LastGood.Keys;

/// <summary>
/// Everything that is kept for one host and path, so that a write to the path invalidates it by one number, without a search.
/// </summary>
internal sealed class PathGroup(string place)
{
    private const int Gone = -1;
    private long _invalidatedAt = long.MinValue;
    private int _members;

    /// <summary>Host and path.</summary>
    public string Place { get; } = place;

    /// <summary>Answers that began at or before this are not served any more.</summary>
    public long InvalidatedAt => Volatile.Read(ref _invalidatedAt);

    /// <summary>Moves <see cref="InvalidatedAt"/> on.</summary>
    public void Invalidate(long now) => Stamps.Raise(ref _invalidatedAt, now);

    /// <summary>Counts a member; false: the group has left the dictionary, take a new one.</summary>
    public bool TryEnter()
    {
        while (true)
        {
            var members = Volatile.Read(ref _members);
            if (members == Gone)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _members, members + 1, members) == members)
            {
                return true;
            }
        }
    }

    /// <summary>Counts a member out; true: it was the last, and the group must leave the dictionary.</summary>
    public bool Leave() =>
        Interlocked.Decrement(ref _members) == 0 && Interlocked.CompareExchange(ref _members, Gone, 0) == 0;
}
