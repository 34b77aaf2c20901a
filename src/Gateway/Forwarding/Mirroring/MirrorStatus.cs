namespace Gateway.Forwarding.Mirroring;

/// <summary>How another tier's responses compare with the first one's on one route, now.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Route">The route's name.</param>
/// <param name="Tier">The tier that gets the mirrored reads.</param>
/// <param name="Pairs">Pairs of responses of the last ten minutes, at most 60.</param>
/// <param name="Newest">When the newest was compared.</param>
/// <param name="Differences">What stands, in the order of kinds; empty: they are alike.</param>
internal sealed record MirrorStatus(
    string Cluster, string Route, string Tier, int Pairs, DateTimeOffset Newest, IReadOnlyList<MirrorDifference> Differences)
{
    /// <summary>Of the pairs, those with another class of status, or no response.</summary>
    public int OtherStatus { get; init; }

    /// <summary>In a sentence, without an end.</summary>
    public string Text => Differences.Count == 0
        ? FormattableString.Invariant(
            $"{Tier} responds as the first tier does to {Pairs - OtherStatus} of {Pairs} mirrored reads, on route {Route}")
        : $"{Tier} {string.Join("; ", Differences.Select(static difference => difference.Text))}, on route {Route}";
}
