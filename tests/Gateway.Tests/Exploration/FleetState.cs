using System.Collections.Immutable;
using Gateway.Consensus;
using Gateway.Failover;
using Gateway.Fleet;

namespace Gateway.Tests.Exploration;

/// <summary>Several gateways, and what stands in Redis.</summary>
/// <param name="Now">The clock of the world, and of Redis.</param>
/// <param name="Members">The gateways.</param>
/// <param name="Store">What stands in Redis.</param>
/// <param name="Late">A request that is on its way since before; null: there is none.</param>
internal sealed record FleetState(TimeSpan Now, ImmutableArray<FleetMember> Members, FleetStore Store, FleetRequest? Late);

/// <summary>One gateway. All its times are of its own clock.</summary>
internal sealed record FleetMember
{
    /// <summary>What the machine remembers.</summary>
    public required ClusterState Machine { get; init; }

    /// <summary>What each tier is good for, by its own eyes.</summary>
    public required ImmutableArray<TierHealth> Sights { get; init; }

    /// <summary>Since when each cannot serve, by its own eyes.</summary>
    public ImmutableArray<TimeSpan?> DownSince { get; init; } = [null, null];

    /// <summary>What the fleet said last.</summary>
    public FleetGuidance? Guidance { get; init; }

    /// <summary>When.</summary>
    public TimeSpan GuidedAt { get; init; }

    /// <summary>The last agreed change that it knows.</summary>
    public KnownChange? Known { get; init; }

    /// <summary>The highest epoch that it has seen.</summary>
    public long Highest { get; init; }

    /// <summary>What its next exchange writes.</summary>
    public FleetWrite? Write { get; init; }

    /// <summary>Its first round of probes is over.</summary>
    public bool FirstRound { get; init; }

    /// <summary>An observer's count: for how many ticks it has seen each tier healthy; -1: it does not.</summary>
    public ImmutableArray<int> HealthyFor { get; init; } = [-1, -1];
}

/// <summary>A write to Redis, if what stands there is still what was read.</summary>
internal sealed record FleetWrite(AgreedChange? Expected, AgreedChange Value, TimeSpan KeepFor);

/// <summary>What a gateway says in an exchange.</summary>
internal sealed record FleetRequest(int From, ClusterVote? Vote, long Highest, FleetWrite? Write);

/// <summary>A sign of life in Redis.</summary>
internal sealed record FleetLife(ClusterVote? Vote, long Highest, TimeSpan EndsAt);

/// <summary>What stands in Redis, by its clock.</summary>
/// <param name="Change">The last agreed change; null: none.</param>
/// <param name="EndsAt">When it goes.</param>
/// <param name="Lives">Signs of life: of each gateway, then of the process before its last crash.</param>
internal sealed record FleetStore(AgreedChange? Change, TimeSpan EndsAt, ImmutableArray<FleetLife?> Lives);
