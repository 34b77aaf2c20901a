using System.Collections.Frozen;
using System.Collections.Immutable;
using Gateway.Configuration.Model;

namespace Gateway.Health.Signals;

/// <summary>What a destination says of itself, whichever format it says it in. Pure.</summary>
internal static class MetricsText
{
    /// <summary>The values of the metrics that are wanted.</summary>
    public static ImmutableArray<MetricSample> Read(ReadOnlyMemory<byte> text, FrozenSet<string> wanted)
    {
        var begin = text.Span.TrimStart("\uFEFF"u8).TrimStart(" \t\r\n"u8);
        return !begin.IsEmpty && begin[0] is (byte)'{' or (byte)'['
            ? JsonMetricsReader.Read(text[^begin.Length..], wanted)
            : PrometheusReader.Read(begin, wanted);
    }

    /// <summary>The names that conditions need.</summary>
    public static FrozenSet<string> NamesOf(IEnumerable<SignalCondition> conditions) =>
        conditions.SelectMany(static condition => condition.All).Select(NameOf).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The name of the series that a comparison reads: a histogram's buckets are series of their own.</summary>
    public static string NameOf(SignalComparison comparison) =>
        comparison.Function == SignalFunction.Quantile ? comparison.Series.Name + "_bucket" : comparison.Series.Name;
}
