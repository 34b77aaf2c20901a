namespace Gateway.Drills.Load;

/// <summary>One whole answer. The body is valid until the connection is used again.</summary>
internal struct HttpAnswer
{
    /// <summary>The status code.</summary>
    public short Status;

    /// <summary>The value of <c>X-Fallback</c>.</summary>
    public Rung Rung;

    /// <summary>The guide that <c>X-Guide</c> names, as a position in <see cref="SourceNames"/>; 0: none.</summary>
    public byte Source;

    /// <summary>The server ends the connection after this answer.</summary>
    public bool Closes;

    /// <summary>The body, decoded from chunks.</summary>
    public ReadOnlyMemory<byte> Body;
}

/// <summary>The value of <c>X-Fallback</c>.</summary>
internal enum Rung : byte
{
    /// <summary>The header is absent.</summary>
    None,

    /// <summary>last-good</summary>
    LastGood,

    /// <summary>file</summary>
    File,

    /// <summary>built-in</summary>
    BuiltIn,

    /// <summary>Something else.</summary>
    Unknown,
}

/// <summary>A server sent what HTTP/1.1 does not allow, or what the generator does not accept.</summary>
internal sealed class MalformedAnswerException(string message) : Exception(message);

/// <summary>The connection ended within an answer.</summary>
internal sealed class TruncatedAnswerException(string message) : Exception(message);

/// <summary>The connection ended before the first byte of an answer.</summary>
internal sealed class NoAnswerException(string message) : Exception(message);
