using Gateway.Failover;
using Gateway.Failover.Recording;

namespace Gateway.Cli;

/// <summary>A replay's transitions beside the recorded ones.</summary>
/// <param name="From">When the recording begins.</param>
/// <param name="To">When it ends.</param>
/// <param name="Revisions">Of the configurations that it ran under.</param>
/// <param name="Revision">Of the configuration given; null: it was decided by the recorded ones.</param>
/// <param name="IsWhole">Each run is there from its start on, without a gap.</param>
/// <param name="Unknown">Destinations that the configuration given does not have.</param>
/// <param name="Transitions">In the order of their times.</param>
internal sealed record ReplayReport(
    DateTimeOffset From,
    DateTimeOffset To,
    IReadOnlyList<string> Revisions,
    string? Revision,
    bool IsWhole,
    IReadOnlyList<string> Unknown,
    IReadOnlyList<ReplayRow> Transitions)
{
    /// <summary>Of a replay, between two times.</summary>
    public static ReplayReport Of(ReplayResult result, string? revision, DateTimeOffset from, DateTimeOffset to)
    {
        // By the recorded configurations both lists are the same. What is in both is one row, at the time of the recording's clock.
        var left = result.Replayed.ToList();
        var rows = new List<ReplayRow>();
        foreach (var recorded in result.Recorded)
        {
            rows.Add(RowOf(recorded, IsRecorded: true, IsReplayed: left.Remove(recorded)));
        }

        rows.AddRange(left.Select(static replayed => RowOf(replayed, IsRecorded: false, IsReplayed: true)));
        return new ReplayReport(
            result.From,
            result.To,
            result.Revisions,
            revision,
            result.IsWhole,
            result.Unknown,
            [.. rows.Where(row => row.At >= from && row.At <= to).OrderBy(static row => row.At)]);
    }

    private static ReplayRow RowOf(ReplayedTransition one, bool IsRecorded, bool IsReplayed) =>
        new(one.Utc, one.Transition.Cluster, one.Transition.From, one.Transition.To, one.Transition.Reason, one.Transition.Evidence)
        {
            IsRecorded = IsRecorded,
            IsReplayed = IsReplayed,
        };
}

/// <summary>A transition that was recorded, replayed, or both.</summary>
/// <param name="At">When.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="From">The tier that served; null: none could.</param>
/// <param name="To">The tier that serves; null: none can.</param>
/// <param name="Reason">Why.</param>
/// <param name="Evidence">What it rests on.</param>
internal sealed record ReplayRow(
    DateTimeOffset At, string Cluster, string? From, string? To, TransitionReason Reason, string Evidence)
{
    /// <summary>It was made.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>It would have been made, at the same moment and with the same evidence.</summary>
    public bool IsReplayed { get; init; }
}
