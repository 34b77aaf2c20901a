using System.Collections.Immutable;
using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;

namespace Gateway.Cli.Planning;

/// <summary>What two configurations make of the same requests.</summary>
internal static class RequestDifferences
{
    /// <summary>Tries witnesses of every route of both on both, and says what differs: each difference once, with a witness.</summary>
    public static async Task<(ImmutableArray<PlanFinding> Findings, int Witnesses)> FindAsync(GatewayConfig before, GatewayConfig after)
    {
        await using var old = new RouteMatcher(before.Routes);
        await using var changed = new RouteMatcher(after.Routes);
        var witnesses = new Dictionary<string, WitnessRequest>(StringComparer.Ordinal);
        var untried = new HashSet<string>(StringComparer.Ordinal);
        await AddAsync(witnesses, untried, before.Routes, old);
        await AddAsync(witnesses, untried, after.Routes, changed);
        var findings = new Dictionary<(string Subject, string Text), PlanFinding>();
        foreach (var (shown, witness) in witnesses)
        {
            var was = await Explanation.OfAsync(before, old, witness.Method, witness.Url, witness.Headers);
            var now = await Explanation.OfAsync(after, changed, witness.Method, witness.Url, witness.Headers);
            foreach (var (risk, text, statusesTell) in Between(was, now))
            {
                var key = (PlanSubject.Route(was.Route ?? now.Route), text);
                findings[key] = findings.TryGetValue(key, out var known)
                    ? known with { Further = known.Further + 1 }
                    : new PlanFinding(risk, key.Item1, text, shown) { StatusesTell = statusesTell };
            }
        }

        var blind = untried.Where(name => !Same(MatchOf(before, name), MatchOf(after, name))).Select(static name => new PlanFinding(
            PlanRisk.High,
            PlanSubject.Route(name),
            "it is new, gone, or has another match or cluster, and no request that it takes could be made up: try one by explain"));
        return ([.. findings.Values, .. blind], witnesses.Count);
    }

    private static async Task AddAsync(
        Dictionary<string, WitnessRequest> witnesses, HashSet<string> untried, ImmutableArray<RouteConfig> routes, RouteMatcher matcher)
    {
        foreach (var route in routes)
        {
            var found = await WitnessRequests.OfAsync(route, matcher);
            if (found.Count == 0)
            {
                untried.Add(route.Name);
            }

            foreach (var witness in found)
            {
                witnesses.TryAdd(witness.ToString(), witness);
            }
        }
    }

    // What a route is for, in one text; null: there is none of this name.
    private static string? MatchOf(GatewayConfig config, string name)
    {
        var route = config.Routes.FirstOrDefault(route => Same(route.Name, name));
        return route is null
            ? null
            : string.Join(' ', [route.Path, .. route.Hosts, .. route.Methods, .. route.Conditions.Select(static c => c.ToString()),
                route.Cluster, route.Redirect?.To ?? ""]);
    }

    private static IEnumerable<(PlanRisk Risk, string Text, bool StatusesTell)> Between(Explanation was, Explanation now)
    {
        if (was.Refused != now.Refused || !Same(was.Cluster, now.Cluster) || !Same(was.Redirect, now.Redirect))
        {
            // What was refused and is served takes nothing from anyone.
            yield return (was.Refused is null ? PlanRisk.High : PlanRisk.Low, $"{GoalOf(now)}; it was {GoalOf(was)}", false);
            yield break;
        }

        if (!Same(was.Route, now.Route))
        {
            yield return (PlanRisk.Low, $"route {now.Route} takes it, with figures of its own; it was route {was.Route}", false);
        }

        if (!Same(was.Level, now.Level))
        {
            var isLess = LevelOf(now) > LevelOf(was);
            yield return (isLess ? PlanRisk.High : PlanRisk.Low, $"level {now.Level} ({now.LevelMeans}); it was {was.Level}", false);
        }

        if (!Same(was.Fallback, now.Fallback))
        {
            var isLess = now.Fallback?.Length < was.Fallback?.Length;
            yield return (
                isLess ? PlanRisk.High : PlanRisk.Medium, $"fallback chain: {Listed(now.Fallback)}; it was {Listed(was.Fallback)}", false);
        }

        if (!Same(was.Changes, now.Changes))
        {
            var (risk, statusesTell) = RiskOf(was.Changes, now.Changes);
            yield return (risk, $"on the way: {Listed(now.Changes)}; it was {Listed(was.Changes)}", statusesTell);
        }

        if (was.Retryable != now.Retryable)
        {
            yield return (
                PlanRisk.Medium,
                now.Retryable is true
                    ? "it may be sent twice; it might not"
                    : "it is not sent twice any more, so that more failures reach users",
                false);
        }

        (PlanRisk Risk, string Name, string? Was, string? Now)[] rest =
        [
            (PlanRisk.Medium, "attempts", was.Attempts, now.Attempts),
            (PlanRisk.Medium, "deadlines", was.Deadlines, now.Deadlines),
            (PlanRisk.Medium, "buffers", was.Buffers, now.Buffers),
            (PlanRisk.Low, "mirror", was.Mirror, now.Mirror),
        ];
        foreach (var one in rest.Where(static one => !Same(one.Was, one.Now)))
        {
            yield return (one.Risk, $"{one.Name}: {one.Now ?? "off"}; it was {one.Was ?? "off"}", false);
        }
    }

    private static string GoalOf(Explanation explanation) => explanation switch
    {
        { Refused: { } status } => status.ToString(CultureInfo.InvariantCulture),
        { Redirect: { } redirect } => $"a redirect, {redirect}",
        _ => $"cluster {explanation.Cluster}",
    };

    private static Level LevelOf(Explanation explanation) =>
        Enum.TryParse<Level>(explanation.Level, ignoreCase: true, out var level) ? level : Level.High;

    // Another path at the destination, or a refusal, is what users notice first. Whether a refusal meets anybody its statuses show;
    // another path may give another response with the same status.
    private static (PlanRisk Risk, bool StatusesTell) RiskOf(ImmutableArray<string>? was, ImmutableArray<string>? now)
    {
        string[] changed =
        [
            .. (was ?? []).Except(now ?? [], StringComparer.Ordinal),
            .. (now ?? []).Except(was ?? [], StringComparer.Ordinal),
        ];
        return changed.Any(static text => text.StartsWith("destinations are asked", StringComparison.Ordinal)) ? (PlanRisk.High, false)
            : changed.Any(static text => text.Contains("403", StringComparison.Ordinal)) ? (PlanRisk.High, true)
            : (PlanRisk.Medium, false);
    }

    private static string Listed(ImmutableArray<string>? texts) =>
        texts is { IsDefaultOrEmpty: false } some ? string.Join("; then ", some) : "none";

    private static bool Same(string? one, string? other) => string.Equals(one, other, StringComparison.Ordinal);

    private static bool Same(ImmutableArray<string>? one, ImmutableArray<string>? other) => Same(Listed(one), Listed(other));
}
