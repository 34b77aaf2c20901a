using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Keys;

/// <summary>
/// What may stand somewhere in the file. One table of shapes reads the file, writes the JSON schema and the reference page, so that they
/// cannot drift apart.
/// </summary>
internal abstract class Schema
{
    /// <summary>What it is, for a message and the reference: "a duration".</summary>
    public abstract string What { get; }

    /// <summary>True when a secret may stand here or below: then what was given is never repeated.</summary>
    public virtual bool HoldsSecrets => false;

    /// <summary>The JSON schema of it.</summary>
    public abstract JsonObject ToSchema();

    /// <summary>The keys below, for the reference; none for values.</summary>
    public virtual IEnumerable<ConfigKey> Keys => [];
}

/// <summary>What may stand somewhere, and the value it is read as.</summary>
internal abstract class Schema<T> : Schema
{
    /// <summary>Reads a node. False when there is no value; then at least one problem was noted.</summary>
    public abstract bool TryRead(ConfigNode node, string path, Reader reader, [MaybeNullWhen(false)] out T value);

    /// <summary>Notes that something else stands here.</summary>
    protected void WrongKind(ConfigNode node, string path, Reader reader, string instead)
    {
        var given = node switch
        {
            ScalarNode { IsNull: true } => "nothing",
            ScalarNode text when HoldsSecrets || text.Text.Contains("${", StringComparison.Ordinal) => "a text",
            ScalarNode text => Reader.Quote(text.Text),
            ListNode => "a list",
            _ => "a mapping",
        };
        reader.Problem(node, path, $"{Reader.NameOf(path)} must be {What}, given {given}. {instead}.");
    }
}

/// <summary>One key of a mapping as editors and readers of the reference see it.</summary>
/// <param name="Unless">A required key may be left out where this one stands.</param>
internal sealed record ConfigKey(string Name, Schema Schema, string Description, string? Default, bool Required, string? Unless = null);
