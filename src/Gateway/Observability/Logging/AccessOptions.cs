namespace Gateway.Observability.Logging;

/// <summary>Which requests are in the access log, and how a line of text looks.</summary>
/// <param name="Level">Which requests.</param>
/// <param name="Pattern">The look of a line of text; null: the usual one.</param>
internal sealed record AccessOptions(AccessLevel Level, AccessPattern? Pattern)
{
    /// <summary>A sample, in the usual look.</summary>
    public static readonly AccessOptions Default = new(AccessLevel.Sampled, null);
}

/// <summary>Which requests are in the access log. Those with a 5xx, a fallback or a retry are in it whatever this says.</summary>
internal enum AccessLevel
{
    /// <summary>A bounded sample of the others too.</summary>
    Sampled,

    /// <summary>Every one.</summary>
    All,

    /// <summary>None of the others.</summary>
    Errors,
}
