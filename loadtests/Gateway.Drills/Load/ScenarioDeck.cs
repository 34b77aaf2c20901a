namespace Gateway.Drills.Load;

/// <summary>
/// Deals scenarios by weight: a shuffled deck, dealt over and over, so that the shares are exact over every round
/// and the order still looks random. The same seed deals the same order.
/// </summary>
internal sealed class ScenarioDeck
{
    private readonly byte[] _cards;
    private readonly Random _random;
    private int _next;

    /// <summary>A deck with as many cards a scenario as its weight.</summary>
    public ScenarioDeck(IReadOnlyList<Scenario> scenarios, int seed)
    {
        _cards = [.. scenarios.SelectMany((scenario, index) => Enumerable.Repeat((byte)index, scenario.Weight))];
        _random = new(seed);
        _next = _cards.Length;
    }

    /// <summary>The next scenario's position in the plan.</summary>
    public byte Next()
    {
        if (_next == _cards.Length)
        {
            _random.Shuffle(_cards);
            _next = 0;
        }

        return _cards[_next++];
    }
}
