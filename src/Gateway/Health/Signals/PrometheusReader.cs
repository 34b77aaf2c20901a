using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Gateway.Health.Signals;

/// <summary>
/// Reads Prometheus' text format, and OpenMetrics as far as it says the same. The text is a stranger's: lines, labels and series are
/// bounded, a line that cannot be read is passed over, and nothing but the metrics that conditions name is kept. Pure.
/// </summary>
internal static class PrometheusReader
{
    /// <summary>Series that are kept. Of more, a part would be taken for all: the page is not read.</summary>
    public const int MostSamples = 2_000;

    private const int LongestLine = 16 * 1024;
    private const int MostLabels = 64;

    /// <summary>The values of the metrics that are wanted.</summary>
    /// <exception cref="UnreadableMetricsException">They have too many series.</exception>
    public static ImmutableArray<MetricSample> Read(ReadOnlySpan<byte> text, FrozenSet<string> wanted)
    {
        var samples = ImmutableArray.CreateBuilder<MetricSample>();
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            text = end < 0 ? [] : text[(end + 1)..];
            if (line.Length is 0 or > LongestLine || line[0] == '#' || SampleOf(line, wanted) is not { } sample)
            {
                continue;
            }

            if (samples.Count == MostSamples)
            {
                throw new UnreadableMetricsException("more than 2,000 series of the metrics that signals name");
            }

            samples.Add(sample);
        }

        return samples.ToImmutable();
    }

    private static MetricSample? SampleOf(ReadOnlySpan<byte> line, FrozenSet<string> wanted)
    {
        line = line.TrimStart(" \t"u8);
        var length = line.IndexOfAny("{ \t"u8);
        if (length is <= 0 or > 256)
        {
            return null;
        }

        // Looked up before anything is made of it: most lines are of metrics that no condition names.
        Span<char> letters = stackalloc char[256];
        var known = wanted.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!Ascii.IsValid(line[..length])
            || !known.TryGetValue(letters[..Encoding.ASCII.GetChars(line[..length], letters)], out var name))
        {
            return null;
        }

        line = line[length..].TrimStart(" \t"u8);
        ImmutableArray<KeyValuePair<string, string>> labels = [];
        if (!line.IsEmpty && line[0] == '{' && !TryReadLabels(ref line, out labels))
        {
            return null;
        }

        line = line.TrimStart(" \t"u8);
        var end = line.IndexOfAny(" \t\r"u8);
        return TryReadValue(end < 0 ? line : line[..end], out var value) ? new MetricSample(name, labels, value) : null;
    }

    private static bool TryReadLabels(ref ReadOnlySpan<byte> line, out ImmutableArray<KeyValuePair<string, string>> labels)
    {
        var read = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        labels = [];
        line = line[1..];
        while (true)
        {
            line = line.TrimStart(" \t,"u8);
            if (line.IsEmpty || read.Count > MostLabels)
            {
                return false;
            }

            if (line[0] == '}')
            {
                line = line[1..];
                labels = read.ToImmutable();
                return true;
            }

            var equals = line.IndexOf((byte)'=');
            if (equals <= 0)
            {
                return false;
            }

            var name = Encoding.UTF8.GetString(line[..equals].Trim(" \t"u8));
            line = line[(equals + 1)..].TrimStart(" \t"u8);
            if (!TryReadQuoted(ref line, out var value))
            {
                return false;
            }

            read.Add(KeyValuePair.Create(name, value));
        }
    }

    private static bool TryReadQuoted(ref ReadOnlySpan<byte> line, out string value)
    {
        value = "";
        if (line.IsEmpty || line[0] != '"')
        {
            return false;
        }

        var end = 1;
        while (end < line.Length && line[end] != '"')
        {
            end += line[end] == '\\' ? 2 : 1;
        }

        if (end >= line.Length)
        {
            return false;
        }

        value = Encoding.UTF8.GetString(line[1..end]);
        line = line[(end + 1)..];
        if (value.Contains('\\', StringComparison.Ordinal))
        {
            value = value.Replace("\\\\", "\0", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal)
                .Replace("\\n", "\n", StringComparison.Ordinal).Replace('\0', '\\');
        }

        return true;
    }

    private static bool TryReadValue(ReadOnlySpan<byte> text, out double value)
    {
        value = text switch
        {
            [(byte)'+', (byte)'I' or (byte)'i', ..] or [(byte)'I' or (byte)'i', ..] => double.PositiveInfinity,
            [(byte)'-', (byte)'I' or (byte)'i', ..] => double.NegativeInfinity,
            _ => double.NaN,
        };
        return !double.IsNaN(value) || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }
}
