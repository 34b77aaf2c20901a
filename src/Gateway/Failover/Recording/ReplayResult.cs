namespace Gateway.Failover.Recording;

/// <summary>What a replay came to.</summary>
/// <param name="Recorded">The transitions of the recording.</param>
/// <param name="Replayed">Those that the configuration given would have made.</param>
/// <param name="Revisions">The revisions of the configurations that the recording ran under, in order.</param>
/// <param name="From">When the recording begins.</param>
/// <param name="To">When it ends.</param>
/// <param name="IsWhole">Each run is there from its start on, without a gap: nothing had to be guessed.</param>
/// <param name="Unknown">Destinations of the recording that the configuration given does not have.</param>
internal sealed record ReplayResult(
    IReadOnlyList<ReplayedTransition> Recorded,
    IReadOnlyList<ReplayedTransition> Replayed,
    IReadOnlyList<string> Revisions,
    DateTimeOffset From,
    DateTimeOffset To,
    bool IsWhole,
    IReadOnlyList<string> Unknown);

/// <summary>A transition, and when it was made.</summary>
/// <param name="Run">The run of the gateway.</param>
/// <param name="At">The loop's clock.</param>
/// <param name="Utc">The wall clock.</param>
/// <param name="Transition">The transition.</param>
internal sealed record ReplayedTransition(Guid Run, TimeSpan At, DateTimeOffset Utc, Transition Transition)
{
    /// <summary>The same change, for the same reason, with the same evidence, at the same tick of the loop's clock.</summary>
    public bool Equals(ReplayedTransition? other) =>
        other is not null
            && Run == other.Run
            && At == other.At
            && Transition with { At = default } == other.Transition with { At = default };

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Run, At, Transition.Cluster);
}
