using System.Globalization;
using Gateway.Health.Model;

namespace Gateway.Failover;

/// <summary>What has changed between two moments of a cluster's health. Pure.</summary>
internal static class HealthChanges
{
    /// <summary>The changes, those of destinations first.</summary>
    /// <param name="before">The moment before; null: everything was well.</param>
    /// <param name="after">The moment now.</param>
    /// <param name="at">When that is.</param>
    public static IReadOnlyList<HealthChange> Between(ClusterHealth? before, ClusterHealth after, DateTimeOffset at)
    {
        List<HealthChange> changes = [];
        foreach (var tier in after.Tiers)
        {
            var earlier = before?.Tiers.FirstOrDefault(t => string.Equals(t.Tier, tier.Tier, StringComparison.Ordinal));
            foreach (var member in tier.Members)
            {
                AddMember(changes, after.Cluster, tier, earlier, member, at);
                SignalChanges.Add(changes, after.Cluster, tier.Tier, MemberOf(earlier, member.Name), member, at);
            }

            AddTier(changes, after.Cluster, tier, earlier?.Lost ?? 0, at);
        }

        if (after.RedundancyLost != (before?.RedundancyLost ?? false) && after.Tiers.Any(static t => t.Serving > 0))
        {
            changes.Add(after.RedundancyLost
                ? new(
                    HealthChangeKind.RedundancyLost,
                    after.Cluster,
                    null,
                    null,
                    $"redundancy is lost, {WhatIsLeft(after)}",
                    Left(after),
                    at)
                : new(HealthChangeKind.RedundancyRegained, after.Cluster, null, null, "redundancy is back", Left(after), at));
        }

        return changes;
    }

    private static void AddMember(
        List<HealthChange> changes,
        string cluster,
        TierMembers tier,
        TierMembers? earlier,
        MemberHealth member,
        DateTimeOffset at)
    {
        var known = MemberOf(earlier, member.Name);
        if (known.IsLost == member.IsLost)
        {
            // A request that tries an ejected one says nothing new until it is over.
            if (member.IsLost
                && known.HealthStatus != member.HealthStatus
                && known.HealthStatus != HealthStatus.HalfOpen
                && member.HealthStatus != HealthStatus.HalfOpen)
            {
                changes.Add(new(
                    HealthChangeKind.DestinationStillDown,
                    cluster,
                    tier.Tier,
                    member.Name,
                    $"{member.Name} of {tier.Tier} is {WordOf(member)} now",
                    member.Why,
                    at));
            }

            return;
        }

        changes.Add(member.IsLost
            ? new(
                HealthChangeKind.DestinationDown,
                cluster,
                tier.Tier,
                member.Name,
                $"{member.Name} of {tier.Tier} is {WordOf(member)}",
                member.Why,
                at)
            : new(
                HealthChangeKind.DestinationUp,
                cluster,
                tier.Tier,
                member.Name,
                $"{member.Name} of {tier.Tier} {(member.Draining ? "is healthy again, and drained" : "serves again")}",
                member.Why,
                at));
    }

    private static MemberHealth MemberOf(TierMembers? tier, string name) =>
        tier?.Members.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.Ordinal)) ?? default;

    private static void AddTier(List<HealthChange> changes, string cluster, TierMembers tier, int lostBefore, DateTimeOffset at)
    {
        // A tier that lost all at once is not degraded but gone: the switch, or the lost redundancy, tells that.
        if (lostBefore == 0 && tier is { Lost: > 0, Serving: > 0 })
        {
            changes.Add(new(
                HealthChangeKind.Degraded,
                cluster,
                tier.Tier,
                null,
                $"{tier.Tier} is degraded, {Share(tier)}",
                LossesOf(tier),
                at));
        }
        else if (lostBefore > 0 && tier.Lost == 0)
        {
            changes.Add(new(
                HealthChangeKind.Whole,
                cluster,
                tier.Tier,
                null,
                $"{tier.Tier} has all of its destinations again",
                Share(tier),
                at));
        }
    }

    // The smaller thing first: what a single failure would take.
    private static string WhatIsLeft(ClusterHealth cluster) =>
        cluster.Tiers.Sum(static t => t.Serving) < 2 ? "one destination is left"
        : cluster.Tiers.FirstOrDefault(static t => t.CanServe) is { } only ? $"no tier but {only.Tier} can serve" : "no tier can serve";

    private static string LossesOf(TierMembers tier) =>
        string.Join("; ", tier.Members.Where(static m => m.IsLost).Take(5).Select(static m => $"{m.Name}: {m.Why}"));

    private static string Left(ClusterHealth cluster) => string.Join(", ", cluster.Tiers.Select(static t => $"{t.Tier}: {Share(t)}"));

    private static string Share(TierMembers tier) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{tier.Serving} of {tier.Members.Length} {(tier.Members.Length == 1 ? "destination serves" : "destinations serve")}");

    // Half-open at first sight: its ejection was over before anything was announced, as after a restart.
    private static string WordOf(in MemberHealth member) => member.HealthStatus switch
    {
        HealthStatus.Ejected => "ejected",
        HealthStatus.HalfOpen => "half-open",
        _ => "down",
    };
}
