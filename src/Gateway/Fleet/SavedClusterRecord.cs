using Gateway.Failover;
using Gateway.Failover.Resuming;

namespace Gateway.Fleet;

/// <summary>What a cluster came to, as the state folder keeps it.</summary>
/// <param name="SavedAtMs">When it was saved, in Unix milliseconds.</param>
/// <param name="Cluster">What it was.</param>
internal sealed record SavedClusterRecord(long SavedAtMs, SavedCluster Cluster)
{
    private const int FewEjected = 4;

    /// <summary>Older ones are forgotten: as long as relapses are remembered.</summary>
    public static readonly TimeSpan LongestAge = FailoverTimers.Forget;

    /// <summary>Everything that must be there is, and in bounds.</summary>
    public bool IsSound => Cluster is { IsSound: true } && SavedAtMs is >= 0 and <= FleetPayload.MaxUnixMs;

    /// <summary>The command that puts it in force again; null: it is too old, or from the future.</summary>
    public ResumeCommand? CommandAt(DateTimeOffset now)
    {
        var ago = now - DateTimeOffset.FromUnixTimeMilliseconds(SavedAtMs);
        var clean = Cluster with { Last = Clean(Cluster.Last), Ejected = [.. Cluster.Ejected.Select(Clean)] };
        return ago < TimeSpan.Zero || ago > LongestAge ? null : new ResumeCommand(clean) { Ago = ago };
    }

    /// <summary>A record that fits into a line that is read again: what ejections and the last change rest on is left out first.</summary>
    /// <param name="cluster">What to save.</param>
    /// <param name="now">The time.</param>
    public static SavedClusterRecord Of(SavedCluster cluster, DateTimeOffset now)
    {
        var record = new SavedClusterRecord(now.ToUnixTimeMilliseconds(), cluster);
        return FleetPayload.Encode(record).Length <= FleetPayload.MaxLength
            ? record
            : record with { Cluster = cluster with { Ejected = [.. cluster.Ejected.Take(FewEjected)], Last = null } };
    }

    // What a person may have changed in the file goes to logs, pages and terminals.
    private static Transition? Clean(Transition? last) => last is null
        ? null
        : last with { Evidence = FleetPayload.Clean(last.Evidence), Cause = FleetPayload.Clean(last.Cause) };

    private static SavedEjection Clean(SavedEjection one) =>
        one with { Why = FleetPayload.Clean(one.Why), Cause = FleetPayload.Clean(one.Cause) };
}
