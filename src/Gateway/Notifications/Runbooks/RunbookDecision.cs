namespace Gateway.Notifications.Runbooks;

/// <summary>
/// Whether a runbook may act on a destination whose condition holds. Pure; every guard is asked, and the first that says no gives the
/// reason. The lease of the fleet comes after it, for only Redis can give that.
/// </summary>
internal static class RunbookDecision
{
    /// <summary>Why it must not start; null: it may.</summary>
    public static RunbookRefusal? Start(RunbookFacts facts) => facts switch
    {
        { IsHistoryRead: false } => RunbookRefusal.HistoryUnread,
        _ when Continue(facts) is { } refusal => refusal,
        { IsTried: true } => RunbookRefusal.AlreadyTried,
        { RunsInCluster: true } => RunbookRefusal.RunInCluster,
        _ when facts.RunsInHour >= facts.PerHour => RunbookRefusal.TooMany,
        _ => null,
    };

    /// <summary>Why a run must not go on to a step that acts; null: it may. What only counts runs is not asked again.</summary>
    public static RunbookRefusal? Continue(RunbookFacts facts) => facts switch
    {
        { IsFrozen: true } => RunbookRefusal.Frozen,
        { IsHeld: true } => RunbookRefusal.Held,
        { IsDrainedByOperator: true } => RunbookRefusal.OperatorDrain,
        _ when IsShared(facts) => RunbookRefusal.SharedCause,
        { Serves: true, OthersServing: 0 } => RunbookRefusal.LastServing,
        { Fleet.Agrees: false } => RunbookRefusal.FleetUnreachable,
        { Fleet: { } fleet } when fleet.Votes * 2 <= fleet.Size => RunbookRefusal.NoMajority,
        _ => null,
    };

    /// <summary>
    /// Several at once are not several faults: all of the cluster, or more than half of a tier or of the gateway. A restart of one would
    /// not help, and would take away what is left.
    /// </summary>
    private static bool IsShared(RunbookFacts facts)
    {
        if (facts.Cluster is { Faulty: >= 2 } cluster && cluster.Faulty == cluster.Size)
        {
            return true;
        }

        foreach (var group in facts.Groups)
        {
            if (group.Faulty >= 2 && group.Faulty * 2 > group.Size)
            {
                return true;
            }
        }

        return false;
    }
}
