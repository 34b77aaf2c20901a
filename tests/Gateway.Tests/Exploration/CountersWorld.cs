namespace Gateway.Tests.Exploration;

/// <summary>A small world to test the search with: a number that time brings back to 0, and one that it leaves.</summary>
/// <param name="broken">What must not be.</param>
/// <param name="restless">Where time never comes to an end.</param>
internal sealed class CountersWorld(Func<int, int, bool> broken, Func<int, int, bool> restless) : IWorld<(int Falls, int Stays)>
{
    /// <summary>Both count up to this.</summary>
    public const int Most = 5;

    public string Name => "counters";

    public IReadOnlyList<WorldAction> Actions { get; } =
    [
        new WorldAction("time passes", IsDisturbance: false),
        new WorldAction("the first grows", IsDisturbance: true),
        new WorldAction("the second grows", IsDisturbance: true),
    ];

    public (int Falls, int Stays) Start() => (0, 0);

    public Outcome<(int Falls, int Stays)>? Try((int Falls, int Stays) state, int action)
    {
        var (falls, stays) = action switch
        {
            0 when restless(state.Falls, state.Stays) => (state.Falls == 1 ? 2 : 1, state.Stays),
            0 => (Math.Max(0, state.Falls - 1), state.Stays),
            1 => (state.Falls + 1, state.Stays),
            _ => (state.Falls, state.Stays + 1),
        };
        return falls > Most || stays > Most
            ? null
            : new Outcome<(int, int)>((falls, stays), Announced: false, broken(falls, stays) ? $"both-low: {falls} and {stays}" : null);
    }

    public bool IsAsItShouldBe((int Falls, int Stays) state) => state.Falls == 0;

    public int Write((int Falls, int Stays) state, Span<byte> into)
    {
        var writer = new PackedWriter(into);
        writer.Add(state.Falls);
        writer.Add(state.Stays);
        return writer.Length;
    }

    public (int Falls, int Stays) Read(ReadOnlySpan<byte> from)
    {
        var reader = new PackedReader(from);
        return (reader.Next(), reader.Next());
    }

    public string Describe((int Falls, int Stays) state) => $"{state.Falls} and {state.Stays}";
}
