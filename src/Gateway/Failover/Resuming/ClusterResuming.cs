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
    private const int LongestText = 200;

    /// <summary>What to save; null: nothing, since the cluster begins so by itself.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="now">The loop's clock.</param>
    public static SavedCluster? Take(ClusterRuntime cluster, TimeSpan now)
    {
        var ejected = EjectedOf(cluster, now);
        return cluster.State is { Active: 0, Relapses: 0, ReturnedAt: null } && ejected.IsEmpty
            ? null
            : SavedOf(cluster.State, cluster.Config, now) with { Ejected = ejected, Last = cluster.LastTransition };
    }

    /// <summary>The machine's part of it. Pure.</summary>
    /// <param name="state">What the machine remembers, its first round of probes over.</param>
    /// <param name="config">The cluster's rules.</param>
    /// <param name="now">The loop's clock.</param>
    public static SavedCluster SavedOf(ClusterState state, ClusterConfig config, TimeSpan now)
    {
        string? NameOf(int tier) => tier >= 0 ? config.Tiers[tier].Name : null;
        return new SavedCluster(
            config.Name,
            NameOf(state.Active),
            now - state.ActiveSince,
            state.Relapses,
            now - state.ReturnedAt,
            NameOf(state.RampFrom),
            FailoverTimers.ShareOf(state, config.Failback, now),
            [.. state.HealthySince.Select((since, tier) => (since, tier)).Where(static one => one.since is not null)
                .Select(one => new SavedTier(NameOf(one.tier)!, now - one.since!.Value))],
            [],
            null);
    }

    /// <summary>The machine's state before its first round of probes. Pure.</summary>
    /// <param name="saved">What was saved.</param>
    /// <param name="tiers">The configuration's tiers: of others nothing is known.</param>
    /// <param name="ago">How long ago it was taken down.</param>
    /// <param name="now">The loop's clock.</param>
    public static ClusterState StateOf(SavedCluster saved, IReadOnlyList<TierConfig> tiers, TimeSpan ago, TimeSpan now)
    {
        int IndexOf(string? name) => Enumerable.Range(0, tiers.Count)
            .Where(tier => string.Equals(tiers[tier].Name, name, StringComparison.Ordinal))
            .DefaultIfEmpty(-1)
            .First();

        var state = new ClusterState { ActiveSince = now, Relapses = saved.Relapses };
        if (IndexOf(saved.Active) is not (>= 0 and var active))
        {
            return state;
        }

        var healthy = new TimeSpan?[tiers.Count];
        foreach (var tier in saved.Tiers)
        {
            if (IndexOf(tier.Name) is >= 0 and var index)
            {
                healthy[index] = now - tier.HealthyFor;
            }
        }

        var ramp = IndexOf(saved.RampFrom);
        return state with
        {
            Active = active,
            ReturnedAt = now - ago - saved.ReturnedFor,
            Resumed = new Resumption(
                active, now - ago - saved.ActiveFor, [.. healthy], ramp == active ? -1 : ramp, saved.RampShare),
        };
    }

    /// <summary>
    /// Puts it in force, as far as it is still about this configuration; false: the first round of probes is over already.
    /// </summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="saved">What was saved.</param>
    /// <param name="ago">How long ago it was taken down.</param>
    /// <param name="now">The loop's clock.</param>
    public static bool Resume(ClusterRuntime cluster, SavedCluster saved, TimeSpan ago, TimeSpan now)
    {
        if (cluster.State.Settled)
        {
            return false;
        }

        cluster.State = StateOf(saved, cluster.Config.Tiers, ago, now);
        cluster.LastTransition = saved.Last;
        foreach (var ejection in saved.Ejected)
        {
            Resume(cluster, ejection, ago, now);
        }

        cluster.Dirty = true;
        cluster.HealthChanged = true;
        return true;
    }

    /// <summary>What was put in force again, as a sentence.</summary>
    public static string TextOf(SavedCluster saved)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Cluster '{saved.Cluster}' goes on where it was: ");
        text.Append(saved.Active is null
            ? "no tier could serve"
            : $"tier '{saved.Active}' had served for {DurationText.Format(TimeSpan.FromSeconds((long)saved.ActiveFor.TotalSeconds))}");
        if (saved.Relapses > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $", relapses in a row: {saved.Relapses}");
        }

        if (saved.Ejected.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $", ejected: {string.Join(", ", saved.Ejected.Select(static one => one.Name))}");
        }

        return text.Append('.').ToString();
    }

    private static void Resume(ClusterRuntime cluster, SavedEjection ejection, TimeSpan ago, TimeSpan now)
    {
        foreach (var watch in cluster.Watches)
        {
            var destination = watch.Destination;
            if (string.Equals(destination.Tier, ejection.Tier, StringComparison.Ordinal)
                && string.Equals(destination.Name, ejection.Name, StringComparison.Ordinal)
                && string.Equals(UrlOf(destination), ejection.Url, StringComparison.Ordinal))
            {
                var since = now - ago - ejection.For;
                var (until, longest) = (now - ago + ejection.Left, since + cluster.Config.Passive.MaxEjectFor);
                destination.EjectedByRoute = ejection.Route;
                watch.Monitor.Restore(
                    watch.Monitor.State with
                    {
                        Traffic = TrafficOpinion.Ejected,
                        EjectedAt = since,
                        EjectedUntil = until < longest ? until : longest,
                        Ejections = ejection.Ejections,
                    },
                    ejection.Why,
                    ejection.Cause,
                    since,
                    watch.Monitor.Drain);
            }
        }
    }

    private static ImmutableArray<SavedEjection> EjectedOf(ClusterRuntime cluster, TimeSpan now) =>
        [.. cluster.Watches
            .Where(static watch => watch.Monitor.State is { Traffic: not TrafficOpinion.Good, Probes: not ProbeOpinion.Down })
            .Take(SavedCluster.MostEjected)
            .Select(watch =>
            {
                var (monitor, state) = (watch.Monitor, watch.Monitor.State);
                return new SavedEjection(
                    watch.Destination.Tier,
                    watch.Destination.Name,
                    UrlOf(watch.Destination),
                    Math.Max(1, state.Ejections),
                    now - state.EjectedAt,
                    state.Traffic == TrafficOpinion.Ejected && state.EjectedUntil > now ? state.EjectedUntil - now : TimeSpan.Zero,
                    Short(monitor.Why),
                    Short(monitor.Cause),
                    watch.Destination.EjectedByRoute);
            })];

    private static string Short(string text) => text.Length <= LongestText ? text : text[..LongestText];

    private static string UrlOf(Destination destination) => destination.Url.ToString();
}
