using System.Globalization;
using System.Text;
using Gateway.Admin.Status;
using Gateway.Failover;

namespace Gateway.Cli;

/// <summary>One cluster's status for a terminal: now, next, then each tier with its destinations.</summary>
internal static class ClusterText
{
    private const int Indent = 8;

    /// <summary>Appends it.</summary>
    public static void Append(StringBuilder text, ClusterStatus cluster, DateTimeOffset now)
    {
        text.Append('\n').Append(cluster.Name).Append(cluster.Condition switch
        {
            ClusterCondition.Exhausted => ": NO TIER CAN SERVE\n",
            ClusterCondition.FailingOver => ": FAILING OVER\n",
            ClusterCondition.FailedOver => ": FAILED OVER\n",
            ClusterCondition.Ramping => $": RAMP, {ClusterOutlook.Percent(cluster.Ramp?.Share ?? 1)}\n",
            ClusterCondition.Held => ": HELD\n",
            ClusterCondition.Degraded => ": DEGRADED\n",
            ClusterCondition.Starting => ": STARTING\n",
            _ when cluster.Impact is { Until: null, Failed: > 0 } => ": USERS GET ERRORS\n",
            _ => "\n",
        });
        Columns.Append(text, "  Now   ", cluster.Now, Indent);
        Columns.Append(text, "  Next  ", cluster.Next.Text, Indent);
        if (cluster.Impact is { } impact)
        {
            Columns.Append(text, "  Users ", impact.Text, Indent);
        }

        if (cluster.Queue is { } queue)
        {
            Columns.Append(text, "  Queue ", queue.Text, Indent);
        }

        foreach (var tier in cluster.Tiers)
        {
            Columns.Append(text, tier.Active ? "  > " : "    ", TierLine(tier), 6);
            foreach (var destination in tier.Destinations)
            {
                Columns.Append(text, "      ", $"{destination.Name} {destination.Url}: {StateOf(destination, now)}", 10);
                Columns.Append(text, "          ", FactsOf(destination, now), 10);
            }
        }
    }

    private static string TierLine(TierStatus tier)
    {
        var can = !tier.CanServe ? "CANNOT SERVE" : tier.Degraded ? "DEGRADED" : "can serve";
        var capacity = tier.Capacity is { } most ? string.Create(CultureInfo.InvariantCulture, $" of {most}") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{tier.Name}: {can} ({tier.Healthy} of {tier.Destinations.Count} up, {tier.Needed} needed), first for "
                + $"{ClusterOutlook.Percent(tier.Share)} of new requests, {tier.InFlight}{capacity} in flight");
    }

    private static string StateOf(DestinationStatus destination, DateTimeOffset now)
    {
        if (destination.Drain is { } drain)
        {
            var why = (drain.By is null ? "" : $" by {drain.By}") + (drain.Reason is null ? "" : $": {drain.Reason}");
            var spared = drain.Until is { } until ? $", conversations go on until {WallClock.TimeOf(until, now)}" : "";
            return $"drained since {WallClock.TimeOf(drain.Since, now)}{spared}{why}";
        }

        var since = WallClock.TimeOf(destination.Since, now);
        var cause = destination.Cause is { } known ? $": {known}" : "";
        return destination switch
        {
            { Draining: true } => "drained",
            { EjectedUntil: { } until } => $"ejected at {since} until {WallClock.TimeOf(until, now)}{cause}",
            _ => $"{destination.HealthStatus.ToString().ToLowerInvariant()} since {since}{cause}",
        };
    }

    private static string FactsOf(DestinationStatus destination, DateTimeOffset now)
    {
        var probe = destination.LastProbe switch
        {
            null => "not probed yet",
            "passed" => string.Create(CultureInfo.InvariantCulture, $"last probe passed in {destination.LastProbeMs:0} ms"),
            var failed => $"last probe: {failed}",
        };
        var age = destination.LastProbe is null
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $", {destination.ProbeAgeSeconds:0.0} s ago");
        var share = destination is { Share: { } part, P99Ms: { } p99 }
            ? string.Create(CultureInfo.InvariantCulture, $" · {part:P0} of responses, p99 {p99:0} ms")
            : "";
        var zone = destination.Zone is null ? "" : $" · zone {destination.Zone}";
        var suspect = destination.Suspect ? " · suspect: others are preferred" : "";
        var avoided = destination.AvoidedBy.Count > 0 ? $" · avoided by route {string.Join(", ", destination.AvoidedBy)}" : "";
        var start = destination.StartShare is { } begun ? $" · starts slowly: {ClusterOutlook.Percent(begun)} of its share" : "";
        var weight = destination.WeightOrder is { } order
            ? string.Create(
                CultureInfo.InvariantCulture,
                $" · weight {destination.Weight} since {WallClock.TimeOf(order.Since, now)}{(order.By is null ? "" : $" by {order.By}")}"
                    + $"{(order.Reason is null ? "" : $": {order.Reason}")} ({order.Configured} in the configuration)")
            : "";
        var signals = string.Concat((destination.Signals
            ?? []).Select(signal => signal.Words(WallClock.TimeOf(signal.Since, now)) is { } words ? $" · {words}" : ""));
        var left = destination.SignalShare is { } kept ? $" · {ClusterOutlook.Percent(kept)} of its weight by signals" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{probe}{age}{zone} · {destination.InFlight} in flight{share}{weight}{start}{left}{suspect}{avoided}{signals}");
    }
}
