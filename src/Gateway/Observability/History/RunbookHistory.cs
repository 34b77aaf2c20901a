namespace Gateway.Observability.History;

/// <summary>The cases of runbooks.</summary>
internal sealed class RunbookHistory() : KeptHistory<RunbookCase>(Most)
{
    /// <summary>Cases that are kept.</summary>
    public const int Most = 2000;

    /// <summary>Runs of a runbook in a cluster since a time.</summary>
    /// <param name="runbook">The runbook.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="from">Since when.</param>
    /// <param name="withObserved">Those that were only observed count, too.</param>
    public int RunsSince(string runbook, string cluster, DateTimeOffset from, bool withObserved) => Count(one =>
        one.IsRun && (withObserved || !one.IsOnlyObserved) && one.At > from
        && string.Equals(one.Runbook, runbook, StringComparison.Ordinal)
        && string.Equals(one.Cluster, cluster, StringComparison.Ordinal));
}
