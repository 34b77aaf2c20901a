using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>One receiver of notifications; exactly one of webhook and exec is set.</summary>
internal sealed record NotifyConfig
{
    /// <summary>Gets a POST with JSON.</summary>
    public Uri? Webhook { get; init; }

    /// <summary>Program and its arguments.</summary>
    public ImmutableArray<string> Exec { get; init; } = [];

    /// <summary>At least one.</summary>
    public required ImmutableArray<NotifyEvent> Events { get; init; }

    /// <summary>Default: 10 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>What can be told.</summary>
internal enum NotifyEvent
{
    /// <summary>A later tier serves.</summary>
    Failover,

    /// <summary>A better tier serves again.</summary>
    Failback,

    /// <summary>No tier can serve.</summary>
    Exhausted,

    /// <summary>A tier serves again after none could.</summary>
    Recovered,

    /// <summary>A changed configuration was refused.</summary>
    ConfigRejected,

    /// <summary>A drill began or ended.</summary>
    Drill,

    /// <summary>A destination can no longer serve.</summary>
    DestinationDown,

    /// <summary>A destination can serve again.</summary>
    DestinationUp,

    /// <summary>A tier has lost the first of its destinations.</summary>
    Degraded,

    /// <summary>The next failure reaches users.</summary>
    RedundancyLost,

    /// <summary>A destination is forecast to be unable to serve soon.</summary>
    Forecast,

    /// <summary>Mirrored reads show that another tier responds otherwise than the first one.</summary>
    StandbyDiffers,

    /// <summary>A runbook has failed, or its step <c>notify</c> was reached.</summary>
    Runbook,
}
