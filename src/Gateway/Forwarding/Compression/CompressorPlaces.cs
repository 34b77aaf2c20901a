namespace Gateway.Forwarding.Compression;

/// <summary>
/// Bounds how many responses are compressed at once: each holds memory until its client has taken it, and clients may read slowly. Further
/// responses are given as they are.
/// </summary>
/// <param name="most">How many.</param>
internal sealed class CompressorPlaces(int most)
{
    private int _taken;

    /// <summary>Those of the process.</summary>
    public static CompressorPlaces Shared { get; } = new(512);

    /// <summary>Takes a place; false: there is none. Balance with <see cref="Return"/>.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= most)
        {
            return true;
        }

        Return();
        return false;
    }

    /// <summary>Gives it back.</summary>
    public void Return() => Interlocked.Decrement(ref _taken);
}
