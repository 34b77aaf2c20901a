using System.Globalization;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Cli.Planning;

/// <summary>What differs between two settings of one cluster, by what it means in an outage.</summary>
internal static class ClusterDifferences
{
    /// <summary>What differs.</summary>
    public static IEnumerable<PlanFinding> Between(ClusterConfig before, ClusterConfig after)
    {
        var subject = PlanSubject.Cluster(after.Name);
        return TiersOf(before, after)
            .Concat(DestinationsOf(before, after))
            .Concat(TimesOf(before, after))
            .Concat(WaitsOf(before, after))
            .Concat(CapacityOf(before, after))
            .Concat(RestOf(before, after))
            .Select(finding => new PlanFinding(finding.Risk, subject, finding.Text))
            .Concat(ReachOf(before, after).Select(text => new PlanFinding(PlanRisk.High, subject, text) { ProbesTell = true }));
    }

    private static IEnumerable<(PlanRisk Risk, string Text)> TiersOf(ClusterConfig before, ClusterConfig after)
    {
        string[] was = [.. before.Tiers.Select(static tier => tier.Name)];
        string[] now = [.. after.Tiers.Select(static tier => tier.Name)];
        if (!was.SequenceEqual(now, StringComparer.Ordinal))
        {
            yield return (PlanRisk.High, $"tiers in the order {string.Join(", ", now)}; it was {string.Join(", ", was)}");
        }

        if (now.Length == 1 && was.Length > 1)
        {
            yield return (PlanRisk.High, "no other tier can take over any more");
        }
    }

    private static IEnumerable<(PlanRisk Risk, string Text)> DestinationsOf(ClusterConfig before, ClusterConfig after)
    {
        foreach (var tier in after.Tiers)
        {
            var old = before.Tiers.FirstOrDefault(one => string.Equals(one.Name, tier.Name, StringComparison.Ordinal));
            if (old is null)
            {
                continue;
            }

            var (was, now) = (old.Destinations.Select(KeyOf).ToHashSet(), tier.Destinations.Select(KeyOf).ToHashSet());
            var gone = was.Except(now).Select(static key => key.Name).ToArray();
            var added = now.Except(was).Select(static key => key.Name).ToArray();
            if (gone.Length > 0 && gone.Length == was.Count)
            {
                yield return (
                    PlanRisk.High, $"every destination of tier {tier.Name} is another: {Listed(added)} in place of {Listed(gone)}");
            }
            else if (gone.Length > 0)
            {
                yield return (PlanRisk.Medium, $"tier {tier.Name} loses {Listed(gone)}, and what is known of their health is forgotten");
            }

            if (added.Length > 0 && gone.Length < was.Count)
            {
                yield return (PlanRisk.Low, $"tier {tier.Name} gains {Listed(added)}, whose health starts unknown");
            }

            foreach (var (one, other) in old.Destinations.Join(tier.Destinations, KeyOf, KeyOf, static (one, other) => (one, other)))
            {
                if (one.Weight != other.Weight)
                {
                    yield return (PlanRisk.Low, string.Create(
                        CultureInfo.InvariantCulture, $"{other.Name} has weight {other.Weight}; it was {one.Weight}"));
                }

                if (one.MaxInFlight != other.MaxInFlight)
                {
                    yield return (
                        PlanRisk.Medium, $"{other.Name} takes {Bound(other.MaxInFlight)} in flight; it was {Bound(one.MaxInFlight)}");
                }
            }
        }
    }

    // What no destination passes takes every tier away at once.
    private static IEnumerable<string> ReachOf(ClusterConfig before, ClusterConfig after)
    {
        var (was, now) = (ProbeText(before.Probe), ProbeText(after.Probe));
        if (!string.Equals(was, now, StringComparison.Ordinal))
        {
            yield return $"every destination is probed by {now}; it was {was}. `check --connect` tries it";
        }

        if (!string.Equals(Written(before.Tls), Written(after.Tls), StringComparison.Ordinal))
        {
            yield return "tls changes. `check --connect` tries it";
        }
    }

    private static IEnumerable<(PlanRisk Risk, string Text)> TimesOf(ClusterConfig before, ClusterConfig after)
    {
        var (old, changed) = (DetectionTime.Of(before.Probe), DetectionTime.Of(after.Probe));
        if (old != changed)
        {
            var isSlower = changed.FrozenWorst > old.FrozenWorst || changed.KilledWorst > old.KilledWorst;
            yield return (
                isSlower ? PlanRisk.Medium : PlanRisk.Low,
                $"probes alone notice a killed destination in {DurationText.Format(changed.KilledWorst)} at worst, a frozen one in "
                    + $"{DurationText.Format(changed.FrozenWorst)}; it was {DurationText.Format(old.KilledWorst)} and "
                    + DurationText.Format(old.FrozenWorst));
        }
    }

    private static IEnumerable<(PlanRisk Risk, string Text)> WaitsOf(ClusterConfig before, ClusterConfig after)
    {
        var (was, now) = (LongestWait(before), LongestWait(after));
        if (was != now)
        {
            yield return (
                now > was ? PlanRisk.Medium : PlanRisk.Low,
                $"a read waits for {DurationText.Format(now)} at most before its fallback chain; it was {DurationText.Format(was)}");
        }

        if (before.Failover.SwitchAfter != after.Failover.SwitchAfter)
        {
            yield return (
                after.Failover.SwitchAfter > before.Failover.SwitchAfter ? PlanRisk.Medium : PlanRisk.Low,
                $"a tier that cannot serve is left after {DurationText.Format(after.Failover.SwitchAfter)}; it was "
                    + DurationText.Format(before.Failover.SwitchAfter));
        }
    }

    private static IEnumerable<(PlanRisk Risk, string Text)> CapacityOf(ClusterConfig before, ClusterConfig after)
    {
        foreach (var gone in after.Tiers)
        {
            if (!before.Tiers.Any(tier => string.Equals(tier.Name, gone.Name, StringComparison.Ordinal)))
            {
                continue;
            }

            var (was, now) = (WithoutTier(before, gone.Name), WithoutTier(after, gone.Name));
            if (was != now)
            {
                yield return (
                    now is { } less && (was is null || less < was) ? PlanRisk.High : PlanRisk.Low,
                    $"without tier {gone.Name} the others take {Bound(now)} in flight; it was {Bound(was)}");
            }
        }
    }

    private static IEnumerable<(PlanRisk Risk, string Text)> RestOf(ClusterConfig before, ClusterConfig after)
    {
        (string Key, object? Was, object? Now, PlanRisk Risk)[] blocks =
        [
            ("failback", before.Failback, after.Failback, PlanRisk.Medium),
            ("failover.minHealthy", NeededOf(before), NeededOf(after), PlanRisk.High),
            ("passive", before.Passive, after.Passive, PlanRisk.Medium),
            ("affinity", before.Affinity, after.Affinity, PlanRisk.Medium),
            ("balance", before.Balance, after.Balance, PlanRisk.Low),
            ("slowStart", before.SlowStart, after.SlowStart, PlanRisk.Low),
            ("zonePreference", before.ZonePreference, after.ZonePreference, PlanRisk.Low),
            ("overflow", before.Overflows, after.Overflows, PlanRisk.Medium),
            ("queue", before.Queue, after.Queue, PlanRisk.Medium),
            ("via", before.Via, after.Via, PlanRisk.Low),
            ("signals", before.Signals.Select(SignalText.Of), after.Signals.Select(SignalText.Of), PlanRisk.Medium),
            ("forecast", before.Forecast, after.Forecast, PlanRisk.Low),
            ("slo", before.Slo, after.Slo, PlanRisk.Low),
        ];
        return blocks.Where(static block => !string.Equals(Written(block.Was), Written(block.Now), StringComparison.Ordinal))
            .Select(static block => (block.Risk, $"{block.Key} changes"));
    }

    private static FailoverConfig NeededOf(ClusterConfig cluster) => cluster.Failover with { SwitchAfter = default };

    private static (string Name, Uri Url) KeyOf(DestinationConfig destination) => (destination.Name, destination.Url);

    private static string ProbeText(ProbeConfig probe)
    {
        var target = probe.Type switch
        {
            ProbeType.Http => $"{probe.Method} {probe.Path}",
            ProbeType.Grpc => $"grpc.health.v1 for '{probe.Service}'",
            _ => "a connection",
        };
        var expected = string.Create(
            CultureInfo.InvariantCulture,
            $", {probe.ExpectStatusFrom}-{probe.ExpectStatusTo}, {probe.ExpectBody}, {Written(probe.ExpectJson)}");
        return target
            + (probe.Port is { } port ? string.Create(CultureInfo.InvariantCulture, $" at port {port}") : "")
            + (probe.Host is { } host ? $" under the name {host}" : "")
            + (probe.Headers.IsEmpty ? "" : $" with {string.Join(", ", probe.Headers.Select(static header => header.Name))}")
            + (probe.ExpectsDefault ? "" : $" (expected{expected.TrimEnd(' ', ',')})");
    }

    // The attempts of a read, one after the other, each as long as it may wait for its first byte.
    private static TimeSpan LongestWait(ClusterConfig cluster)
    {
        var attempts = cluster.Timeouts.FirstByte * cluster.Attempts.Max;
        return attempts < cluster.Timeouts.Total ? attempts : cluster.Timeouts.Total;
    }

    // Null: without a bound.
    private static int? WithoutTier(ClusterConfig cluster, string gone)
    {
        var sum = 0;
        foreach (var tier in cluster.Tiers)
        {
            if (string.Equals(tier.Name, gone, StringComparison.Ordinal))
            {
                continue;
            }

            if (tier.Capacity is not { } capacity)
            {
                return null;
            }

            sum += capacity;
        }

        return sum;
    }

    private static string Bound(int? requests) =>
        requests is { } most ? string.Create(CultureInfo.InvariantCulture, $"{most} requests") : "any number of requests";

    private static string Listed(IReadOnlyCollection<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);

    private static string Written(object? value) => JsonSerializer.Serialize(value);
}
