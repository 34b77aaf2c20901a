using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>What must hold of a destination's metrics, and for how long (<c>when</c>).</summary>
/// <param name="Text">As it is written.</param>
/// <param name="All">Comparisons that must hold together; at least one.</param>
/// <param name="For">
/// How long they must have held, and must have stopped to hold before the signal ends. Zero: one reading is enough.
/// </param>
internal sealed record SignalCondition(string Text, ImmutableArray<SignalComparison> All, TimeSpan For);

/// <summary>One comparison of a value with a number.</summary>
/// <param name="Function">What is made of the series.</param>
/// <param name="Series">Which series.</param>
/// <param name="Window">The time over which a rate or a quantile is taken; zero for a value as it is.</param>
/// <param name="Quantile">Which quantile, from 0 to 1.</param>
/// <param name="Operator">How it is compared.</param>
/// <param name="Limit">With what.</param>
internal sealed record SignalComparison(
    SignalFunction Function, SeriesSelector Series, TimeSpan Window, double Quantile, SignalOperator Operator, double Limit)
{
    /// <summary>Whether the comparison holds for a value.</summary>
    public bool Holds(double value) => Operator switch
    {
        SignalOperator.Above => value > Limit,
        SignalOperator.AtLeast => value >= Limit,
        SignalOperator.Below => value < Limit,
        SignalOperator.AtMost => value <= Limit,
        SignalOperator.NotEqual => !value.Equals(Limit),
        _ => value.Equals(Limit),
    };
}

/// <summary>Series of a metric.</summary>
/// <param name="Name">The metric's name, or a place in JSON with dots.</param>
/// <param name="Labels">Labels that a series must have with these values; it may have others.</param>
internal sealed record SeriesSelector(string Name, ImmutableArray<KeyValuePair<string, string>> Labels);

/// <summary>What is made of series.</summary>
internal enum SignalFunction
{
    /// <summary>Each value as it is; one that fits is enough.</summary>
    Value,

    /// <summary>The increase a second of all together.</summary>
    Rate,

    /// <summary>A quantile of the observations of a histogram.</summary>
    Quantile,
}

/// <summary>How a value is compared.</summary>
internal enum SignalOperator
{
    /// <summary><c>&gt;</c>.</summary>
    Above,

    /// <summary><c>&gt;=</c>.</summary>
    AtLeast,

    /// <summary><c>&lt;</c>.</summary>
    Below,

    /// <summary><c>&lt;=</c>.</summary>
    AtMost,

    /// <summary><c>==</c>.</summary>
    Equal,

    /// <summary><c>!=</c>.</summary>
    NotEqual,
}
