namespace Gateway.LastGood.InMemory;

/// <summary>The responses of one route; notes of variants are no responses.</summary>
internal sealed class RouteTotal
{
    private long _entries;
    private long _bytes;

    /// <summary>Answers.</summary>
    public long Entries => Interlocked.Read(ref _entries);

    /// <summary>Bytes of memory that they are counted for.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>A response came (<paramref name="sign"/> 1) or left (-1).</summary>
    public void Count(StoredResponse stored, long cost, int sign)
    {
        Interlocked.Add(ref _bytes, sign * cost);
        if (!stored.IsMarker)
        {
            Interlocked.Add(ref _entries, sign);
        }
    }
}
