using System.Collections.Immutable;
using Gateway.Failover;

namespace Gateway.Tests.Exploration;

/// <summary>One gateway, and what it sees.</summary>
internal sealed record LoneGateway
{
    /// <summary>Its clock; a state that is read begins at <see cref="Origin"/>.</summary>
    public TimeSpan Now { get; init; } = Origin;

    /// <summary>So long after the loop's start that nothing that still matters was before it.</summary>
    public static readonly TimeSpan Origin = TimeSpan.FromDays(30);

    /// <summary>What the machine remembers.</summary>
    public required ClusterState Machine { get; init; }

    /// <summary>What each tier is good for, by name.</summary>
    public required ImmutableArray<TierHealth> Standings { get; init; }

    /// <summary>The configuration in force.</summary>
    public int Layout { get; init; }

    /// <summary>The first round of probes is over.</summary>
    public bool FirstRound { get; init; }

    /// <summary>A tier in its ramp looks worse than the one that carries the rest.</summary>
    public bool InDoubt { get; init; }

    /// <summary>What an observer has counted.</summary>
    public required LoneWitness Witness { get; init; }

    /// <summary>The place of a name in the configuration; -1: it is not in it.</summary>
    public int PlaceOf(LoneRules rules, int name) => rules.Layouts[Layout].IndexOf(name);

    /// <summary>What the active tier is good for.</summary>
    public TierHealth ActiveStanding(LoneRules rules) =>
        Machine.Active >= 0 ? Standings[rules.Layouts[Layout][Machine.Active]] : TierHealth.Unavailable;
}
