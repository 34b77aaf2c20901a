namespace Gateway.Admin.Endpoints;

/// <summary>What an operator may send with a verb.</summary>
internal sealed record VerbRequest
{
    /// <summary>The tier to hold.</summary>
    public string? Tier { get; init; }

    /// <summary>How long to hold it, or to spare its conversations, as <c>10m</c>; at most 24 h.</summary>
    public string? For { get; init; }

    /// <summary>The weight of a destination, 1 to 1,000.</summary>
    public int? Weight { get; init; }

    /// <summary>The revision of the configuration to go back to; null: the one before.</summary>
    public long? Revision { get; init; }

    /// <summary>End the weight that an operator gave: the configuration's again.</summary>
    public bool Clear { get; init; }

    /// <summary>Why; it goes to the journal. Needed for a hold and for a rollback.</summary>
    public string? Reason { get; init; }

    /// <summary>Who, when more is known than the address.</summary>
    public string? Who { get; init; }

    /// <summary>Do it although a safety rule says no.</summary>
    public bool Force { get; init; }
}
