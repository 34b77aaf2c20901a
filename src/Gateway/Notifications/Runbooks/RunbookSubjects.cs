using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Health.Signals;

namespace Gateway.Notifications.Runbooks;

/// <summary>Of which destinations a runbook's condition holds at one moment. Pure.</summary>
internal static class RunbookSubjects
{
    /// <summary>The destinations of a cluster, with their tiers.</summary>
    public static IEnumerable<(TierView Tier, DestinationView Destination)> Of(RunbookTrigger when, ClusterView cluster)
    {
        foreach (var tier in cluster.Tiers)
        {
            if (when.Kind == RunbookTriggerKind.TierDegraded)
            {
                if (FirstLost(tier) is { } first)
                {
                    yield return (tier, first);
                }

                continue;
            }

            foreach (var destination in tier.Destinations)
            {
                if (Holds(when, destination))
                {
                    yield return (tier, destination);
                }
            }
        }
    }

    /// <summary>Whether it holds of a destination, whatever its neighbours are.</summary>
    public static bool Holds(RunbookTrigger when, DestinationView destination) => when.Kind switch
    {
        RunbookTriggerKind.Signal => destination.Signals.Any(signal =>
            signal.State == SignalState.Firing && string.Equals(signal.Name, when.Signal, StringComparison.Ordinal)),
        RunbookTriggerKind.ForecastLikely => destination.Forecast?.AlarmSince is not null,
        _ => destination.Lost,
    };

    /// <summary>Whether its health lets it serve, drained or not.</summary>
    public static bool IsWell(DestinationView destination) => destination.HealthStatus is HealthStatus.Up or HealthStatus.Unknown;

    private static DestinationView? FirstLost(TierView tier)
    {
        DestinationView? first = null;
        foreach (var destination in tier.Destinations)
        {
            if (destination.Lost && (first is null || destination.Since < first.Since))
            {
                first = destination;
            }
        }

        return first;
    }
}
