using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>A mapping of names that people choose to records, in order.</summary>
/// <param name="item">What stands under each name.</param>
/// <param name="what">"a cluster"</param>
/// <param name="named">The record with its name.</param>
internal sealed class NamedSchema<T>(RecordSchema<T> item, string what, Func<T, string, T> named)
    : Schema<ImmutableArray<T>> where T : class
{
    private const int AtMost = 1_000;

    public override string What => $"a mapping of names, each to {what}";

    public override bool HoldsSecrets => item.HoldsSecrets;

    public override IEnumerable<ConfigKey> Keys => item.Keys;

    public override bool TryRead(ConfigNode node, string path, Reader reader, [MaybeNullWhen(false)] out ImmutableArray<T> value)
    {
        value = [];
        if (!reader.Visit(node, path))
        {
            return false;
        }

        if (node is not MappingNode { Entries.Length: > 0 and <= AtMost } mapping)
        {
            Refuse(node, path, reader);
            return false;
        }

        var items = ImmutableArray.CreateBuilder<T>(mapping.Entries.Length);
        var seen = new Dictionary<string, ScalarNode>(StringComparer.Ordinal);
        foreach (var (name, one) in mapping.Entries)
        {
            if (!seen.TryAdd(name.Text, name))
            {
                reader.Problem(
                    name,
                    Reader.Below(path, "?"),
                    $"The name stands here twice, given {Reader.Quote(name.Text)} in line {seen[name.Text].Line} already. Write another "
                        + $"name.");
                continue;
            }

            if (!NameText.IsName(name.Text))
            {
                reader.Problem(name, Reader.Below(path, "?"), $"This is no name, given {Reader.Quote(name.Text)}. {NameText.Rule}.");
            }

            if (item.TryRead(one, Reader.Below(path, name.Text), reader, out var read))
            {
                items.Add(named(read, name.Text));
            }
        }

        value = items.ToImmutable();
        return true;
    }

    private void Refuse(ConfigNode node, string path, Reader reader)
    {
        if (node is MappingNode { Entries.Length: > AtMost } mapping)
        {
            reader.Problem(
                node,
                path,
                $"{Reader.NameOf(path)} has more than {AtMost:N0} names, given {mapping.Entries.Length:N0}. Write fewer, or split what the "
                    + $"gateway does over several.");
        }
        else if (node is MappingNode)
        {
            reader.Problem(
                node,
                path,
                $"{Reader.NameOf(path)} must have at least one name, given an empty mapping. Write {what} under a name of your choice.");
        }
        else
        {
            WrongKind(node, path, reader, $"Write a name of your choice with {what} below it");
        }
    }

    public override JsonObject ToSchema() => new()
    {
        ["type"] = "object",
        ["minProperties"] = 1,
        ["maxProperties"] = AtMost,
        ["propertyNames"] = new JsonObject { ["pattern"] = NameText.Pattern },
        ["additionalProperties"] = item.ToSchema(),
    };
}
