namespace Gateway.Tests.Health.Forecast;

/// <summary>What ends a simulated destination.</summary>
public enum Fault
{
    /// <summary>Nothing does.</summary>
    None,

    /// <summary>Memory that is not given back; the process is killed at its limit.</summary>
    Leak,

    /// <summary>Responses and probes that take longer and longer.</summary>
    CreepingLatency,

    /// <summary>A queue that takes in more than it gives out; full, it refuses.</summary>
    FillingQueue,

    /// <summary>Error lines before it fails.</summary>
    ErrorLines,

    /// <summary>The process is killed at once.</summary>
    Kill,
}
