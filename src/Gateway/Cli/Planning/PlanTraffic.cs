using Gateway.Configuration.Model;

namespace Gateway.Cli.Planning;

/// <summary>How many users a change may hurt. Pure.</summary>
internal static class PlanTraffic
{
    /// <summary>The share of requests, 0 to 1, that findings of high risk are about.</summary>
    /// <param name="before">The configuration in force.</param>
    /// <param name="plan">What would change.</param>
    /// <param name="requests">How many requests each route had. Of a gateway that had none every route counts the same.</param>
    public static double ShareOf(GatewayConfig before, ConfigPlan plan, IReadOnlyDictionary<string, long> requests)
    {
        var subjects = plan.Findings.Where(static finding => finding.Risk == PlanRisk.High)
            .Select(static finding => finding.Subject)
            .ToHashSet(StringComparer.Ordinal);
        var all = before.Routes.Sum(route => requests.GetValueOrDefault(route.Name));
        var hurt = before.Routes.Where(route => subjects.Contains(PlanSubject.Gateway)
            || subjects.Contains(PlanSubject.Route(route.Name))
            || subjects.Contains(PlanSubject.Cluster(route.Cluster)));
        return all == 0
            ? (double)hurt.Count() / Math.Max(1, before.Routes.Length)
            : (double)hurt.Sum(route => requests.GetValueOrDefault(route.Name)) / all;
    }
}
