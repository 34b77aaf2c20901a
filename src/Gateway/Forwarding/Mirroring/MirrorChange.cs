namespace Gateway.Forwarding.Mirroring;

/// <summary>A difference stands, or does no longer, announced exactly once.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Route">The route's name.</param>
/// <param name="Tier">The tier that differs from the first one.</param>
/// <param name="Kind">In what.</param>
/// <param name="Text">A sentence for people, without an end.</param>
/// <param name="IsOver">It stands no longer.</param>
/// <param name="At">When.</param>
internal sealed record MirrorChange(
    string Cluster, string Route, string Tier, MirrorDifferenceKind Kind, string Text, bool IsOver, DateTimeOffset At);
