using System.Collections.Immutable;
using Gateway.Health.Model;
using Gateway.Health.Signals;

namespace Gateway.Failover;

/// <summary>The health of a cluster's destinations at one moment, for comparing two of them.</summary>
/// <param name="Cluster">Its name.</param>
/// <param name="Tiers">In order.</param>
internal sealed record ClusterHealth(string Cluster, ImmutableArray<TierMembers> Tiers)
{
    /// <summary>The next failure reaches users.</summary>
    public bool RedundancyLost => Redundancy.IsLost(
        Tiers.Count(static t => t.CanServe), Tiers.Length, Tiers.Sum(static t => t.Members.Count(static m => m.Serves)),
        Tiers.Sum(static t => t.Members.Length));
}

/// <summary>The members of a tier.</summary>
/// <param name="Tier">Its name.</param>
/// <param name="CanServe">Enough of them serve.</param>
/// <param name="Members">Its destinations.</param>
internal sealed record TierMembers(string Tier, bool CanServe, ImmutableArray<MemberHealth> Members)
{
    /// <summary>How many it has lost.</summary>
    public int Lost => Members.Count(static m => m.IsLost);

    /// <summary>How many serve.</summary>
    public int Serving => Members.Count(static m => m.Serves);
}

/// <summary>The health of one destination.</summary>
/// <param name="Name">Its name.</param>
/// <param name="HealthStatus">What is held true of it.</param>
/// <param name="Draining">An operator drains it: it serves nothing, and is not lost by that.</param>
/// <param name="Why">What the health status rests on.</param>
internal readonly record struct MemberHealth(string Name, HealthStatus HealthStatus, bool Draining, string Why)
{
    /// <summary>What signals hold of it.</summary>
    public ImmutableArray<SignalMark> Signals { get; init; } = [];

    /// <summary>Its health keeps it from serving.</summary>
    public bool IsLost => HealthStatus is HealthStatus.Down or HealthStatus.Ejected or HealthStatus.HalfOpen;

    /// <summary>It takes requests.</summary>
    public bool Serves => !Draining && !IsLost;
}
