using Gateway.LastGood.InMemory;

namespace Gateway.LastGood;

/// <summary>What is known of a captured response besides its body.</summary>
internal sealed record CaptureHead
{
    /// <summary>Its record, still without a body.</summary>
    public required StoredResponse Response { get; init; }

    /// <summary>The nearest keys that it fills as well: the whole key and the key without its variant.</summary>
    public (string Key, string BaseKey)[] Nearest { get; init; } = [];

    /// <summary>How long a nearest response is left as it is.</summary>
    public long RefreshTicks { get; init; }

    /// <summary>The slot whose refresh this copy has claimed; null: the key is new.</summary>
    public MemorySlot? Claimed { get; init; }

    /// <summary><c>Content-Type</c>.</summary>
    public string? ContentType { get; init; }

    /// <summary><c>Content-Encoding</c>.</summary>
    public string? ContentEncoding { get; init; }
}
