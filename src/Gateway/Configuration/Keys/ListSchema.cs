using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Keys;

/// <summary>Items of one shape, in order.</summary>
internal sealed class ListSchema<T>(Schema<T> item, int atLeast = 0, int atMost = 1_000) : Schema<ImmutableArray<T>>
{
    public override string What => $"a list, each item {item.What}";

    public override bool HoldsSecrets => item.HoldsSecrets;

    public override IEnumerable<ConfigKey> Keys => item.Keys;

    public override bool TryRead(ConfigNode node, string path, Reader reader, [MaybeNullWhen(false)] out ImmutableArray<T> value)
    {
        value = [];
        if (!reader.Visit(node, path))
        {
            return false;
        }

        if (node is not ListNode list)
        {
            WrongKind(node, path, reader, atLeast == 0
                && node is ScalarNode { IsNull: true }
                    ? "Write \"[]\" for none, or remove the key"
                    : "Write [one, two], or \"- one\" on lines of its own");
            return false;
        }

        if (list.Items.Length < atLeast)
        {
            reader.Problem(
                node,
                path,
                $"{Reader.NameOf(path)} must have at least {(atLeast == 1 ? "one item" : $"{atLeast} items")}, given an empty list. Write "
                    + $"{item.What}.");
            return false;
        }

        // Items are compared with one another later on: a bound here bounds that.
        if (list.Items.Length > atMost)
        {
            reader.Problem(
                node,
                path,
                $"{Reader.NameOf(path)} has more than {atMost:N0} items, given {list.Items.Length:N0}. Write fewer, or split what the "
                    + $"gateway does over several.");
            return false;
        }

        // Items that could not be read are left out, and those that remain are numbered as they are in the record.
        var items = ImmutableArray.CreateBuilder<T>(list.Items.Length);
        foreach (var one in list.Items)
        {
            if (item.TryRead(one, Reader.Below(path, items.Count.ToString(CultureInfo.InvariantCulture)), reader, out var read))
            {
                items.Add(read);
            }
        }

        value = items.ToImmutable();
        return true;
    }

    public override JsonObject ToSchema()
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = item.ToSchema() };
        if (atLeast > 0)
        {
            schema["minItems"] = atLeast;
        }

        schema["maxItems"] = atMost;
        return schema;
    }
}
