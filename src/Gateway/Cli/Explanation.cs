using System.Collections.Immutable;
using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Gateway.Configuration.Values;
using Gateway.Fallback;

namespace Gateway.Cli;

/// <summary>What the configuration makes of one request, as <c>explain --json</c> prints it.</summary>
internal sealed record Explanation
{
    /// <summary>Of the request.</summary>
    public required string Method { get; init; }

    /// <summary>Path and query of the request.</summary>
    public required string Url { get; init; }

    /// <summary>The status when no route takes it: 404, or 405 when only the method is refused.</summary>
    public int? Refused { get; init; }

    /// <summary>The route's name; null when none takes it.</summary>
    public string? Route { get; init; }

    /// <summary>The route's pattern.</summary>
    public string? Pattern { get; init; }

    /// <summary>The hosts that the route is for; null: every host.</summary>
    public ImmutableArray<string>? Hosts { get; init; }

    /// <summary>The headers and query parameters that it asks for; null: none.</summary>
    public ImmutableArray<string>? Conditions { get; init; }

    /// <summary>The route's values.</summary>
    public ImmutableSortedDictionary<string, string>? Values { get; init; }

    /// <summary>The cluster.</summary>
    public string? Cluster { get; init; }

    /// <summary>high, medium or low.</summary>
    public string? Level { get; init; }

    /// <summary>What the level means.</summary>
    public string? LevelMeans { get; init; }

    /// <summary>The tiers in the order in which they serve.</summary>
    public ImmutableArray<string>? Tiers { get; init; }

    /// <summary>Which of their destinations come first; null: none does.</summary>
    public string? Zone { get; init; }

    /// <summary>True: it may be sent twice.</summary>
    public bool? Retryable { get; init; }

    /// <summary>Why.</summary>
    public string? RetryableBecause { get; init; }

    /// <summary>How often and when it is tried elsewhere.</summary>
    public string? Attempts { get; init; }

    /// <summary>Where the gateway does not name itself; null: it does, in requests and responses.</summary>
    public string? Via { get; init; }

    /// <summary>What else says how the destinations are, and what comes of it; null: nothing.</summary>
    public ImmutableArray<string>? Signals { get; init; }

    /// <summary>What bounds it in time.</summary>
    public string? Deadlines { get; init; }

    /// <summary>How much of it and of its response is held, to try again.</summary>
    public string? Buffers { get; init; }

    /// <summary>Whether the next tier gets it as well, to compare both; null: it does not.</summary>
    public string? Mirror { get; init; }

    /// <summary>What it gets when no tier can serve, first to last.</summary>
    public ImmutableArray<string>? Fallback { get; init; }

    /// <summary>What the gateway does by itself about destinations of the cluster; null: nothing.</summary>
    public ImmutableArray<string>? Runbooks { get; init; }

    /// <summary>What the gateway rehearses in the cluster by itself; null: nothing.</summary>
    public ImmutableArray<string>? Drills { get; init; }

    /// <summary>Where a route that redirects leads; null: it does not.</summary>
    public string? Redirect { get; init; }

    /// <summary>What is changed on the way, and who may ask; null: nothing.</summary>
    public ImmutableArray<string>? Changes { get; init; }

    /// <summary>Matches one request by the routing that serves it, and says what follows.</summary>
    public static async Task<Explanation> OfAsync(
        GatewayConfig config,
        string method,
        Uri url,
        IReadOnlyList<KeyValuePair<string, string>>? headers = null)
    {
        await using var matcher = new RouteMatcher(config.Routes);
        return await OfAsync(config, matcher, method, url, headers);
    }

    /// <summary>The same by a routing that was made before.</summary>
    public static async Task<Explanation> OfAsync(
        GatewayConfig config,
        RouteMatcher matcher,
        string method,
        Uri url,
        IReadOnlyList<KeyValuePair<string, string>>? headers)
    {
        var match = await matcher.MatchAsync(method, url, headers);
        var request = new Explanation { Method = method, Url = url.PathAndQuery };
        if (match.Route is not { } route)
        {
            return request with { Refused = match.MethodRefused ? 405 : 404 };
        }

        if (route.Redirect is { } redirect)
        {
            return request with
            {
                Route = route.Name,
                Pattern = route.Path,
                Hosts = route.Hosts.IsEmpty ? null : route.Hosts,
                Conditions = ConditionsOf(route),
                Redirect = $"{redirect.Status.ToString(CultureInfo.InvariantCulture)} to {redirect.To}",
                Changes = ChangesOf(config, route, url)
            };
        }

        return OfServed(config, match, route, request, url);
    }

    private static Explanation OfServed(
        GatewayConfig config, RouteMatch match, RouteConfig route, Explanation request, Uri url)
    {
        var method = request.Method;
        var cluster =
            route.Overrides.Over(config.Clusters.First(cluster => string.Equals(cluster.Name, route.Cluster, StringComparison.Ordinal)));
        var level = config.Levels.Of(route.Level);
        var (retryable, because) = RetryableOf(route, cluster, method);
        return request with
        {
            Route = route.Name,
            Pattern = route.Path,
            Hosts = route.Hosts.IsEmpty ? null : route.Hosts,
            Conditions = ConditionsOf(route),
            Changes = ChangesOf(config, route, url),
            Values = match.Values.ToImmutableSortedDictionary(
                value => value.Key,
                value => Convert.ToString(value.Value, CultureInfo.InvariantCulture) ?? "",
                StringComparer.Ordinal),
            Cluster = cluster.Name,
            Level = route.Level.ToString().ToLowerInvariant(),
            LevelMeans =
                $"{(level.FirstTierOnly ? "served by the first tier only" : "served by every tier")}, and from the fallback chain once a "
                    + $"tier is {PercentText.Format(level.ShedAt)} full",
            Tiers = [.. (level.FirstTierOnly ? cluster.Tiers.Take(1) : cluster.Tiers).Select(CheckSummary.TierText)],
            Zone = cluster.ZonePreference is { } zone ? CheckSummary.ZoneText(zone) : null,
            Retryable = retryable,
            RetryableBecause = because,
            Attempts = AttemptText.AttemptsOf(cluster.Attempts),
            Via = cluster.Via switch { ViaMode.Response => "in responses alone", ViaMode.Off => "in no message", _ => null },
            Signals = cluster.Signals.IsEmpty ? null : [.. cluster.Signals.Select(SignalText.Of)],
            Runbooks = RunbookText.Of(config, cluster.Name),
            Drills = ScheduledDrillText.Of(config, cluster.Name),
            Deadlines = AttemptText.DeadlinesOf(route, cluster, method),
            Buffers = AttemptText.BuffersOf(route, cluster),
            Mirror = AttemptText.MirrorOf(cluster, method),
            Fallback = [.. FallbackOf(config, route, method, match.Values, url.Query)],
        };
    }

    private static ImmutableArray<string>? ConditionsOf(RouteConfig route) =>
        route.Conditions.IsEmpty ? null : [.. route.Conditions.Select(static condition => condition.ToString())];

    private static ImmutableArray<string>? ChangesOf(GatewayConfig config, RouteConfig route, Uri url)
    {
        var changes = RouteChangeText.Of(config, route, url).ToImmutableArray();
        return changes.IsEmpty ? null : changes;
    }

    private static (bool Retryable, string Because) RetryableOf(RouteConfig route, ClusterConfig cluster, string method)
    {
        if (route.Retryable is { } said)
        {
            return (said, said ? "the route says so" : "the route says so: tried elsewhere only if nothing of it was sent");
        }

        return cluster.Attempts.RetryMethods.Contains(method, StringComparer.OrdinalIgnoreCase)
            ? (true, $"{method} is among the cluster's retry methods")
            : (false, $"{method} is not among the cluster's retry methods: tried elsewhere only if nothing of it was sent");
    }

    private static IEnumerable<string> FallbackOf(
        GatewayConfig config,
        RouteConfig route,
        string method,
        RouteValueDictionary values,
        string query)
    {
        var isRead = HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
        if (isRead)
        {
            foreach (var step in route.Fallback)
            {
                if (step is LastGoodStep given && route.LastGood is { } lastGood)
                {
                    yield return $"lastGood: the last-good response for the same {string.Join(" and ", lastGood.Key.Select(PartText))}, "
                        + $"not older than {DurationText.Format(lastGood.MaxAge)}"
                        + $"{(given.After is { } after
                            ? $"; also when the live response is later than {DurationText.Format(after)}" : "")}";
                }
                else if (step is FileStep file)
                {
                    yield return FileText(config, file, values, query);
                }
            }
        }

        if (HttpMethods.IsOptions(method) && route.LastGood is { } stored && route.Fallback.Any(step => step is LastGoodStep))
        {
            yield return $"lastGood: a CORS preflight as the service last answered it, not more than {DurationText.Format(stored.MaxAge)} "
                + $"ago";
        }

        yield return $"builtIn: 503{(isRead ? "" : $", for only GET and HEAD are answered from a file or a stored response")}";
    }

    private static string PartText(KeyPart part) => part.Kind switch
    {
        KeyPartKind.Path => "path",
        KeyPartKind.Query => "query",
        KeyPartKind.QueryParameter => $"query:{part.Name}",
        KeyPartKind.Header => $"header:{part.Name}",
        _ => $"cookie:{part.Name}",
    };

    /// <summary>The file by the same rules as when it is given: they are Fallback's own.</summary>
    private static string FileText(GatewayConfig config, FileStep step, RouteValueDictionary values, string query)
    {
        Span<char> name = stackalloc char[FileName.MostCharacters];
        if (!FileName.TryFill(step.File, values, name, out var length, query))
        {
            return $"file {step.File}: none for this request, so the next step";
        }

        var file = new string(name[..length]);
        var status = step.Status ?? (FallbackFileType.Of(file).IsPage ? 503 : 200);
        return File.Exists(Path.Combine(config.StaticFallback, file))
            ? $"file {file}: {status}"
            : $"file {file}: does not exist, so the next step";
    }
}
