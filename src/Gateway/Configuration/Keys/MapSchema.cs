using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Keys;

/// <summary>A mapping of names that another side has chosen, such as headers, each to a value of one shape, in order.</summary>
/// <param name="names">"headers"</param>
/// <param name="namePattern">What a name may be, for editors.</param>
/// <param name="compare">How names are told apart.</param>
/// <param name="problemOf">Why a name cannot stand here and what to write instead, as sentences; null: it can.</param>
/// <param name="item">What stands at each name.</param>
/// <param name="named">The item with its name.</param>
internal sealed class MapSchema<TItem, T>(
    string names,
    string namePattern,
    StringComparer compare,
    Func<string, string?> problemOf,
    Schema<TItem> item,
    Func<string, TItem, T> named) : Schema<ImmutableArray<T>>
{
    private const int AtMost = 100;

    public override string What => $"a mapping of {names}, each to {item.What}";

    public override bool HoldsSecrets => item.HoldsSecrets;

    public override bool TryRead(ConfigNode node, string path, Reader reader, [MaybeNullWhen(false)] out ImmutableArray<T> value)
    {
        value = [];
        if (!reader.Visit(node, path))
        {
            return false;
        }

        if (node is not MappingNode mapping)
        {
            WrongKind(node, path, reader, $"Write {{ NAME: value }} with the names of {names}, or remove the key");
            return false;
        }

        if (mapping.Entries.Length > AtMost)
        {
            reader.Problem(node, path, $"{Reader.NameOf(path)} has more than {AtMost} names, given {mapping.Entries.Length}. Write fewer.");
            return false;
        }

        var items = ImmutableArray.CreateBuilder<T>(mapping.Entries.Length);
        var seen = new Dictionary<string, ScalarNode>(compare);
        foreach (var (name, one) in mapping.Entries)
        {
            if (problemOf(name.Text) is { } problem)
            {
                reader.Problem(name, Reader.Below(path, "?"), problem);
            }
            else if (!seen.TryAdd(name.Text, name))
            {
                reader.Problem(
                    name,
                    Reader.Below(path, "?"),
                    $"The name stands here twice, given {Reader.Quote(name.Text)} in line {seen[name.Text].Line} already. Write it once.");
            }
            else if (item.TryRead(one, Reader.Below(path, name.Text), reader, out var read))
            {
                items.Add(named(name.Text, read));
            }
        }

        value = items.ToImmutable();
        return true;
    }

    public override JsonObject ToSchema() => new()
    {
        ["type"] = "object",
        ["maxProperties"] = AtMost,
        ["propertyNames"] = new JsonObject { ["pattern"] = namePattern },
        ["additionalProperties"] = item.ToSchema(),
    };
}
