using Gateway.Health.Rules;

namespace Gateway.Failover;

/// <summary>
/// What the other destinations of a cluster say about one of them: whether it can be spared, and whether they fail as well.
/// </summary>
/// <param name="tiers">The cluster's.</param>
/// <param name="maxEjected">Share of a tier that traffic may eject.</param>
internal sealed class ClusterNeighbours(TierRuntime[] tiers, double maxEjected)
{
    /// <summary>Another destination than <paramref name="one"/> is healthy and not suspect.</summary>
    public bool HasSpare(DestinationMonitor one)
    {
        foreach (var tier in tiers)
        {
            foreach (var other in tier.Monitors)
            {
                if (other != one && other is { Serving: true, Suspect: false })
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>No destination but <paramref name="one"/> serves.</summary>
    public bool IsLast(DestinationMonitor one)
    {
        foreach (var tier in tiers)
        {
            foreach (var other in tier.Monitors)
            {
                if (other != one && other.Serving)
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Some destination has served other routes than this one of late.</summary>
    public bool OthersServed(string route, TimeSpan now)
    {
        foreach (var tier in tiers)
        {
            foreach (var monitor in tier.Monitors)
            {
                monitor.CountSuccesses(now);
                if (monitor.OthersThan(route, now).Successes > 0)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>
    /// The tier of <paramref name="one"/> may lose it to traffic and still have what <c>passive.maxEjected</c> leaves it.
    /// </summary>
    public bool HasRoom(DestinationMonitor one)
    {
        foreach (var tier in tiers)
        {
            if (Array.IndexOf(tier.Monitors, one) >= 0)
            {
                var missing = 0;
                foreach (var other in tier.Monitors)
                {
                    missing += other != one && !other.Serving ? 1 : 0;
                }

                return missing + 1 <= EjectionRule.MostEjected(tier.Monitors.Length, maxEjected);
            }
        }

        return false;
    }

    /// <summary>
    /// A destination that did not fail this route lately serves it while <paramref name="record"/> of <paramref name="one"/> does not.
    /// </summary>
    public bool Serve(DestinationMonitor one, RouteFailureTracker record)
    {
        var begins = record.Baseline is null;
        var baseline = record.Baseline ??= new Dictionary<DestinationMonitor, RouteCount>(ReferenceEqualityComparer.Instance);
        foreach (var tier in tiers)
        {
            foreach (var other in tier.Monitors)
            {
                if (other == one || !other.Serving)
                {
                    continue;
                }

                var theirs = other.Find(record.Route);
                var total = theirs?.Total ?? default;
                if (begins)
                {
                    baseline[other] = total;
                    continue;
                }

                var failedToo = theirs is { Avoidance: >= RouteAvoidance.Suspected } || theirs?.AvoidedSince >= record.RunBegan;
                if (!failedToo
                    && baseline.TryGetValue(other, out var before)
                    && NeighbourComparison.IsBetter(total - before, record.AtSuspicion))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
