using Gateway.LastGood.Keys;

namespace Gateway.LastGood.InMemory;

/// <summary>
/// Remembers when keys or paths were last evicted, so that a copy that was on its way then, or an older record read from a store, is not
/// kept after all.
/// </summary>
/// <remarks>A table of fixed size: two texts may share a place, which can only refuse a copy too many, never keep one too many.</remarks>
internal sealed class Tombstones
{
    private const int Size = 8192;
    private readonly long[] _evictedAt = new long[Size];

    public Tombstones() => _evictedAt.AsSpan().Fill(long.MinValue);

    /// <summary>Notes an eviction.</summary>
    public void Mark(ReadOnlySpan<char> text, long now) => Stamps.Raise(ref _evictedAt[PlaceOf(text)], now);

    /// <summary>Whether what began at <paramref name="began"/> has been overtaken.</summary>
    public bool Overtakes(ReadOnlySpan<char> text, long began) =>
        Volatile.Read(ref _evictedAt[PlaceOf(text)]) >= began;

    private static int PlaceOf(ReadOnlySpan<char> text) => string.GetHashCode(text, StringComparison.Ordinal) & (Size - 1);
}
