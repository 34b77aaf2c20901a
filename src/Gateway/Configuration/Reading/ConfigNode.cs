using System.Collections.Immutable;

namespace Gateway.Configuration.Reading;

/// <summary>A piece of a file with its place. Aliases share nodes, so a walk counts them (<see cref="Reader.Visit"/>).</summary>
/// <param name="File">The file as problems name it.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
internal abstract record ConfigNode(string File, int Line, int Column);

/// <summary>A text as it stands in the file, before the environment is filled in.</summary>
/// <param name="File">The file as problems name it.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Text">The text without its quotes.</param>
/// <param name="Plain">True when it stood there without quotes.</param>
internal sealed record ScalarNode(string File, int Line, int Column, string Text, bool Plain) : ConfigNode(File, Line, Column)
{
    /// <summary>True for what YAML reads as null: nothing at all, <c>~</c> or <c>null</c>.</summary>
    public bool IsNull => Plain && Text is ("" or "~" or "null" or "Null" or "NULL");
}

/// <summary>Items in order.</summary>
internal sealed record ListNode(string File, int Line, int Column, ImmutableArray<ConfigNode> Items) : ConfigNode(File, Line, Column);

/// <summary>Keys and values in order; keys are unique.</summary>
internal sealed record MappingNode(string File, int Line, int Column, ImmutableArray<(ScalarNode Key, ConfigNode Value)> Entries)
    : ConfigNode(File, Line, Column);
