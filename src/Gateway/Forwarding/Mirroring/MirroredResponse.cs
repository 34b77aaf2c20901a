namespace Gateway.Forwarding.Mirroring;

/// <summary>What is compared of a response.</summary>
/// <param name="Status">The status; 0: there was no response.</param>
/// <param name="ToHead">From the request to the head.</param>
internal sealed record MirroredResponse(int Status, TimeSpan ToHead)
{
    /// <summary>The path that was asked for, for people; null: it is too long, or could not be printed.</summary>
    public string? Path { get; init; }

    /// <summary>The media type in lower case, without parameters; null: none is said.</summary>
    public string? Type { get; init; }

    /// <summary>Bytes of the body as they were sent; null: not known.</summary>
    public long? Size { get; init; }

    /// <summary>Its content coding; null: none.</summary>
    public string? Coding { get; init; }

    /// <summary>Of a JSON document; null: it is none, or it was not read.</summary>
    public IReadOnlyCollection<string>? Shape { get; init; }

    /// <summary>Why there was no response, in a few words; null: there was one.</summary>
    public string? Failure { get; init; }

    /// <summary>2xx.</summary>
    public bool IsSuccess => Status is >= 200 and < 300;
}
