namespace Gateway.Fuzzing.Engine;

/// <summary>Numbers by chance, the same for the same seed (SplitMix64).</summary>
internal sealed class FuzzRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Any 64 bits.</summary>
    public ulong Next()
    {
        var mixed = _state += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>From 0 to below <paramref name="limit"/>; 0 if that is not above 0.</summary>
    public int Below(int limit) => limit <= 0 ? 0 : (int)((Next() >> 32) * (ulong)limit >> 32);

    /// <summary>A length up to <paramref name="most"/>: mostly a short one.</summary>
    public int Length(int most) => Math.Min(most, 1 + Below(Below(16) switch { < 9 => 8, < 15 => 64, _ => most }));
}
