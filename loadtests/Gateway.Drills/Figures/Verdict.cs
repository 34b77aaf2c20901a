namespace Gateway.Drills.Figures;

/// <summary>One thing that a drill expects, with what was measured.</summary>
/// <param name="What">In words: "failed requests".</param>
/// <param name="Measured">The value that was found.</param>
/// <param name="Limit">The value that was allowed.</param>
/// <param name="Holds">Whether it is within.</param>
/// <param name="Key">The key in a drill file's <c>expect</c> that asked for it; null: none did.</param>
internal sealed record Expectation(string What, string Measured, string Limit, bool Holds, string? Key = null);

/// <summary>What a drill found: it passes only if every expectation holds.</summary>
internal sealed class Verdict
{
    private readonly List<Expectation> _expectations = [];

    /// <summary>Each expectation, in the order of its check.</summary>
    public IReadOnlyList<Expectation> Expectations => _expectations;

    /// <summary>True: all of them hold, and there is at least one.</summary>
    public bool Holds => _expectations.Count > 0 && _expectations.TrueForAll(expectation => expectation.Holds);

    /// <summary>At most so many.</summary>
    public Verdict AtMost(string what, double measured, double limit) =>
        Add(new(what, Text(measured), $"at most {Text(limit)}", measured <= limit));

    /// <summary>At least so many.</summary>
    public Verdict AtLeast(string what, double measured, double limit) =>
        Add(new(what, Text(measured), $"at least {Text(limit)}", measured >= limit));

    /// <summary>Exactly so many.</summary>
    public Verdict Exactly(string what, double measured, double expected) =>
        Add(new(what, Text(measured), $"exactly {Text(expected)}", Math.Abs(measured - expected) < 1e-9));

    /// <summary>Exactly these, in this order.</summary>
    public Verdict Same(string what, IReadOnlyList<string> measured, IReadOnlyList<string> expected) =>
        Add(new(what, List(measured), $"exactly {List(expected)}", measured.SequenceEqual(expected, StringComparer.Ordinal)));

    /// <summary>At most so long; null: it never happened, which does not hold.</summary>
    public Verdict Within(string what, TimeSpan? measured, TimeSpan limit) =>
        Add(new(what, measured is { } time ? Text(time) : "never", $"at most {Text(limit)}", measured <= limit));

    /// <summary>At least so long.</summary>
    public Verdict AtLeast(string what, TimeSpan measured, TimeSpan limit) =>
        Add(new(what, Text(measured), $"at least {Text(limit)}", measured >= limit));

    /// <summary>At most this percentage.</summary>
    public Verdict ShareAtMost(string what, double measured, double limit) =>
        Add(new(what, Percent(measured), $"at most {Percent(limit)}", measured <= limit));

    /// <summary>At least this percentage.</summary>
    public Verdict ShareAtLeast(string what, double measured, double limit) =>
        Add(new(what, Percent(measured), $"at least {Percent(limit)}", measured >= limit));

    /// <summary>Takes over another's expectations, named after where they come from.</summary>
    public Verdict Include(string from, Verdict other)
    {
        _expectations.AddRange(other.Expectations.Select(expectation => expectation with { What = $"{from}: {expectation.What}" }));
        return this;
    }

    /// <summary>Says which key asked for what was added since the last time.</summary>
    public Verdict As(string key)
    {
        for (var i = _expectations.Count - 1; i >= 0 && _expectations[i].Key is null; i--)
        {
            _expectations[i] = _expectations[i] with { Key = key };
        }

        return this;
    }

    /// <summary>Adds one as it is.</summary>
    public Verdict With(Expectation expectation) => Add(expectation);

    /// <summary>A time as people read it.</summary>
    public static string Text(TimeSpan time) => time >= TimeSpan.FromSeconds(10)
        ? FormattableString.Invariant($"{time.TotalSeconds:0.0} s")
        : FormattableString.Invariant($"{time.TotalMilliseconds:0.#} ms");

    private Verdict Add(Expectation expectation)
    {
        _expectations.Add(expectation);
        return this;
    }

    private static string Text(double number) => FormattableString.Invariant($"{number:0.##}");

    private static string List(IReadOnlyList<string> items) => items.Count == 0 ? "none" : string.Join(", ", items);

    private static string Percent(double share) => FormattableString.Invariant($"{share * 100:0.##} %");
}
