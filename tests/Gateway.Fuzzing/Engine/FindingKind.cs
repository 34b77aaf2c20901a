namespace Gateway.Fuzzing.Engine;

/// <summary>What an input shows.</summary>
internal enum FindingKind
{
    /// <summary>An exception that the parser is not documented to throw.</summary>
    Crash,

    /// <summary>Something that must hold of the result does not.</summary>
    Invariant,

    /// <summary>It takes longer than an input may.</summary>
    Hang,

    /// <summary>It allocates more than an input of its length may.</summary>
    Memory,
}
