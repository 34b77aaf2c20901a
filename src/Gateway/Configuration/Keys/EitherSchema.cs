using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Keys;

/// <summary>A short text, or a mapping that says more.</summary>
internal sealed class EitherSchema<T>(Schema<T> text, Schema<T> mapping) : Schema<T>
{
    public override string What => $"{text.What}, or {mapping.What}";

    public override bool HoldsSecrets => text.HoldsSecrets || mapping.HoldsSecrets;

    public override IEnumerable<ConfigKey> Keys => mapping.Keys;

    public override bool TryRead(ConfigNode node, string path, Reader reader, [MaybeNullWhen(false)] out T value) =>
        node is MappingNode ? mapping.TryRead(node, path, reader, out value) : text.TryRead(node, path, reader, out value);

    public override JsonObject ToSchema() => new() { ["anyOf"] = new JsonArray(text.ToSchema(), mapping.ToSchema()) };
}
