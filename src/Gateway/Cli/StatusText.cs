using System.Globalization;
using System.Text;
using Gateway.Admin.Status;
using Gateway.Failover;
using Gateway.Forwarding.Mirroring;
using Gateway.Observability.History;

namespace Gateway.Cli;

/// <summary>The status for a terminal; no colour, so that it reads the same in a log.</summary>
internal static class StatusText
{
    /// <summary>The whole report.</summary>
    public static string Of(StatusReport status)
    {
        var text = new StringBuilder();
        var now = status.Gateway.Now;
        Columns.Append(
            text,
            "",
            $"Gateway {status.Gateway.Version}, up for {WallClock.SpanOf(now - status.Gateway.StartedAt)}, "
                + $"{(status.Gateway.Ready ? "ready" : "NOT READY: " + status.Gateway.Why)}",
            2);
        AppendConfig(text, status.Config, now);
        foreach (var alarm in status.Alarms)
        {
            Columns.Append(text, "ALARM: ", alarm, 2);
        }

        foreach (var cluster in status.Clusters)
        {
            ClusterText.Append(text, cluster, now);
        }

        foreach (var runbook in status.Runbooks)
        {
            Columns.Append(
                text, $"Runbook {runbook.Name}: ", $"{runbook.Text}{(runbook.Running ? "; a run is under way" : "")}", 2);
        }

        AppendMirrors(text, status.Mirrors);
        AppendProofs(text, status.Proofs);
        if (status.Fleet is { } fleet)
        {
            Fleet(text, fleet);
        }

        text.Append(CultureInfo.InvariantCulture, $"\nRoutes, requests since {WallClock.TimeOf(status.Gateway.StartedAt, now)}\n");
        Columns.Table(text, "  ", [.. status.Routes.Select(static r => new[]
        {
            r.Name,
            r.Path,
            Counts(r.Requests),
        })]);
        if (status.Journal.Count > 0)
        {
            text.Append("\nLast in the journal\n").Append(JournalText.Of(status.Journal.Take(5).Reverse(), "  "));
        }

        return text.ToString();
    }

    // What did not happen is not worth a place in the line.
    private static string Counts(RequestSums sums)
    {
        (long Count, string Word)[] parts =
        [
            (sums.Live, "live"),
            (sums.Degraded, "degraded"),
            (sums.Failed, "failed"),
            (sums.Refused, "refused"),
            (sums.Aborted, "aborted")
        ];
        return string.Join(", ", parts.Where(static part => part.Count > 0
            || part.Word is "live").Select(static part => string.Create(CultureInfo.InvariantCulture, $"{part.Count} {part.Word}")));
    }

    private static void Fleet(StringBuilder text, FleetStatus fleet)
    {
        text.Append(
            CultureInfo.InvariantCulture,
            $"\nGateways: "
                + $"{(fleet.Agreeing
                    ? $"{fleet.Gateways.Count} decide together, epoch {fleet.Epoch}"
                    : "THE OTHERS ARE NOT HEARD, this one decides alone")}\n");
        foreach (var g in fleet.Gateways)
        {
            var serving = string.Join(
                ", ",
                g.Clusters.Select(static c =>
                    $"{c.Name}: {c.Serving ?? "NONE"}{(c.Down.Count > 0 ? $" (cannot use {string.Join(", ", c.Down)})" : "")}"));
            Columns.Append(
                text,
                g.Self ? "  > " : "    ",
                $"{g.Name}  version {g.Version}, configuration {g.Revision}  {(serving.Length > 0 ? serving : "not ready")}",
                8);
        }

        foreach (var a in fleet.Agreements)
        {
            Columns.Append(
                text,
                "  ",
                string.Create(CultureInfo.InvariantCulture, $"{a.Cluster}: {a.Kind} from {a.From} to {a.To} was agreed, epoch {a.Epoch}"),
                4);
        }
    }

    private static void AppendProofs(StringBuilder text, IReadOnlyList<ProofLine> proofs)
    {
        foreach (var proof in proofs.Where(static proof => proof.IsOld))
        {
            Columns.Append(text, "UNPROVEN: ", $"{proof.Cluster}, {proof.Promise.Replace('_', ' ')}: {proof.Text}", 2);
        }
    }

    private static void AppendMirrors(StringBuilder text, IReadOnlyList<MirrorStatus> mirrors)
    {
        foreach (var mirror in mirrors.Where(static mirror => mirror.Differences.Count > 0))
        {
            Columns.Append(text, "DIFFERS: ", $"{mirror.Cluster}: {mirror.Text}", 2);
        }

        foreach (var mirror in mirrors.Where(static mirror => mirror.Differences.Count == 0))
        {
            Columns.Append(text, "", $"{mirror.Cluster}: {mirror.Text}", 2);
        }
    }

    private static void AppendConfig(StringBuilder text, ConfigStatus config, DateTimeOffset now)
    {
        Columns.Append(
            text,
            "",
            $"Configuration revision {config.Revision} ({config.Hash}), in force for "
                + $"{WallClock.SpanOf(now - config.AppliedAt)}",
            2);
        if (config.Canary is { } canary)
        {
            Columns.Append(text, "  ", canary, 4);
        }

        if (config is { FileIsInForce: false, Rejected: { } rejected })
        {
            text.Append(rejected.Headline.ToUpperInvariant()).Append(":\n");
            foreach (var problem in rejected.Problems)
            {
                Columns.Append(text, "  ", problem, 4);
            }
        }
    }
}
