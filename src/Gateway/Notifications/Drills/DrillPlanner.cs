using System.Collections.Concurrent;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Observability.History;

namespace Gateway.Notifications.Drills;

/// <summary>A drill whose guards let it begin.</summary>
/// <param name="Drill">The drill.</param>
/// <param name="Window">Its window.</param>
/// <param name="Lost">The tier that is left, or the destination that is drained.</param>
/// <param name="ServedBy">The tier that serves meanwhile.</param>
internal sealed record PlannedDrill(ScheduledDrillConfig Drill, DrillWindow Window, string Lost, string ServedBy);

/// <summary>
/// Which drill is to begin, and which window passed without one. Pure but for the refusals that it remembers; the drills' loop owns it.
/// </summary>
internal sealed class DrillPlanner
{
    private readonly ConcurrentDictionary<(string Drill, DateTimeOffset Window), DrillRefusal> _refused = new();
    private readonly Dictionary<string, DateTimeOffset> _notBefore = new(StringComparer.Ordinal);

    /// <summary>The first drill that may begin now; null: none. What keeps the others is remembered.</summary>
    public PlannedDrill? Next(
        GatewayConfig config,
        IReadOnlyList<ClusterView> clusters,
        KeptHistory<ScheduledDrill> history,
        bool isFleetHeard,
        DateTimeOffset now)
    {
        foreach (var drill in config.Drills.Schedule)
        {
            if (DrillCalendar.At(drill, now) is not { } window
                || clusters.FirstOrDefault(c => string.Equals(c.Name, drill.Cluster, StringComparison.Ordinal)) is not { } cluster
                || WasRun(history, drill, window)
                || (_notBefore.TryGetValue(drill.Name, out var notBefore) && now < notBefore))
            {
                continue;
            }

            var destination = drill.Lose == DrillLoss.Destination ? DestinationOf(cluster, drill, history) : null;
            var facts = new DrillFacts(drill, cluster, ClusterOutlook.Of(cluster, now).Condition, now)
            {
                // One that a freeze would end proves nothing.
                IsFrozen = DrillCalendar.IsFrozen(config.Drills, now) || DrillCalendar.IsFrozen(config.Drills, now + drill.For),
                IsHistoryRead = history.IsRead,
                Left = window.End - now,
                IsFleetHeard = isFleetHeard,
                Destination = destination,
            };
            if (DrillDecision.Start(facts) is { } refusal)
            {
                Refused(drill, window, refusal);
                continue;
            }

            return drill.Lose == DrillLoss.Tier
                ? new PlannedDrill(drill, window, cluster.Tiers[0].Name, cluster.Tiers[1].Name)
                : new PlannedDrill(drill, window, destination!.Name, cluster.Tiers[0].Name);
        }

        return null;
    }

    /// <summary>
    /// Something kept a drill from beginning. That its window is nearly over does not take the place of an earlier reason.
    /// </summary>
    public void Refused(ScheduledDrillConfig drill, DrillWindow window, DrillRefusal refusal)
    {
        // A freeze is no news: it stands in the file.
        var key = (drill.Name, window.Begin);
        if (refusal != DrillRefusal.Frozen && (refusal != DrillRefusal.TooLate || !_refused.ContainsKey(key)))
        {
            _refused[key] = refusal;
        }
    }

    /// <summary>Asks for a drill no more before then: what only disk or Redis knows keeps it, and another one may begin.</summary>
    public void Wait(string drill, DateTimeOffset until) => _notBefore[drill] = until;

    /// <summary>What kept a drill from beginning in a window when it was looked at last; null: nothing has. Any thread may ask.</summary>
    public DrillRefusal? WhyNot(string drill, DateTimeOffset window) =>
        _refused.TryGetValue((drill, window), out var refusal) ? refusal : null;

    /// <summary>A drill runs, and keeps the others from beginning in their windows.</summary>
    public void Busy(GatewayConfig config, KeptHistory<ScheduledDrill> history, DateTimeOffset now)
    {
        foreach (var drill in config.Drills.Schedule)
        {
            if (!DrillCalendar.IsFrozen(config.Drills, now)
                && DrillCalendar.At(drill, now) is { } window
                && !WasRun(history, drill, window))
            {
                Refused(drill, window, DrillRefusal.OtherDrill);
            }
        }
    }

    /// <summary>Windows that are over and in which a drill was kept from running, with the last reason; each is given once.</summary>
    public IReadOnlyList<(ScheduledDrillConfig Drill, DateTimeOffset Window, DrillRefusal Refusal)> TakeMissed(
        DrillsConfig drills, KeptHistory<ScheduledDrill> history, DateTimeOffset now)
    {
        List<(ScheduledDrillConfig, DateTimeOffset, DrillRefusal)> missed = [];
        foreach (var ((name, begin), refusal) in _refused.ToArray())
        {
            var drill = drills.Schedule.FirstOrDefault(one => string.Equals(one.Name, name, StringComparison.Ordinal));
            if (drill is not null && DrillCalendar.At(drill, now) is { } window && window.Begin == begin)
            {
                continue;
            }

            _refused.TryRemove((name, begin), out _);
            if (drill is not null && !WasRun(history, drill, new DrillWindow(begin, begin)))
            {
                missed.Add((drill, begin, refusal));
            }
        }

        return missed;
    }

    // The one whose last drill is the longest ago; before any, the first.
    private static DestinationView? DestinationOf(ClusterView cluster, ScheduledDrillConfig drill, KeptHistory<ScheduledDrill> history)
    {
        var runs = history.All;
        return cluster.Tiers[0].Destinations.MinBy(destination => runs.LastOrDefault(one =>
            string.Equals(one.Cluster, drill.Cluster, StringComparison.Ordinal)
            && string.Equals(one.Lost, destination.Name, StringComparison.Ordinal))?.Id ?? 0);
    }

    private static bool WasRun(KeptHistory<ScheduledDrill> history, ScheduledDrillConfig drill, DrillWindow window) =>
        history.All.Any(one => one.Window == window.Begin && string.Equals(one.Name, drill.Name, StringComparison.Ordinal));
}
