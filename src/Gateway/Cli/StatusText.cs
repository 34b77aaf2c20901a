using System.Globalization;
using System.Text;
using Gateway.Admin;
using Gateway.Observability;

namespace Gateway.Cli;

/// <summary>The status for a terminal; no colour, so that it reads the same in a log.</summary>
internal static class StatusText
{
    /// <summary>The whole report.</summary>
    public static string Of(StatusReport status)
    {
        var text = new StringBuilder();
        var now = status.Gateway.Now;
        text.Append($"Gateway {status.Gateway.Version}, started {Ago(status.Gateway.StartedAt, now)} ago, {(status.Gateway.Ready ? "ready" : "NOT READY: " + status.Gateway.Why)}\n");
        text.Append($"Configuration revision {status.Config.Revision} ({status.Config.Hash}), in force for {Ago(status.Config.AppliedAt, now)}\n");
        if (status.Config is { FileIsInForce: false, Rejected: { } rejected })
        {
            text.Append("The newest file was REFUSED:\n");
            foreach (var problem in rejected.Problems)
            {
                text.Append($"  {problem}\n");
            }
        }

        foreach (var alarm in status.Alarms)
        {
            text.Append($"ALARM: {alarm}\n");
        }

        foreach (var cluster in status.Clusters)
        {
            Cluster(text, cluster, now);
        }

        if (status.Fleet is { } fleet)
        {
            Fleet(text, fleet);
        }

        text.Append("\nRoutes\n");
        var wide = status.Routes.Select(static r => r.Name.Length).DefaultIfEmpty(0).Max();
        foreach (var r in status.Routes)
        {
            text.Append($"  {r.Name.PadRight(wide)}  {r.Requests.Live} live, {r.Requests.Degraded} degraded, {r.Requests.Failed} failed, {r.Requests.Refused} refused, {r.Requests.Aborted} aborted\n");
        }

        if (status.Journal.Count > 0)
        {
            text.Append("\nLast in the journal\n").Append(Journal(status.Journal.Take(5).Reverse(), "  "));
        }

        return text.ToString();
    }

    /// <summary>Entries, one a line.</summary>
    public static string Journal(IEnumerable<JournalEntry> entries, string indent = "")
    {
        var text = new StringBuilder();
        foreach (var e in entries)
        {
            text.Append(CultureInfo.InvariantCulture, $"{indent}{e.At.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z  {e.Kind}{(e.Cluster is null ? "" : " " + e.Cluster)}");
            if (string.Equals(e.Kind, "transition", StringComparison.Ordinal))
            {
                text.Append($" {e.From ?? "none"} -> {e.To ?? "none"} ({e.Reason})");
            }

            text.Append($": {e.Text}");
            if (e.Who is not null)
            {
                text.Append($" By {e.Who}{(e.Reason is null ? "" : ": " + e.Reason)}.");
            }

            text.Append('\n');
        }

        return text.Length > 0 ? text.ToString() : indent + "Nothing yet.\n";
    }

    private static void Cluster(StringBuilder text, ClusterStatus cluster, DateTimeOffset now)
    {
        text.Append($"\n{cluster.Name}: {(cluster.Serving is null ? "NO TIER CAN SERVE, users get the ladder" : cluster.Serving + " serves")} for {Ago(cluster.Since, now)}. {cluster.Why}\n");
        if (cluster.Hold is { } hold)
        {
            text.Append(CultureInfo.InvariantCulture, $"  HELD: {hold.Tier} until {hold.Until.UtcDateTime:HH:mm:ss}Z: {hold.Reason}{(hold.Yielded ? " (it cannot serve now, so that another tier does)" : "")}\n");
        }

        if (cluster.Ramp is { } ramp)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {cluster.Serving} takes over from {ramp.From}: {ramp.Share:P0} of new requests\n");
        }

        foreach (var tier in cluster.Tiers)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {(tier.Active ? ">" : " ")} {tier.Name}: {(tier.CanServe ? "can serve" : "CANNOT SERVE")} ({tier.Healthy} of {tier.Destinations.Count} healthy, {tier.Needed} needed), {tier.Share:P0} of new requests, {tier.InFlight}{(tier.Capacity is { } capacity ? $" of {capacity}" : "")} in flight\n");
            foreach (var d in tier.Destinations)
            {
                var state = d.Draining ? "draining" : d.Verdict.ToString().ToLowerInvariant();
                var probe = d.LastProbe is null ? "not probed yet" : string.Create(CultureInfo.InvariantCulture, $"last probe {d.LastProbe} in {d.LastProbeMs:0} ms, {d.ProbeAgeSeconds:0.0} s ago");
                text.Append($"      {d.Name} {d.Url}: {state} for {Ago(d.Since, now)}, {d.InFlight} in flight, {probe}. {d.Why}\n");
            }
        }
    }

    private static void Fleet(StringBuilder text, FleetStatus fleet)
    {
        text.Append(CultureInfo.InvariantCulture, $"\nGateways: {(fleet.Agreeing ? $"{fleet.Gateways.Count} decide together, epoch {fleet.Epoch}" : "THE OTHERS ARE NOT HEARD, this one decides alone")}\n");
        foreach (var g in fleet.Gateways)
        {
            var serving = string.Join(", ", g.Clusters.Select(static c => $"{c.Name}: {c.Serving ?? "NONE"}{(c.Down.Count > 0 ? $" (cannot use {string.Join(", ", c.Down)})" : "")}"));
            text.Append($"  {(g.Self ? ">" : " ")} {g.Name}  version {g.Version}, configuration {g.Revision}  {(serving.Length > 0 ? serving : "not ready")}\n");
        }

        foreach (var a in fleet.Agreements)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {a.Cluster}: {a.Kind} from {a.From} to {a.To} was agreed, epoch {a.Epoch}\n");
        }
    }

    private static string Ago(DateTimeOffset since, DateTimeOffset now) => (now - since) switch
    {
        { TotalSeconds: < 90 } t => $"{Math.Max(0, (int)t.TotalSeconds)} s",
        { TotalMinutes: < 90 } t => $"{(int)t.TotalMinutes} min",
        { TotalHours: < 48 } t => $"{(int)t.TotalHours} h",
        var t => $"{(int)t.TotalDays} days",
    };
}
