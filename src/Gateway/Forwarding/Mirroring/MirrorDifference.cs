namespace Gateway.Forwarding.Mirroring;

/// <summary>In what a tier's responses differ from those of the first tier.</summary>
internal enum MirrorDifferenceKind
{
    /// <summary>Another class of status, or no response.</summary>
    Status,

    /// <summary>Another media type.</summary>
    Type,

    /// <summary>JSON members that only one of the two has, or that are of another kind.</summary>
    Shape,

    /// <summary>A third of the size, or three times it.</summary>
    Size,

    /// <summary>Three times as long, and 100 ms longer.</summary>
    Latency,
}

/// <summary>A difference that enough pairs of responses show.</summary>
/// <param name="Kind">In what.</param>
/// <param name="Text">What the tier does that the first one does not, as the rest of a sentence that begins with the tier's name.</param>
internal sealed record MirrorDifference(MirrorDifferenceKind Kind, string Text);
