namespace Gateway.Tests.Exploration;

/// <summary>Writes a state's canonical form, a byte a value: small numbers, ages and terms counted in ticks of the world's clock.</summary>
internal ref struct PackedWriter(Span<byte> into)
{
    private readonly Span<byte> _into = into;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>A small number; -1 and -2 too.</summary>
    public void Add(int value) => _into[Length++] = checked((byte)(value + 2));

    /// <summary>Whether.</summary>
    public void Add(bool value) => Add(value ? 1 : 0);

    /// <summary>A share, exact to a thousandth: its values in a world of ticks are fewer.</summary>
    public void AddShare(double share)
    {
        var thousandths = (int)Math.Round(share * 1000);
        Add(thousandths / 200);
        Add(thousandths % 200);
    }

    /// <summary>How long ago something was, up to an age from which on nothing distinguishes it; null: it was not.</summary>
    public void AddAge(TimeSpan? at, TimeSpan now, TimeSpan tick, int most) =>
        Add(at is { } then ? Math.Clamp(TicksIn(now - then, tick), 0, most) : -1);

    /// <summary>How long until something ends; null: it does not.</summary>
    public void AddRest(TimeSpan? end, TimeSpan now, TimeSpan tick, int most) =>
        Add(end is { } then ? Math.Clamp(TicksIn(then - now, tick), 0, most) : -1);

    private static int TicksIn(TimeSpan span, TimeSpan tick) => (int)Math.Round(span / tick);
}
