using System.Numerics;

namespace Gateway.Fuzzing.Engine;

/// <summary>
/// Which edges inputs have reached, and how often: in buckets (1, 2, 3, 4-7, 8-15, 16-31, 32-127, more), so that a loop that runs longer
/// is news once and not each time.
/// </summary>
internal sealed class Coverage
{
    private readonly byte[] _seen = new byte[EdgeMap.Size];

    /// <summary>Edges that some input has reached.</summary>
    public int Edges { get; private set; }

    /// <summary>Takes what the last run counted; true: it has a bucket that none before had.</summary>
    public bool Take()
    {
        var isNews = false;
        var map = EdgeMap.All;
        for (var at = map.IndexOfAnyExcept((byte)0); at >= 0; at = Next(map, at))
        {
            var bucket = BucketOf(map[at]);
            if ((_seen[at] & bucket) == 0)
            {
                Edges += _seen[at] == 0 ? 1 : 0;
                _seen[at] |= bucket;
                isNews = true;
            }
        }

        return isNews;
    }

    /// <summary>The edges of the last run.</summary>
    public static ushort[] Last()
    {
        var edges = new List<ushort>();
        var map = EdgeMap.All;
        for (var at = map.IndexOfAnyExcept((byte)0); at >= 0; at = Next(map, at))
        {
            edges.Add((ushort)at);
        }

        return [.. edges];
    }

    /// <summary>The same for runs that took the same edges as often, by bucket.</summary>
    public static ulong LastSignature()
    {
        var hash = 14695981039346656037UL;
        var map = EdgeMap.All;
        for (var at = map.IndexOfAnyExcept((byte)0); at >= 0; at = Next(map, at))
        {
            hash = (hash ^ (((ulong)at << 8) | BucketOf(map[at]))) * 1099511628211;
        }

        return hash;
    }

    private static int Next(ReadOnlySpan<byte> map, int at)
    {
        var further = map[(at + 1)..].IndexOfAnyExcept((byte)0);
        return further < 0 ? -1 : at + 1 + further;
    }

    private static byte BucketOf(byte count) => count switch
    {
        <= 3 => (byte)(1 << (count - 1)),
        < 32 => (byte)(1 << (BitOperations.Log2(count) + 1)),
        < 128 => 1 << 6,
        _ => 1 << 7,
    };
}
