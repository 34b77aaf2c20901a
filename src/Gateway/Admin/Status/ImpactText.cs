using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Observability.History;

namespace Gateway.Admin.Status;

/// <summary>The sentence about whom a disturbance hurt. Pure.</summary>
internal static class ImpactText
{
    private const int MostNamed = 4;

    /// <summary>The sentence.</summary>
    /// <param name="since">The begin of the count.</param>
    /// <param name="until">The end of the disturbance; null: it goes on.</param>
    /// <param name="routes">What the users of each route got.</param>
    /// <param name="firstTierOnly">Routes that are not served by the tier that serves now; empty: all are.</param>
    /// <param name="now">The time.</param>
    public static string Of(
        DateTimeOffset since,
        DateTimeOffset? until,
        IReadOnlyList<RouteImpact> routes,
        IReadOnlyList<string> firstTierOnly,
        DateTimeOffset now)
    {
        var span = until is { } end
            ? $"from {WallClock.TimeOf(since, now)} to {WallClock.TimeOf(end, now)}"
            : $"since {WallClock.TimeOf(since, now)}";
        var hurt = routes.Where(static r => r is not { Degraded: 0, Failed: 0, Slow: 0 })
            .OrderByDescending(static r => r.Failed)
            .ThenByDescending(static r => r.Degraded)
            .ThenByDescending(static r => r.Slow)
            .ToArray();
        if (hurt.Length == 0)
        {
            return $"{span}: no request failed, was degraded or took longer than 1 s.";
        }

        var named = string.Join(
            "; ",
            hurt.Take(MostNamed).Select(route => WordsOf(route, firstTierOnly.Contains(route.Route, StringComparer.Ordinal))));
        var others = hurt.Length > MostNamed ? string.Create(CultureInfo.InvariantCulture, $"; and {hurt.Length - MostNamed} more")
            : hurt.Length < routes.Count ? "; other routes: none" : "";
        return $"{span}: {named}{others}.";
    }

    /// <summary>The routes of a cluster whose level only its first tier serves.</summary>
    public static IReadOnlyList<string> FirstTierOnly(GatewayConfig config, string cluster) =>
        [
        .. config.Routes.Where(route => string.Equals(route.Cluster, cluster, StringComparison.Ordinal)
            && config.Levels.Of(route.Level).FirstTierOnly).Select(static route => route.Name)];

    /// <summary>What holding a later tier costs, as a sentence behind a blank; empty: nothing.</summary>
    public static string CostOfHolding(IReadOnlyList<string> firstTierOnly) => firstTierOnly.Count == 0 ? ""
        : $" Meanwhile {(firstTierOnly.Count == 1 ? "route" : "routes")} "
            + $"{string.Join(", ", firstTierOnly.Take(MostNamed).Select(static r => $"'{r}'"))}"
            + $"{(firstTierOnly.Count > MostNamed ? " and others" : "")} {(firstTierOnly.Count == 1 ? "gets its" : "get their")} fallback "
            + $"chain: only the first tier serves {(firstTierOnly.Count == 1 ? "its level" : "their level")}.";

    private static string WordsOf(RouteImpact route, bool firstTierOnly)
    {
        var parts = new List<string>(3);
        if (route.Failed > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{route.Failed:N0} failed"));
        }

        if (route.Degraded > 0)
        {
            parts.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{route.Degraded:N0} from its fallback chain{(firstTierOnly ? " (only the first tier serves its level)" : "")}"));
        }

        if (route.Slow > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{route.Slow:N0} took longer than 1 s"));
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{route.Route}: {string.Join(", ", parts)} of {route.Live + route.Degraded + route.Failed:N0}");
    }
}
