using Gateway.Health.Rules;

namespace Gateway.Failover;

/// <summary>
/// Prefers the destinations of the gateway's own zone while enough of them serve: so many that none of them gets much more than it would
/// by an even spread over all zones. Pure.
/// </summary>
internal static class ZonePreference
{
    /// <summary>
    /// What must serve in the zone, of what a zone has on average. With as much traffic in each zone a destination then gets at most
    /// 1 / 0.7, that is 1.4 times its share: as much as Envoy loads a priority before it spills over to the next.
    /// </summary>
    public const double Enough = 0.7;

    /// <summary>The destinations in another order, and how many at their head are preferred; 0: none is.</summary>
    /// <param name="zone">The gateway's own.</param>
    /// <param name="chosen">Those that serve, of one priority.</param>
    /// <param name="all">All of that priority, whether they serve or not.</param>
    public static (DestinationMonitor[] Chosen, int Near) Of(string zone, DestinationMonitor[] chosen, DestinationMonitor[] all)
    {
        var zones = new HashSet<string>(StringComparer.Ordinal);
        var total = 0L;
        foreach (var monitor in all)
        {
            total += monitor.Share.Weight;
            if (monitor.Share.Zone is { } its)
            {
                zones.Add(its);
            }
        }

        DestinationMonitor[] near = [.. chosen.Where(m => string.Equals(m.Share.Zone, zone, StringComparison.Ordinal))];
        if (near.Length == 0 || near.Length == chosen.Length)
        {
            return (chosen, 0);
        }

        var serves = near.Sum(static m => (long)m.Share.Weight);
        return serves >= Enough * total / zones.Count
            ? ([.. near, .. chosen.Where(m => !string.Equals(m.Share.Zone, zone, StringComparison.Ordinal))], near.Length)
            : (chosen, 0);
    }
}
