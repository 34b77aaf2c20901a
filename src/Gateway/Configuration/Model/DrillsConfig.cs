using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>Drills that the gateway runs by itself (<c>drills</c>).</summary>
internal sealed record DrillsConfig
{
    /// <summary>Days (UTC) on which no drill runs. Default: none.</summary>
    public ImmutableArray<FreezeDays> Freeze { get; init; } = [];

    /// <summary>The drills, each with its calendar. Default: none.</summary>
    public ImmutableArray<ScheduledDrillConfig> Schedule { get; init; } = [];
}
