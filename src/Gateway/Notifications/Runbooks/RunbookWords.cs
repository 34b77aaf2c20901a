using Gateway.Observability.History;

namespace Gateway.Notifications.Runbooks;

/// <summary>Reasons of runbooks in words that journal, page and command share.</summary>
internal static class RunbookWords
{
    /// <summary>How a run ended.</summary>
    public static string Of(RunbookOutcome outcome) => outcome switch
    {
        RunbookOutcome.Healed => "healed it",
        RunbookOutcome.Recovered => "ended",
        RunbookOutcome.Interrupted => "was interrupted",
        _ => "failed",
    };

    /// <summary>Why it does not act, without an end.</summary>
    public static string Of(RunbookRefusal refusal) => refusal switch
    {
        RunbookRefusal.HistoryUnread => "the runs of the last hour are not read from the state folder yet",
        RunbookRefusal.Frozen => "today is a day of its freeze",
        RunbookRefusal.Held => "an operator holds a tier of the cluster",
        RunbookRefusal.OperatorDrain => "an operator drains the destination",
        RunbookRefusal.SharedCause => "other destinations have a fault at the same time, and share its cause",
        RunbookRefusal.LastServing => "no other destination of the cluster can serve",
        RunbookRefusal.FleetUnreachable => "the other gateways are not heard",
        RunbookRefusal.NoMajority => "not more than half of the gateways see the fault",
        RunbookRefusal.AlreadyTried => "a run for this fault did not heal it",
        RunbookRefusal.RunInCluster => "another run is under way in the cluster",
        RunbookRefusal.TooMany => "it ran as often as an hour allows",
        _ => "another gateway does it",
    };
}
