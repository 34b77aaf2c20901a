using System.Collections.Immutable;

namespace Gateway.Notifications.Runbooks;

/// <summary>What a decision about one destination rests on; its condition holds, and has for long enough.</summary>
internal sealed record RunbookFacts
{
    /// <summary>The runs of earlier processes are known.</summary>
    public required bool IsHistoryRead { get; init; }

    /// <summary>Today is among the runbook's <c>freeze</c>.</summary>
    public bool IsFrozen { get; init; }

    /// <summary>An operator holds a tier of the cluster.</summary>
    public bool IsHeld { get; init; }

    /// <summary>An operator drains the destination.</summary>
    public bool IsDrainedByOperator { get; init; }

    /// <summary>The destination serves now, so that a run takes it away from users.</summary>
    public bool Serves { get; init; }

    /// <summary>Other destinations of the cluster that serve now.</summary>
    public int OthersServing { get; init; }

    /// <summary>The tiers of the cluster, and last all destinations of the gateway.</summary>
    public ImmutableArray<FaultyCount> Groups { get; init; } = [];

    /// <summary>The cluster as a whole.</summary>
    public FaultyCount Cluster { get; init; }

    /// <summary>The other gateways; null: this one decides alone, by its configuration.</summary>
    public FleetFacts? Fleet { get; init; }

    /// <summary>A run was made since the destination was last well.</summary>
    public bool IsTried { get; init; }

    /// <summary>A run of this gateway is under way in the cluster.</summary>
    public bool RunsInCluster { get; init; }

    /// <summary>Runs of this runbook in this cluster within the last hour, as far as this gateway knows.</summary>
    public int RunsInHour { get; init; }

    /// <summary>As many may be.</summary>
    public int PerHour { get; init; } = 3;
}

/// <summary>How many of a group are faulty.</summary>
/// <param name="Faulty">Those that cannot serve, or of which the runbook's condition holds.</param>
/// <param name="Size">All of them.</param>
internal readonly record struct FaultyCount(int Faulty, int Size);

/// <summary>What the other gateways say of a fault.</summary>
/// <param name="Agrees">The gateways hear one another now.</param>
/// <param name="Votes">How many see it, this one included.</param>
/// <param name="Size">How many there are: the most that were heard within the last ten minutes.</param>
internal readonly record struct FleetFacts(bool Agrees, int Votes, int Size);
