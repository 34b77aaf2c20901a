using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.Health.Model;

namespace Gateway.Failover.Resuming;

/// <summary>
/// Takes down what a restart must not forget of a cluster, and puts it in force again. Only the failover loop touches it.
/// </summary>
internal static class ClusterResuming
{
    /// <summary>What is to be remembered; null: nothing, since the cluster begins so by itself.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="now">The loop's clock.</param>
    public static ClusterMemory? Take(ClusterRuntime cluster, TimeSpan now)
    {
        var ejected = EjectedOf(cluster, now);
        return cluster.State is { Active: 0, Relapses: 0, ReturnedAt: null } && ejected.IsEmpty
            ? null
            : MemoryOf(cluster.State, cluster.Config, now) with { Ejected = ejected, Last = cluster.LastTransition };
    }

    /// <summary>The machine's part of it. Pure.</summary>
    /// <param name="state">What the machine remembers, its first round of probes over.</param>
    /// <param name="config">The cluster's rules.</param>
    /// <param name="now">The loop's clock.</param>
    public static ClusterMemory MemoryOf(ClusterState state, ClusterConfig config, TimeSpan now)
    {
        string? NameOf(int tier) => tier >= 0 ? config.Tiers[tier].Name : null;
        return new ClusterMemory(
            config.Name,
            NameOf(state.Active),
            now - state.ActiveSince,
            state.Relapses,
            now - state.ReturnedAt,
            NameOf(state.RampFrom),
            FailoverTimers.ShareOf(state, config.Failback, now),
            [.. state.HealthySince.Select((since, tier) => (since, tier)).Where(static one => one.since is not null)
                .Select(one => new TierMemory(NameOf(one.tier)!, now - one.since!.Value))],
            [],
            null);
    }

    /// <summary>The machine's state before its first round of probes. Pure.</summary>
    /// <param name="memory">What was remembered.</param>
    /// <param name="tiers">The configuration's tiers: of others nothing is known.</param>
    /// <param name="ago">How long ago it was taken down.</param>
    /// <param name="now">The loop's clock.</param>
    public static ClusterState StateOf(ClusterMemory memory, IReadOnlyList<TierConfig> tiers, TimeSpan ago, TimeSpan now)
    {
        int IndexOf(string? name) => Enumerable.Range(0, tiers.Count)
            .Where(tier => string.Equals(tiers[tier].Name, name, StringComparison.Ordinal))
            .DefaultIfEmpty(-1)
            .First();

        var state = new ClusterState { ActiveSince = now, Relapses = memory.Relapses };
        if (IndexOf(memory.Active) is not (>= 0 and var active))
        {
            return state;
        }

        var healthy = new TimeSpan?[tiers.Count];
        foreach (var tier in memory.Tiers)
        {
            if (IndexOf(tier.Name) is >= 0 and var index)
            {
                healthy[index] = now - tier.HealthyFor;
            }
        }

        var ramp = IndexOf(memory.RampFrom);
        return state with
        {
            Active = active,
            ReturnedAt = now - ago - memory.ReturnedFor,
            Resumed = new Resumption(
                active, now - ago - memory.ActiveFor, [.. healthy], ramp == active ? -1 : ramp, memory.RampShare),
        };
    }

    /// <summary>
    /// Puts it in force, as far as it is still about this configuration; false: the first round of probes is over already.
    /// </summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="memory">What was remembered.</param>
    /// <param name="ago">How long ago it was taken down.</param>
    /// <param name="now">The loop's clock.</param>
    public static bool Resume(ClusterRuntime cluster, ClusterMemory memory, TimeSpan ago, TimeSpan now)
    {
        if (cluster.State.Settled)
        {
            return false;
        }

        cluster.State = StateOf(memory, cluster.Config.Tiers, ago, now);
        cluster.LastTransition = memory.Last;
        foreach (var ejection in memory.Ejected)
        {
            Resume(cluster, ejection, ago, now);
        }

        cluster.Dirty = true;
        cluster.HealthChanged = true;
        return true;
    }

    /// <summary>What was put in force again, as a sentence.</summary>
    public static string TextOf(ClusterMemory memory)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Cluster '{memory.Cluster}' goes on where it was: ");
        text.Append(memory.Active is null
            ? "no tier could serve"
            : $"tier '{memory.Active}' had served for {DurationText.Format(TimeSpan.FromSeconds((long)memory.ActiveFor.TotalSeconds))}");
        if (memory.Relapses > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $", relapses in a row: {memory.Relapses}");
        }

        if (memory.Ejected.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $", ejected: {string.Join(", ", memory.Ejected.Select(static one => one.Name))}");
        }

        return text.Append('.').ToString();
    }

    private static void Resume(ClusterRuntime cluster, EjectionMemory ejection, TimeSpan ago, TimeSpan now)
    {
        foreach (var watch in cluster.Watches)
        {
            var destination = watch.Destination;
            if (string.Equals(destination.Tier, ejection.Tier, StringComparison.Ordinal)
                && string.Equals(destination.Name, ejection.Name, StringComparison.Ordinal)
                && string.Equals(UrlOf(destination), ejection.Url, StringComparison.Ordinal))
            {
                var since = now - ago - ejection.For;
                destination.EjectedByRoute = ejection.Route;
                watch.Monitor.Restore(
                    watch.Monitor.State with
                    {
                        Traffic = TrafficOpinion.Ejected,
                        EjectedAt = since,
                        EjectedUntil = now - ago + ejection.Left,
                        Ejections = ejection.Ejections,
                    },
                    ejection.Why,
                    ejection.Cause,
                    since,
                    watch.Monitor.Drain);
            }
        }
    }

    private static ImmutableArray<EjectionMemory> EjectedOf(ClusterRuntime cluster, TimeSpan now) =>
        [.. cluster.Watches
            .Where(static watch => watch.Monitor.State is { Traffic: not TrafficOpinion.Good, Probes: not ProbeOpinion.Down })
            .Take(ClusterMemory.MostEjected)
            .Select(watch =>
            {
                var (monitor, state) = (watch.Monitor, watch.Monitor.State);
                return new EjectionMemory(
                    watch.Destination.Tier,
                    watch.Destination.Name,
                    UrlOf(watch.Destination),
                    Math.Max(1, state.Ejections),
                    now - state.EjectedAt,
                    state.Traffic == TrafficOpinion.Ejected && state.EjectedUntil > now ? state.EjectedUntil - now : TimeSpan.Zero,
                    monitor.Why,
                    monitor.Cause,
                    watch.Destination.EjectedByRoute);
            })];

    private static string UrlOf(Destination destination) => destination.Url.ToString();
}
