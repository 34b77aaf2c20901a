using System.Collections.Immutable;
using System.Text;
using Gateway.Configuration;

namespace Gateway.Cli;

/// <summary>What a valid configuration does, in a few lines.</summary>
internal static class CheckSummary
{
    /// <summary>The text of <c>check</c>.</summary>
    public static string Of(string path, GatewayConfig config, ImmutableArray<ConfigProblem> warnings)
    {
        var text = new StringBuilder();
        text.Append(path).Append(" is valid.\n\n");
        text.Append("Users      ").AppendJoin(", ", config.Listen.Select(listen => PortChecks.Shown(listen.Url))).Append('\n');
        text.Append("Operators  ").Append(PortChecks.Shown(config.Admin.Url)).Append(config.Admin.Token is null ? "" : " with a token").Append('\n');

        foreach (var cluster in config.Clusters)
        {
            text.Append("\nCluster ").Append(cluster.Name).Append('\n');
            for (var i = 0; i < cluster.Tiers.Length; i++) text.Append("  ").Append(i + 1).Append(". ").Append(TierText(cluster.Tiers[i])).Append('\n');
            Detection(text, cluster);
        }

        text.Append("\nRoutes, the most exact first\n");
        var rows = RouteEndpoints.Build(config.Routes, _ => _ => Task.CompletedTask).Select(endpoint => endpoint.Metadata.GetRequiredMetadata<RouteConfig>()).ToList();
        var (name, what) = (rows.Max(route => route.Name.Length), rows.Max(route => RequestText(route).Length));
        foreach (var route in rows)
        {
            text.Append("  ").Append(route.Name.PadRight(name)).Append("  ").Append(RequestText(route).PadRight(what)).Append("  ")
                .Append(route.Level.ToString().ToLowerInvariant().PadRight(6)).Append("  ").Append(route.Cluster).Append(", else ").AppendJoin(", ", RungNames(route)).Append('\n');
        }

        if (warnings.IsEmpty) return text.ToString();
        text.Append(warnings.Length == 1 ? "\n1 warning\n" : $"\n{warnings.Length} warnings\n");
        foreach (var warning in warnings) text.Append("  ").Append(warning).Append('\n');
        return text.ToString();
    }

    /// <summary>A tier with its destinations in one line.</summary>
    public static string TierText(TierConfig tier)
    {
        var destinations = tier.Destinations.Select(destination =>
            $"{destination.Name}{(destination.Weight == 1 ? "" : $" (weight {destination.Weight})")}{(destination.Resolve ? " (each address)" : "")}");
        return $"{tier.Name}: {string.Join(", ", destinations)}{(tier.Capacity is { } capacity ? $"; {capacity} requests in flight" : "")}";
    }

    private static void Detection(StringBuilder text, ClusterConfig cluster)
    {
        var (probe, time) = (cluster.Probe, DetectionTime.Of(cluster.Probe));
        var frozenStep = probe.FastInterval > probe.Timeout ? probe.FastInterval : probe.Timeout;
        text.Append("  Probes alone notice a killed destination in ").Append(DurationText.Format(time.KilledTypical)).Append(", at worst in ").Append(DurationText.Format(time.KilledWorst))
            .Append(" (").Append(Sum(probe, probe.FastInterval, null)).Append("),\n");
        text.Append("  a frozen one in ").Append(DurationText.Format(time.FrozenTypical)).Append(", at worst in ").Append(DurationText.Format(time.FrozenWorst))
            .Append(" (").Append(Sum(probe, frozenStep, probe.Timeout)).Append("). Traffic usually notices sooner.\n");
        if (cluster.Failover.SwitchAfter > TimeSpan.Zero) text.Append("  It leaves a tier ").Append(DurationText.Format(cluster.Failover.SwitchAfter)).Append(" after that.\n");
    }

    private static string Sum(ProbeConfig probe, TimeSpan step, TimeSpan? last)
    {
        var sum = $"{DurationText.Format(probe.Interval)} + 10%";
        if (probe.Fall > 1) sum += $" + {probe.Fall - 1} x {DurationText.Format(step)}";
        return last is { } wait ? $"{sum} + {DurationText.Format(wait)}" : sum;
    }

    private static string RequestText(RouteConfig route) => $"{(route.Methods.IsEmpty ? "any" : string.Join(' ', route.Methods))} {route.Path}";

    private static IEnumerable<string> RungNames(RouteConfig route) => route.Fallback.Select(rung => rung switch
    {
        LastGoodRung => "lastGood",
        FileRung file => file.File,
        _ => "builtIn",
    }).Append("builtIn");
}
