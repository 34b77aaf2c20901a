namespace Gateway.Tests.Exploration;

/// <summary>Reads what <see cref="PackedWriter"/> has written, in its order.</summary>
internal ref struct PackedReader(ReadOnlySpan<byte> from)
{
    private readonly ReadOnlySpan<byte> _from = from;
    private int _at;

    /// <summary>Bytes read.</summary>
    public readonly int Length => _at;

    /// <summary>A small number.</summary>
    public int Next() => _from[_at++] - 2;

    /// <summary>Whether.</summary>
    public bool NextFlag() => Next() != 0;

    /// <summary>A share.</summary>
    public double NextShare() => ((Next() * 200) + Next()) / 1000.0;

    /// <summary>When something was.</summary>
    public TimeSpan? NextAge(TimeSpan now, TimeSpan tick) => Next() is >= 0 and var age ? now - (age * tick) : null;

    /// <summary>When something ends.</summary>
    public TimeSpan? NextRest(TimeSpan now, TimeSpan tick) => Next() is >= 0 and var rest ? now + (rest * tick) : null;
}
