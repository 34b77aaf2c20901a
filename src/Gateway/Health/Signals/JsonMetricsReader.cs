using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Gateway.Health.Signals;

/// <summary>
/// Reads the numbers of a JSON document: <c>{"queue":{"depth":3}}</c> says <c>queue.depth</c>, items of an array have their index as name,
/// true is 1 and false 0. The document is a stranger's: depth and values are bounded, and nothing but what conditions name is kept. Pure.
/// </summary>
internal static class JsonMetricsReader
{
    private const int MostDepth = 32;
    private const int MostValues = 50_000;

    /// <summary>The values of the places that are wanted; none when it is no JSON.</summary>
    public static ImmutableArray<MetricSample> Read(ReadOnlyMemory<byte> text, FrozenSet<string> wanted)
    {
        var samples = ImmutableArray.CreateBuilder<MetricSample>();
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MostDepth });
            var left = MostValues;
            Add(document.RootElement, "", wanted, samples, ref left);
        }
        catch (Exception e) when (UntrustedJson.IsInvalid(e))
        {
            return [];
        }

        return samples.ToImmutable();
    }

    private static void Add(
        JsonElement element, string place, FrozenSet<string> wanted, ImmutableArray<MetricSample>.Builder samples, ref int left)
    {
        if (--left < 0 || samples.Count >= PrometheusReader.MostSamples)
        {
            return;
        }

        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    if (IsOnTheWay(place, member.Name, wanted, out var below))
                    {
                        Add(member.Value, below, wanted, samples, ref left);
                    }
                }

                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in element.EnumerateArray())
                {
                    if (IsOnTheWay(place, index.ToString(CultureInfo.InvariantCulture), wanted, out var below))
                    {
                        Add(item, below, wanted, samples, ref left);
                    }

                    if (++index > MostValues)
                    {
                        break;
                    }
                }

                break;
            case JsonValueKind.Number when element.TryGetDouble(out var number) && wanted.Contains(place):
                samples.Add(new MetricSample(place, [], number));
                break;
            case JsonValueKind.True or JsonValueKind.False when wanted.Contains(place):
                samples.Add(new MetricSample(place, [], element.ValueKind == JsonValueKind.True ? 1 : 0));
                break;
        }
    }

    // A branch that leads to no wanted place is not walked.
    private static bool IsOnTheWay(string place, string name, FrozenSet<string> wanted, out string below)
    {
        below = name;
        if (name.Length > 256 || place.Length > 512)
        {
            return false;
        }

        below = place.Length == 0 ? name : $"{place}.{name}";
        foreach (var one in wanted.Items)
        {
            if (one.StartsWith(below, StringComparison.Ordinal) && (one.Length == below.Length || one[below.Length] == '.'))
            {
                return true;
            }
        }

        return false;
    }
}
