namespace Gateway.Notifications.Runbooks;

/// <summary>Why a runbook does not act, though its condition holds. A closed set; none of these guards can be left out.</summary>
internal enum RunbookRefusal
{
    /// <summary>The runs of the last hour have not been read from the state folder yet.</summary>
    HistoryUnread,

    /// <summary>It is a day on which nothing is done.</summary>
    Frozen,

    /// <summary>An operator holds a tier of the cluster.</summary>
    Held,

    /// <summary>An operator drains the destination.</summary>
    OperatorDrain,

    /// <summary>Other destinations have a fault at the same time: they share its cause.</summary>
    SharedCause,

    /// <summary>No other destination of the cluster can serve.</summary>
    LastServing,

    /// <summary>Redis is configured and the gateways do not hear one another.</summary>
    FleetUnreachable,

    /// <summary>Not more than half of the gateways see the fault.</summary>
    NoMajority,

    /// <summary>A run for this very fault is over, and the destination has not been well since.</summary>
    AlreadyTried,

    /// <summary>Another run is under way in the cluster.</summary>
    RunInCluster,

    /// <summary>As many runs as an hour may have.</summary>
    TooMany,

    /// <summary>Another gateway of the fleet does it.</summary>
    Elsewhere,
}
