using System.Globalization;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>
/// Holds manifests against the fields that Kubernetes describes: no unknown one, none of another type, none missing that must be there.
/// </summary>
internal static class KubernetesFields
{
    private static readonly JsonElement Known =
        JsonDocument.Parse(File.ReadAllText(Files.PathOf("tests", "Gateway.Tests", "Deploy", "kubernetes-fields.json"))).RootElement;

    /// <summary>Every problem of one manifest.</summary>
    public static IEnumerable<string> ProblemsOf(YamlMappingNode manifest)
    {
        var kind = $"{manifest["apiVersion"]}/{manifest["kind"]}";
        return Known.GetProperty("kinds").TryGetProperty(kind, out var type)
            ? Check(manifest, type.GetString()!, kind)
            : [$"{kind}: unknown; add it to kubernetes-fields.mjs."];
    }

    private static IEnumerable<string> Check(YamlNode node, string type, string path)
    {
        if (Known.GetProperty("types").TryGetProperty(type, out var fields))
        {
            return node is YamlMappingNode mapping ? Fields(mapping, fields, path) : [$"{path}: not a mapping, as {type} is."];
        }

        if (type.StartsWith("Array<", StringComparison.Ordinal))
        {
            return node is YamlSequenceNode list
                ? list.Children.SelectMany((item, i) => Check(item, type[6..^1], $"{path}[{i.ToString(CultureInfo.InvariantCulture)}]"))
                : [$"{path}: not a list."];
        }

        if (type.StartsWith("{ [key", StringComparison.Ordinal))
        {
            var inner = type[(type.IndexOf("]: ", StringComparison.Ordinal) + 3)..].TrimEnd('}', ' ', ';');
            return node is YamlMappingNode values
                ? values.Children.SelectMany(entry => Check(entry.Value, inner, $"{path}.{entry.Key}"))
                : [$"{path}: not a mapping."];
        }

        var fits = node is YamlScalarNode scalar && type switch
        {
            "number" => long.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
                && scalar.Style == ScalarStyle.Plain,
            "boolean" => scalar.Value is "true" or "false" && scalar.Style == ScalarStyle.Plain,
            "string" => scalar.Style != ScalarStyle.Plain
                || !(scalar.Value is "true" or "false" or "null" or ""
                    || double.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _)),
            "IntOrString" or "any" => true,
            _ => throw new InvalidOperationException($"{path}: the type {type} is not in kubernetes-fields.json."),
        };
        return fits ? [] : [$"{path}: \"{node}\" is no {type}."];
    }

    private static IEnumerable<string> Fields(YamlMappingNode mapping, JsonElement fields, string path)
    {
        foreach (var (name, value) in mapping.Children.Select(static entry => (entry.Key.ToString(), entry.Value)))
        {
            if (!fields.TryGetProperty(name, out var type) && !fields.TryGetProperty(name + "!", out type))
            {
                yield return $"{path}.{name}: there is no such field.";
                continue;
            }

            foreach (var problem in Check(value, type.GetString()!, $"{path}.{name}"))
            {
                yield return problem;
            }
        }

        foreach (var must in fields.EnumerateObject()
            .Where(static field => field.Name.EndsWith('!'))
            .Select(static field => field.Name[..^1]))
        {
            if (!mapping.Children.ContainsKey(must))
            {
                yield return $"{path}.{must}: is missing.";
            }
        }
    }
}
