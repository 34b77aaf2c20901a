namespace Gateway.Observability.History;

/// <summary>Which entries of the journal are asked for; the newest of them come first.</summary>
/// <param name="Count">At most so many.</param>
internal sealed record JournalQuery(int Count)
{
    /// <summary>Only those with a smaller number. Default: all.</summary>
    public long Before { get; init; } = long.MaxValue;

    /// <summary>Only those of this cluster and those about all. Default: of every one.</summary>
    public string? Cluster { get; init; }

    /// <summary>Only what somebody did, the gateway itself in an operator's place included. Default: all.</summary>
    public bool ActsOnly { get; init; }

    /// <summary>Whether it is one of them, however many there are.</summary>
    public bool Takes(JournalEntry entry) =>
        entry.Id < Before
        && (Cluster is null || entry.Cluster is null || string.Equals(entry.Cluster, Cluster, StringComparison.Ordinal))
        && (!ActsOnly || entry.Who is not null);
}
