namespace Gateway.Fuzzing.Engine;

/// <summary>A parser of the gateway, and what must hold of it for every input.</summary>
internal interface IFuzzTarget
{
    /// <summary>Its name on the command line, and that of its corpus.</summary>
    string Name { get; }

    /// <summary>Inputs are not longer, in bytes.</summary>
    int MostBytes { get; }

    /// <summary>Inputs to begin with.</summary>
    IEnumerable<byte[]> Seeds { get; }

    /// <summary>Words of the format.</summary>
    IEnumerable<string> Words { get; }

    /// <summary>So many bytes may be allocated for an input of this length, all checks of the target together.</summary>
    long MemoryFor(int length);

    /// <summary>Runs the parser. Returns whether or not the input is valid.</summary>
    /// <exception cref="BrokenInvariantException">Something that must hold does not.</exception>
    /// <exception cref="Exception">Any other one is a crash: the target catches what the parser is documented to throw.</exception>
    void Run(ReadOnlyMemory<byte> input);
}
