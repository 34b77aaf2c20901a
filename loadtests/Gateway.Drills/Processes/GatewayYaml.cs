using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Gateway.Drills.Processes;

/// <summary>
/// A gateway configuration that can be changed by path: <c>clusters.ai-guide.attempts.hedge</c>,
/// <c>clusters.ai-guide.tiers.1.capacity</c>. Values are given as YAML text.
/// </summary>
internal sealed class GatewayYaml
{
    private readonly YamlDocument _document;

    private GatewayYaml(YamlDocument document) => _document = document;

    /// <summary>Reads a whole configuration.</summary>
    public static GatewayYaml Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return new(stream.Documents[0]);
    }

    /// <summary>Sets the value at a path, making the mappings on the way; null removes the key.</summary>
    public GatewayYaml Set(string path, string? yaml)
    {
        var steps = path.Split('.');
        var node = _document.RootNode;
        foreach (var step in steps.AsSpan(0, steps.Length - 1))
        {
            node = Child(node, step, path);
        }

        var last = steps[^1];
        switch (node)
        {
            case YamlMappingNode mapping when yaml is null:
                mapping.Children.Remove(last);
                break;
            case YamlMappingNode mapping:
                mapping.Children[last] = ParseValue(yaml);
                break;
            case YamlSequenceNode sequence when yaml is not null:
                sequence.Children[Index(last, path)] = ParseValue(yaml);
                break;
            default:
                throw new ArgumentException($"'{path}' leads to a value that has no '{last}' to set.", nameof(path));
        }

        return this;
    }

    /// <summary>The configuration as YAML text.</summary>
    public override string ToString()
    {
        var writer = new StringWriter();
        new YamlStream(_document).Save(writer, assignAnchors: false);

        // Save ends the document with "...", which a half-written-file check may not expect.
        return writer.ToString().Replace("\n...", string.Empty, StringComparison.Ordinal);
    }

    private static YamlNode Child(YamlNode node, string step, string path)
    {
        if (node is YamlSequenceNode sequence)
        {
            return sequence.Children[Index(step, path)];
        }

        if (node is not YamlMappingNode mapping)
        {
            throw new ArgumentException($"'{path}' goes through '{step}', which is a plain value.", nameof(path));
        }

        if (!mapping.Children.TryGetValue(step, out var child))
        {
            mapping.Children[step] = child = new YamlMappingNode();
        }

        return child;
    }

    private static int Index(string step, string path) =>
        int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : throw new ArgumentException($"'{path}' names '{step}' in a list, where a position (0, 1, ...) is needed.", nameof(path));

    private static YamlNode ParseValue(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return stream.Documents.Count > 0 ? stream.Documents[0].RootNode : new YamlScalarNode(string.Empty);
    }
}
