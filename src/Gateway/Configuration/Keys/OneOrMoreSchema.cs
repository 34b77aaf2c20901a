using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Keys;

/// <summary>One item, or a list of them.</summary>
internal sealed class OneOrMoreSchema<T>(Schema<T> item) : Schema<ImmutableArray<T>>
{
    private readonly ListSchema<T> _list = new(item, atLeast: 1, atMost: 100);

    public override string What => $"{item.What}, or a list of them";

    public override bool HoldsSecrets => item.HoldsSecrets;

    public override bool TryRead(ConfigNode node, string path, Reader reader, [MaybeNullWhen(false)] out ImmutableArray<T> value)
    {
        if (node is ListNode)
        {
            return _list.TryRead(node, path, reader, out value);
        }

        value = [];
        if (!item.TryRead(node, path, reader, out var one))
        {
            return false;
        }

        value = [one];
        return true;
    }

    public override JsonObject ToSchema() => new() { ["anyOf"] = new JsonArray(item.ToSchema(), _list.ToSchema()) };
}
