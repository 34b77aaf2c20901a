using Gateway.Configuration.Values;
using Gateway.Failover;
using Gateway.Notifications.Runbooks;

namespace Gateway.Notifications.Drills;

/// <summary>What drills are called in texts.</summary>
internal static class DrillWords
{
    private const string Mark = "drill ";

    /// <summary>As whom a drill holds and drains.</summary>
    public static string ByOf(string drill) => Mark + drill;

    /// <summary>The drill that gave an order; null: an operator did, who has an address behind the name.</summary>
    public static string? DrillOf(string? by) =>
        by?.StartsWith(Mark, StringComparison.Ordinal) == true && NameText.IsName(by[Mark.Length..]) ? by[Mark.Length..] : null;

    /// <summary>A destination that an operator drains, and no drill or runbook; null: none.</summary>
    public static string? DrainedByAnother(ClusterView cluster)
    {
        foreach (var tier in cluster.Tiers)
        {
            foreach (var destination in tier.Destinations)
            {
                if (destination.Draining && DrillOf(destination.Drain?.By) is null && !RunbookFactsReader.IsRunbook(destination.Drain?.By))
                {
                    return destination.Name;
                }
            }
        }

        return null;
    }

    /// <summary>The second half of a sentence that begins with "it did not run, because".</summary>
    public static string Of(DrillRefusal refusal, ClusterView cluster) => refusal switch
    {
        DrillRefusal.Frozen => "today is a day of drills.freeze",
        DrillRefusal.HistoryUnread => "the state folder is not read yet",
        DrillRefusal.TooLate => "too little of its window was left",
        DrillRefusal.Disturbed => "the cluster was not in its normal condition",
        DrillRefusal.OperatorAtWork => "a tier was held, or a destination drained",
        DrillRefusal.StandbyNotWhole => cluster.Tiers is [_, var next, ..]
            ? $"not every destination of {next.Name} could serve"
            : "there was no other tier",
        DrillRefusal.TooLittleCapacity => "what is left could not have carried the load",
        DrillRefusal.LastNeeded => "the tier could not have done without a destination",
        DrillRefusal.BudgetSpent => "the error budget was spent",
        DrillRefusal.BudgetUnknown => "it was not known whether error budget was left",
        DrillRefusal.FleetUnreachable => "the gateways did not hear one another",
        _ => "another drill ran",
    };
}
