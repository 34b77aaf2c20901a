using System.Text;
using Gateway.Configuration;
using Gateway.Configuration.Checks;
using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Gateway.Configuration.Values;
using Gateway.Failover;

namespace Gateway.Cli;

/// <summary>What a valid configuration does, in a few lines.</summary>
internal static class CheckSummary
{
    /// <summary>The text of <c>check</c>.</summary>
    public static string Of(string path, GatewayConfig config, ConfigResult loaded)
    {
        var text = new StringBuilder();
        var warnings = loaded.Warnings;
        text.Append(path).Append(" is valid.\n\n");
        if (!loaded.Included.IsEmpty)
        {
            Columns.Append(text, "Includes   ", string.Join(", ", loaded.Included), 11);
        }

        Columns.Append(text, "Users      ", string.Join(", ", config.Listen.Select(listen => PortChecks.Shown(listen.Url))), 11);
        text.Append("Operators  ")
            .Append(PortChecks.Shown(config.Admin.Url))
            .Append(ProofText(config.Admin))
            .Append('\n');

        foreach (var cluster in config.Clusters)
        {
            text.Append("\nCluster ").Append(cluster.Name).Append('\n');
            for (var i = 0; i < cluster.Tiers.Length; i++)
            {
                Columns.Append(text, $"  {i + 1}. ", TierText(cluster.Tiers[i]), 5);
            }

            if (cluster.ZonePreference is { } zone)
            {
                Columns.Append(text, "  ", $"Zone: {ZoneText(zone)}.", 2);
            }

            Detection(text, cluster);
        }

        Runbooks(text, config);
        Drills(text, config);
        text.Append("\nRoutes, the most exact first\n");
        var rows = RouteEndpoints.Build(config.Routes, _ => _ => Task.CompletedTask)
            .Select(endpoint => endpoint.Metadata.GetRequiredMetadata<RouteConfig>())
            .OrderBy(RouteEndpoints.HostRank)
            .ToList();
        Columns.Table(text, "  ", [.. rows.Select(static route => new[]
        {
            route.Name, RequestText(route), route.Level.ToString().ToLowerInvariant(), route.Redirect is { } redirect
                ? $"{redirect.Status} to {redirect.To}"
                : $"{route.Cluster}, else {string.Join(", ", StepNames(route))}",
        })]);

        if (!warnings.IsEmpty)
        {
            text.Append(warnings.Length == 1 ? "\n1 warning\n" : $"\n{warnings.Length} warnings\n");
            foreach (var warning in warnings)
            {
                Columns.Append(text, "  ", warning.ToString(), 4);
            }
        }

        return text.ToString();
    }

    /// <summary>A tier with its destinations in one line.</summary>
    public static string TierText(TierConfig tier)
    {
        var destinations = tier.Destinations.Select(destination =>
            $"{destination.Name}{(destination.Weight == 1 ? "" : $" (weight {destination.Weight})")}"
                + $"{(destination.Kubernetes is not null ? " (each ready pod)"
                    : destination.IsService ? " (each record)"
                    : destination.Resolve ? " (each address)" : "")}");
        return $"{tier.Name}: {string.Join(", ", destinations)}"
            + $"{(tier.FindsCapacity
                ? "; as many requests in flight as its response times allow"
                : tier.Capacity is { } capacity ? $"; {capacity} requests in flight" : "")}";
    }

    private static string ProofText(AdminConfig admin) =>
        (admin.Token is not null || !admin.Tokens.IsEmpty, admin.ClientCertificates is not null) switch
        {
            (true, true) => " with a token or a client certificate",
            (true, false) => " with a token",
            (false, true) => " with a client certificate",
            _ => "",
        };

    /// <summary>What a preference for a zone means.</summary>
    public static string ZoneText(string zone) =>
        $"destinations of {zone} first, while {PercentText.Format(ZonePreference.Enough)} of what a zone has on average serve there; "
            + "else all";

    private static void Runbooks(StringBuilder text, GatewayConfig config)
    {
        if (config.Runbooks.IsEmpty)
        {
            return;
        }

        text.Append("\nRunbooks\n");
        foreach (var runbook in config.Runbooks)
        {
            Columns.Append(text, "  ", RunbookText.Of(runbook), 4);
        }
    }

    private static void Drills(StringBuilder text, GatewayConfig config)
    {
        if (config.Drills.Schedule.IsEmpty)
        {
            return;
        }

        text.Append("\nScheduled drills\n");
        foreach (var drill in config.Drills.Schedule)
        {
            Columns.Append(text, "  ", ScheduledDrillText.Of(drill), 4);
        }
    }

    private static void Detection(StringBuilder text, ClusterConfig cluster)
    {
        var (probe, time) = (cluster.Probe, DetectionTime.Of(cluster.Probe));
        var frozenStep = probe.FastInterval > probe.Timeout ? probe.FastInterval : probe.Timeout;
        Columns.Append(
            text,
            "  ",
            $"Probes alone notice a killed destination in {DurationText.Format(time.KilledTypical)}, at worst in "
                + $"{DurationText.Format(time.KilledWorst)} ({Sum(probe, probe.FastInterval, null)}), "
            + $"a frozen one in {DurationText.Format(time.FrozenTypical)}, at worst in {DurationText.Format(time.FrozenWorst)} ("
            + $"{Sum(probe, frozenStep, probe.Timeout)}). Traffic usually notices sooner."
            + (cluster.Failover.SwitchAfter > TimeSpan.Zero
                ? $" It leaves a tier {DurationText.Format(cluster.Failover.SwitchAfter)} after that."
                : ""),
            2);
    }

    private static string Sum(ProbeConfig probe, TimeSpan step, TimeSpan? last)
    {
        var sum = $"{DurationText.Format(probe.Interval)} + 10%";
        if (probe.Fall > 1)
        {
            sum += $" + {probe.Fall - 1} x {DurationText.Format(step)}";
        }

        return last is { } wait ? $"{sum} + {DurationText.Format(wait)}" : sum;
    }

    private static string RequestText(RouteConfig route) =>
        $"{(route.Methods.IsEmpty ? "any" : string.Join(' ', route.Methods))} {string.Join('|', route.Hosts)}{route.Path}"
            + $"{(route.Conditions.IsEmpty ? "" : $" if {string.Join(", ", route.Conditions)}")}";

    private static IEnumerable<string> StepNames(RouteConfig route) => route.Fallback.Select(step => step switch
    {
        LastGoodStep => "lastGood",
        FileStep file => file.File,
        _ => "builtIn",
    }).Append("builtIn");
}
