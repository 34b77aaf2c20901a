namespace Gateway.Health.Signals;

/// <summary>What is known of a signal of a destination.</summary>
internal enum SignalState
{
    /// <summary>No data: says nothing, for or against.</summary>
    Unknown,

    /// <summary>What it looks for is not so.</summary>
    Clear,

    /// <summary>What it looks for is so.</summary>
    Firing,
}
