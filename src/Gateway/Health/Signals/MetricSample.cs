using System.Collections.Immutable;
using Gateway.Configuration.Model;

namespace Gateway.Health.Signals;

/// <summary>One value of a reading.</summary>
/// <param name="Name">The metric's name, or the place in JSON with dots.</param>
/// <param name="Labels">Its labels, in the order of the text.</param>
/// <param name="Value">The value; may be infinite or not a number, as the destination says.</param>
internal sealed record MetricSample(string Name, ImmutableArray<KeyValuePair<string, string>> Labels, double Value)
{
    /// <summary>The value of a label; null: it has none of that name.</summary>
    public string? Label(string name)
    {
        foreach (var (label, value) in Labels)
        {
            if (string.Equals(label, name, StringComparison.Ordinal))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Whether it belongs to the series of a condition.</summary>
    /// <param name="series">The condition's.</param>
    /// <param name="name">The name that is looked for, which may be that of a part: <c>latency_bucket</c>.</param>
    public bool IsOf(SeriesSelector series, string name)
    {
        if (!string.Equals(Name, name, StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var (label, value) in series.Labels)
        {
            if (!string.Equals(Label(label), value, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}
