namespace Gateway.Drills.Load;

/// <summary>One whole response. The body is valid until the connection is used again.</summary>
internal struct ReceivedResponse
{
    /// <summary>The status code.</summary>
    public short Status;

    /// <summary>The value of <c>X-Fallback</c>.</summary>
    public FallbackSource FallbackSource;

    /// <summary>The guide that <c>X-Guide</c> names, as a position in <see cref="SourceNames"/>; 0: none.</summary>
    public byte Source;

    /// <summary>The server ends the connection after this response.</summary>
    public bool Closes;

    /// <summary>The body, decoded from chunks.</summary>
    public ReadOnlyMemory<byte> Body;
}

/// <summary>The value of <c>X-Fallback</c>.</summary>
internal enum FallbackSource : byte
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
internal sealed class MalformedResponseException(string message) : Exception(message);

/// <summary>The connection ended within a response.</summary>
internal sealed class TruncatedResponseException(string message) : Exception(message);

/// <summary>The connection ended before the first byte of a response.</summary>
internal sealed class NoResponseException(string message) : Exception(message);
