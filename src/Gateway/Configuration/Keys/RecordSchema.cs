using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>A mapping of known keys, read into an immutable record that starts from its defaults.</summary>
/// <param name="what">"a mapping of …"</param>
/// <param name="seed">The record with every default.</param>
/// <param name="keepsPartial">True: what could be read is handed on although required keys are missing, so that later checks can go on;
/// only for records whose seed is whole.</param>
internal sealed class RecordSchema<T>(string what, Func<T> seed, bool keepsPartial = false) : Schema<T> where T : class
{
    private delegate bool Reading(ConfigNode node, string path, Reader reader, ref T value);

    private readonly List<(ConfigKey Key, Reading Read)> _keys = [];
    private Func<T, string, Reader, T> _finish = (value, _, _) => value;

    public override string What => what;

    public override bool HoldsSecrets => _keys.Exists(key => key.Key.Schema.HoldsSecrets);

    public override IEnumerable<ConfigKey> Keys => _keys.Select(key => key.Key);

    /// <summary>Adds a key.</summary>
    /// <param name="name">As written.</param>
    /// <param name="shape">What may stand there.</param>
    /// <param name="set">The record with the value.</param>
    /// <param name="description">For editors and the reference.</param>
    /// <param name="byDefault">What leaving it out means, as one would write it; null when it means "none".</param>
    /// <param name="required">It must be there.</param>
    /// <param name="unless">A required key may be left out where this one stands.</param>
    public RecordSchema<T> Key<TValue>(
        string name,
        Schema<TValue> shape,
        Func<T, TValue, T> set,
        string description,
        string? byDefault = null,
        bool required = false,
        string? unless = null)
    {
        _keys.Add((new ConfigKey(name, shape, description, byDefault, required, unless), Read));
        return this;

        bool Read(ConfigNode node, string path, Reader reader, ref T value)
        {
            if (!shape.TryRead(node, path, reader, out var read))
            {
                return false;
            }

            value = set(value, read);
            return true;
        }
    }

    /// <summary>Sets what follows from several keys, and notes what does not fit together inside this record.</summary>
    public RecordSchema<T> Finish(Func<T, string, Reader, T> finish)
    {
        _finish = finish;
        return this;
    }

    public override bool TryRead(ConfigNode node, string path, Reader reader, [MaybeNullWhen(false)] out T value)
    {
        value = null;
        if (!reader.Visit(node, path))
        {
            return false;
        }

        if (node is not MappingNode mapping)
        {
            WrongKind(node, path, reader, node is ScalarNode { IsNull: true } && !_keys.Exists(key => key.Key.Required)
                ? $"Write \"{{}}\" for the defaults, or remove the key"
                : $"Write keys with values below it: {Listed()}");
            return false;
        }

        value = seed();
        var seen = new Dictionary<string, ScalarNode>(StringComparer.Ordinal);
        var complete = ReadKeys(mapping, path, reader, seen, ref value);
        complete &= HasRequired(node, path, reader, seen);
        if (complete || keepsPartial)
        {
            value = _finish(value, path, reader);
            return true;
        }

        value = null;
        return false;
    }

    /// <summary>Reads what stands there; false: a required key stands there and could not be read.</summary>
    private bool ReadKeys(MappingNode mapping, string path, Reader reader, Dictionary<string, ScalarNode> seen, ref T value)
    {
        var complete = true;
        foreach (var (name, item) in mapping.Entries)
        {
            if (!seen.TryAdd(name.Text, name))
            {
                reader.Problem(
                    name,
                    Reader.Below(path, "?"),
                    $"The key stands here twice, given {Reader.Quote(name.Text)} in line {seen[name.Text].Line} already. Write it once.");
                continue;
            }

            var known = _keys.Find(key => string.Equals(key.Key.Name, name.Text, StringComparison.Ordinal));
            if (known.Read is null)
            {
                if (Unknown(name, path, reader) is { } meant)
                {
                    // Not called missing as well, yet its value is: the record must not go on without it.
                    seen.TryAdd(meant, name);
                    complete &= !_keys.Exists(key => key.Key.Required && string.Equals(key.Key.Name, meant, StringComparison.Ordinal));
                }

                continue;
            }

            if (!known.Read(item, Reader.Below(path, name.Text), reader, ref value) && known.Key.Required)
            {
                complete = false;
            }
        }

        return complete;
    }

    /// <summary>Notes required keys that do not stand there; false: there is one.</summary>
    private bool HasRequired(ConfigNode node, string path, Reader reader, Dictionary<string, ScalarNode> seen)
    {
        var complete = true;
        foreach (var (key, _) in _keys)
        {
            if (!key.Required || seen.ContainsKey(key.Name) || (key.Unless is { } other && seen.ContainsKey(other)))
            {
                continue;
            }

            complete = false;
            reader.Problem(
                node,
                Reader.Below(path, key.Name),
                $"{(path.Length == 0 ? "The file" : Reader.NameOf(path))} has no key \"{key.Name}\" ("
                    + $"{char.ToLowerInvariant(key.Description[0])}{key.Description.AsSpan(1).TrimEnd('.')}). Write {key.Schema.What} "
                    + $"there.");
        }

        return complete;
    }

    public override JsonObject ToSchema()
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var (key, _) in _keys)
        {
            var schema = key.Schema.ToSchema();
            schema["description"] = key.Default is null ? key.Description : $"{key.Description} Default: {key.Default}.";
            properties[key.Name] = schema;
            if (key is { Required: true, Unless: null })
            {
                required.Add((JsonNode)key.Name);
            }
        }

        var result = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        if (required.Count > 0)
        {
            result["required"] = required;
        }

        return result;
    }

    /// <summary>Notes an unknown key and gives the one that was meant, so that it is not called missing as well.</summary>
    private string? Unknown(ScalarNode name, string path, Reader reader)
    {
        var at = Reader.Below(path, "?");
        // "token:abc" without a space is one long key: what follows the colon may be a secret.
        var colon = name.Text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0)
        {
            reader.Problem(
                name,
                at,
                $"This key is not known, given {Reader.Quote(name.Text[..colon] + ":...")}. Write a space after the colon.");
            return name.Text[..colon];
        }

        if (string.Equals(name.Text, "<<", StringComparison.Ordinal))
        {
            reader.Problem(
                name,
                at,
                "Merge keys are not understood, given \"<<\". Write the keys out, or use an alias for the whole value.");
            return null;
        }

        if (KeyChanges.RenamedAt(path, name.Text) is { Now: { } now } renamed)
        {
            reader.Renamed(
                name,
                at,
                $"{Reader.NameOf(path)} has no such key since {renamed.Since}, given {Reader.Quote(name.Text)}. Write \"{now}\" instead"
                    + $"{(renamed.Meaning is { } meaning ? $": {meaning}" : ", with the same value.")}");
            return now;
        }

        var nearest = DidYouMean.Of(name.Text, _keys.Select(key => key.Key.Name));
        reader.Problem(
            name,
            at,
            $"{(path.Length == 0 ? "The file" : Reader.NameOf(path))} has no such key, given {Reader.Quote(name.Text)}. Write "
                + $"{(_keys.Count == 0 ? "{} there" : nearest is null ? $"one of these: {Listed()}" : $"\"{nearest}\" instead")}.");
        return nearest;
    }

    private string Listed() => string.Join(", ", _keys.Select(key => key.Key.Name));
}
