using System.Globalization;

namespace Gateway.Drills.Processes;

/// <summary>One reading of a Prometheus text page.</summary>
internal sealed class Metrics
{
    private readonly List<Sample> _samples = [];

    /// <summary>All samples, in the page's order.</summary>
    public IReadOnlyList<Sample> Samples => _samples;

    /// <summary>Reads the text format 0.0.4; lines that are no samples are left out.</summary>
    public static Metrics Parse(string text)
    {
        var metrics = new Metrics();
        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            var line = raw.Trim();
            if (line.IsEmpty || line[0] == '#')
            {
                continue;
            }

            if (Sample.TryParse(line, out var sample))
            {
                metrics._samples.Add(sample);
            }
        }

        return metrics;
    }

    /// <summary>The sum over all samples of a name whose labels are the given ones; 0 when there is none.</summary>
    public double Sum(string name, params ReadOnlySpan<(string Label, string Value)> labels)
    {
        var sum = 0.0;
        foreach (var sample in _samples)
        {
            if (string.Equals(sample.Name, name, StringComparison.Ordinal) && sample.Has(labels))
            {
                sum += sample.Value;
            }
        }

        return sum;
    }

    /// <summary>The samples of a name.</summary>
    public IEnumerable<Sample> Of(string name) => _samples.Where(sample => string.Equals(sample.Name, name, StringComparison.Ordinal));
}

/// <summary>One line: name, labels, value.</summary>
internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <summary>Whether every given label has the given value.</summary>
    public bool Has(ReadOnlySpan<(string Label, string Value)> labels)
    {
        foreach (var (label, value) in labels)
        {
            if (!Labels.TryGetValue(label, out var own) || !string.Equals(own, value, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads one line; false when it is not a sample.</summary>
    public static bool TryParse(ReadOnlySpan<char> line, out Sample sample)
    {
        sample = null!;
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var end = line.IndexOfAny('{', ' ');
        if (end <= 0)
        {
            return false;
        }

        var name = line[..end].ToString();
        var rest = line[end..];
        if (rest[0] == '{')
        {
            rest = rest[1..];
            while (!rest.IsEmpty && rest[0] != '}')
            {
                var equals = rest.IndexOf("=\"", StringComparison.Ordinal);
                if (equals < 0)
                {
                    return false;
                }

                var label = rest[..equals].Trim(", ").ToString();
                rest = rest[(equals + 2)..];
                labels[label] = Quoted(ref rest);
            }

            rest = rest.IsEmpty ? rest : rest[1..];
        }

        rest = rest.Trim();
        var stop = rest.IndexOf(' ');
        var number = stop < 0 ? rest : rest[..stop];
        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        sample = new(name, labels, value);
        return true;
    }

    private static string Quoted(ref ReadOnlySpan<char> rest)
    {
        var text = new System.Text.StringBuilder();
        var i = 0;
        for (; i < rest.Length && rest[i] != '"'; i++)
        {
            if (rest[i] == '\\' && i + 1 < rest.Length)
            {
                i++;
                text.Append(rest[i] == 'n' ? '\n' : rest[i]);
                continue;
            }

            text.Append(rest[i]);
        }

        rest = i < rest.Length ? rest[(i + 1)..] : [];
        return text.ToString();
    }
}
