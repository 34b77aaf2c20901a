using System.Text.Json;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;

namespace Gateway.Cli.Planning;

/// <summary>Compares two valid configurations by what they mean.</summary>
internal static class ConfigPlanner
{
    /// <summary>What the second does that the first does not.</summary>
    public static async Task<ConfigPlan> PlanAsync(GatewayConfig before, GatewayConfig after)
    {
        var (requests, witnesses) = await RequestDifferences.FindAsync(before, after);
        var findings = requests
            .Concat(ClustersOf(before, after))
            .Concat(StoredOf(before, after))
            .Concat(GatewayOf(before, after))
            .Concat(RestartNeeded.Between(before, after).Select(static key => new PlanFinding(
                PlanRisk.Medium, PlanSubject.Gateway, $"{key} is changed by a restart alone; a reload leaves it as it is")));
        return new ConfigPlan(
            [
                .. findings.OrderByDescending(static finding => finding.Risk)
                    .ThenBy(static finding => finding.Subject, StringComparer.Ordinal),
            ],
            witnesses);
    }

    private static IEnumerable<PlanFinding> ClustersOf(GatewayConfig before, GatewayConfig after)
    {
        foreach (var cluster in after.Clusters)
        {
            if (before.Clusters.FirstOrDefault(one => string.Equals(one.Name, cluster.Name, StringComparison.Ordinal)) is not { } old)
            {
                yield return new PlanFinding(
                    PlanRisk.Low, PlanSubject.Cluster(cluster.Name), "it is new, and the health of its destinations starts unknown");
                continue;
            }

            foreach (var finding in ClusterDifferences.Between(old, cluster))
            {
                yield return finding;
            }
        }

        foreach (var gone in before.Clusters.Where(one =>
            !after.Clusters.Any(cluster => string.Equals(cluster.Name, one.Name, StringComparison.Ordinal))))
        {
            yield return new PlanFinding(
                PlanRisk.Medium, PlanSubject.Cluster(gone.Name), "it is gone, and what is known of its destinations is forgotten");
        }
    }

    private static IEnumerable<PlanFinding> GatewayOf(GatewayConfig before, GatewayConfig after)
    {
        (string Key, string Was, string Now, PlanRisk Risk)[] blocks =
        [
            ("limits.requestBody", Text(before.Limits.RequestBody), Text(after.Limits.RequestBody),
                after.Limits.RequestBody < before.Limits.RequestBody ? PlanRisk.High : PlanRisk.Low),
            ("limits.requestsPerClient", Text(before.Limits.RequestsPerClient), Text(after.Limits.RequestsPerClient), PlanRisk.Medium),
            ("levels", Text(before.Levels), Text(after.Levels), PlanRisk.Medium),
            ("trustedProxies", string.Join(", ", before.TrustedProxies), string.Join(", ", after.TrustedProxies), PlanRisk.High),
            ("staticFallback", before.StaticFallback, after.StaticFallback, PlanRisk.Medium),
            ("drain", Text(before.Drain), Text(after.Drain), PlanRisk.Low),
            ("notify", Text(before.Notify), Text(after.Notify), PlanRisk.Low),
            ("runbooks", RunbooksOf(before), RunbooksOf(after), PlanRisk.Medium),
            ("drills", DrillsOf(before), DrillsOf(after), PlanRisk.Medium),
            ("admin.clientCertificates", Text(before.Admin.ClientCertificates), Text(after.Admin.ClientCertificates), PlanRisk.Low),
            ("admin.tokens", Text(before.Admin.Tokens), Text(after.Admin.Tokens), PlanRisk.Low),
        ];
        return blocks.Where(static block => !string.Equals(block.Was, block.Now, StringComparison.Ordinal))
            .Select(static block => new PlanFinding(block.Risk, PlanSubject.Gateway, $"{block.Key} changes"));
    }

    private static string RunbooksOf(GatewayConfig config) => string.Join("; ", config.Runbooks.Select(RunbookText.Of));

    private static string DrillsOf(GatewayConfig config) =>
        $"{string.Join("; ", config.Drills.Schedule.Select(ScheduledDrillText.Of))}, freeze {Text(config.Drills.Freeze)}";

    private static string Text<T>(T value) => JsonSerializer.Serialize(value);

    // Under other keys nothing that was stored is found again.
    private static IEnumerable<PlanFinding> StoredOf(GatewayConfig before, GatewayConfig after) =>
        after.Routes.Where(route => before.Routes.Any(old => string.Equals(old.Name, route.Name, StringComparison.Ordinal)
                && old.LastGood is { } was && route.LastGood is { } now && !was.Key.SequenceEqual(now.Key)))
            .Select(static route => new PlanFinding(
                PlanRisk.High,
                PlanSubject.Route(route.Name),
                "lastGood.key changes: what is stored is found no more, and until users have come again an outage has no last-good "
                    + "responses"));
}
