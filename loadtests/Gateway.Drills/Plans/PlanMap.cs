using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Gateway.Drills.Plans;

/// <summary>Collects the problems of one drill file.</summary>
internal sealed class PlanReader(string file)
{
    private readonly List<PlanProblem> _problems = [];

    /// <summary>Everything found so far.</summary>
    public IReadOnlyList<PlanProblem> Problems => _problems;

    /// <summary>Notes a problem at a node.</summary>
    public void Problem(YamlNode at, string text) => _problems.Add(new(file, at.Start.Line, at.Start.Column, text));

    /// <summary>A mapping with these keys and no others; null (and a problem) when the node is something else.</summary>
    public PlanMap? Map(YamlNode node, string what, params IReadOnlyCollection<string> keys)
    {
        if (node is not YamlMappingNode mapping)
        {
            Problem(node, $"'{what}' is not a mapping. Write keys below it: {string.Join(", ", keys)}.");
            return null;
        }

        foreach (var key in mapping.Children.Keys)
        {
            var name = key is YamlScalarNode { Value: { } value } ? value : string.Empty;
            if (!keys.Contains(name, StringComparer.Ordinal))
            {
                Problem(key, $"'{name}' is no key of '{what}'. {Nearest.Hint(name, keys)}");
            }
        }

        return new(this, mapping, what);
    }

    /// <summary>The text of a plain value; null (and a problem) when it is a list or a mapping.</summary>
    public string? Text(YamlNode node, string what)
    {
        if (node is YamlScalarNode { Value: { } value })
        {
            return value;
        }

        Problem(node, $"'{what}' is not a plain value.");
        return null;
    }

    /// <summary>A whole number or fraction with ms, s, m or h.</summary>
    public TimeSpan? Duration(YamlNode node, string what)
    {
        if (Text(node, what) is not { } text)
        {
            return null;
        }

        foreach (var (unit, seconds) in new[] { ("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0) })
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(
                    text.AsSpan(0, text.Length - unit.Length),
                    NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out var number)
                && number * seconds <= 86_400)
            {
                return TimeSpan.FromSeconds(number * seconds);
            }
        }

        Problem(node, $"'{what}' is '{text}', which is no duration of at most a day. Write a number and a unit, like 250ms, 2s, 5m or 1h.");
        return null;
    }

    /// <summary>A number from 0 to <paramref name="max"/>.</summary>
    public double? Number(YamlNode node, string what, double max)
    {
        if (Text(node, what) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number <= max)
        {
            return number;
        }

        Problem(node, $"'{what}' is '{text}', which is no number from 0 to {max.ToString(CultureInfo.InvariantCulture)}.");
        return null;
    }

    /// <summary>A percentage, as a share from 0 to 1.</summary>
    public double? Share(YamlNode node, string what)
    {
        if (Text(node, what) is not { } text)
        {
            return null;
        }

        if (text.EndsWith('%')
            && double.TryParse(
                text.AsSpan(0, text.Length - 1),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var percent)
            && percent <= 100)
        {
            return percent / 100;
        }

        Problem(node, $"'{what}' is '{text}', which is no percentage. Write it like 20%.");
        return null;
    }

    /// <summary>One of these words.</summary>
    public string? Word(YamlNode node, string what, params IReadOnlyCollection<string> words)
    {
        if (Text(node, what) is not { } text)
        {
            return null;
        }

        if (words.Contains(text, StringComparer.Ordinal))
        {
            return text;
        }

        Problem(node, $"'{what}' is '{text}'. {Nearest.Hint(text, words)}");
        return null;
    }

    /// <summary>A list of plain values; a single value is a list of one.</summary>
    public IReadOnlyList<(YamlNode Node, string Text)> Texts(YamlNode node, string what)
    {
        IEnumerable<YamlNode> nodes = node is YamlSequenceNode sequence ? sequence.Children : [node];
        return [.. nodes.Select(item => (item, Text(item, what) ?? string.Empty)).Where(item => item.Item2.Length > 0)];
    }
}

/// <summary>A mapping of a drill file whose keys were checked.</summary>
internal sealed class PlanMap(PlanReader reader, YamlMappingNode node, string what)
{
    /// <summary>The mapping itself, for problems about all of it.</summary>
    public YamlMappingNode Node => node;

    /// <summary>The reader.</summary>
    public PlanReader Reader => reader;

    /// <summary>The value of a key; null when it is absent.</summary>
    public YamlNode? At(string key) => node.Children.TryGetValue(key, out var value) ? value : null;

    /// <summary>A text; null when absent.</summary>
    public string? Text(string key) => At(key) is { } value ? reader.Text(value, Path(key)) : null;

    /// <summary>A duration; null when absent or wrong.</summary>
    public TimeSpan? Duration(string key) => At(key) is { } value ? reader.Duration(value, Path(key)) : null;

    /// <summary>A number; null when absent or wrong.</summary>
    public double? Number(string key, double max) => At(key) is { } value ? reader.Number(value, Path(key), max) : null;

    /// <summary>A percentage as a share; null when absent or wrong.</summary>
    public double? Share(string key) => At(key) is { } value ? reader.Share(value, Path(key)) : null;

    /// <summary>One of these words; null when absent or wrong.</summary>
    public string? Word(string key, params IReadOnlyCollection<string> words) =>
        At(key) is { } value ? reader.Word(value, Path(key), words) : null;

    /// <summary>true or false; false when absent or wrong.</summary>
    public bool Flag(string key) => At(key) is { } value && reader.Word(value, Path(key), "true", "false") is "true";

    /// <summary>A list of texts; empty when absent.</summary>
    public IReadOnlyList<string> Texts(string key) =>
        At(key) is { } value ? [.. reader.Texts(value, Path(key)).Select(item => item.Text)] : [];

    /// <summary>Notes that a key has to be there.</summary>
    public void Require(string key, string example)
    {
        if (At(key) is null)
        {
            reader.Problem(node, $"'{what}' has no '{key}'. Write it like '{key}: {example}'.");
        }
    }

    private string Path(string key) => $"{what}.{key}";
}
