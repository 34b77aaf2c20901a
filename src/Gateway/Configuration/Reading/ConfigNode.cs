using System.Collections.Immutable;

namespace Gateway.Configuration.Reading;

/// <summary>A piece of the file with its place. Aliases share nodes, so a walk counts them (<see cref="Reader.Visit"/>).</summary>
internal abstract record ConfigNode(int Line, int Column);

/// <summary>A text as it stands in the file, before the environment is filled in.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Text">The text without its quotes.</param>
/// <param name="Plain">True when it stood there without quotes.</param>
internal sealed record ScalarNode(int Line, int Column, string Text, bool Plain) : ConfigNode(Line, Column)
{
    /// <summary>True for what YAML reads as null: nothing at all, <c>~</c> or <c>null</c>.</summary>
    public bool IsNull => Plain && Text is ("" or "~" or "null" or "Null" or "NULL");
}

/// <summary>Items in order.</summary>
internal sealed record ListNode(int Line, int Column, ImmutableArray<ConfigNode> Items) : ConfigNode(Line, Column);

/// <summary>Keys and values in order; keys are unique.</summary>
internal sealed record MappingNode(int Line, int Column, ImmutableArray<(ScalarNode Key, ConfigNode Value)> Entries) : ConfigNode(Line, Column);
