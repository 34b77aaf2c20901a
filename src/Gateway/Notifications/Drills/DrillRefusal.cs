namespace Gateway.Notifications.Drills;

/// <summary>Why a drill does not begin.</summary>
internal enum DrillRefusal
{
    /// <summary>It is a day of <c>drills.freeze</c>.</summary>
    Frozen,

    /// <summary>What earlier processes did is not read from the state folder yet.</summary>
    HistoryUnread,

    /// <summary>What is left of the window is too short.</summary>
    TooLate,

    /// <summary>The cluster is not in its normal condition: something failed, or is still coming back.</summary>
    Disturbed,

    /// <summary>An operator holds a tier, or drains a destination.</summary>
    OperatorAtWork,

    /// <summary>Not every destination of the tier that would take over can serve.</summary>
    StandbyNotWhole,

    /// <summary>The tier that would take over could not carry the load.</summary>
    TooLittleCapacity,

    /// <summary>Without the destination its tier would have fewer than it needs.</summary>
    LastNeeded,

    /// <summary>The error budget of the cluster is spent.</summary>
    BudgetSpent,

    /// <summary>It is not known whether error budget is left: the ledger cannot be read.</summary>
    BudgetUnknown,

    /// <summary>The gateways do not hear one another through Redis.</summary>
    FleetUnreachable,

    /// <summary>A drill runs at another gateway.</summary>
    OtherDrill,
}
