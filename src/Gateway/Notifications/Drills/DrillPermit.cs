namespace Gateway.Notifications.Drills;

/// <summary>What the fleet says of a drill that is to begin.</summary>
internal enum DrillPermit
{
    /// <summary>This gateway runs it.</summary>
    Granted,

    /// <summary>A drill runs at another gateway.</summary>
    Others,

    /// <summary>It ran in this window already.</summary>
    Done,

    /// <summary>Redis did not respond.</summary>
    Unreachable,
}
