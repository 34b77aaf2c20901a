using System.Collections.Immutable;
using System.Globalization;
using Gateway.Fleet;
using Gateway.Fleet.Canaries;

namespace Gateway.Hosting.Canaries;

/// <summary>A canary.</summary>
/// <param name="Revision">Its number.</param>
/// <param name="Shared">What the gateways' configurations have in common of it; null: nothing of that changed.</param>
/// <param name="RollbackTo">The revision that is put in force again if users fare worse.</param>
/// <param name="Recent">The requests of the minutes before.</param>
/// <param name="AtStart">This gateway's count when it began.</param>
/// <param name="OthersAtStart">Those that have the earlier configuration, by their identities.</param>
/// <param name="Until">When it is over, for people.</param>
/// <param name="EndsAt">The same, of a clock that never goes back.</param>
internal sealed record CanaryRun(
    long Revision,
    string? Shared,
    long RollbackTo,
    CanaryCounts Recent,
    CanaryCounts AtStart,
    IReadOnlyDictionary<string, GatewayView> OthersAtStart,
    DateTimeOffset Until,
    TimeSpan EndsAt)
{
    private RouteSuspects? _suspects;
    private FleetDoubt? _doubt;

    /// <summary>The same by route: the minutes before, and the count when it began. Default: no route is looked at by itself.</summary>
    public IReadOnlyDictionary<string, (CanaryCounts AtStart, CanaryCounts Recent)> Routes { get; init; } =
        ImmutableDictionary<string, (CanaryCounts, CanaryCounts)>.Empty;

    /// <summary>The routes whose counts the others are asked for.</summary>
    public ImmutableArray<string> AskedRoutes => _suspects?.Asked ?? [];

    /// <summary>What looks like harm is being compared once more.</summary>
    /// <param name="now">Of a clock that never goes back.</param>
    public bool IsInDoubt(TimeSpan now) => _doubt is not null || _suspects?.AreOpen(now) == true;

    /// <summary>It in a sentence.</summary>
    /// <param name="sum">What this gateway has counted so far.</param>
    public string TextOf(CanaryCounts sum) => string.Create(
        CultureInfo.InvariantCulture,
        $"A canary until {Until.UtcDateTime:HH:mm:ss}Z: {(sum - AtStart).Requests:N0} requests so far, and nothing speaks against it; "
            + $"revision {RollbackTo} is put in force again if users fare worse.");

    /// <summary>How it harms; null: that is not proved.</summary>
    /// <param name="now">Of a clock that never goes back.</param>
    /// <param name="own">What this gateway counted since it began.</param>
    /// <param name="others">Those that have the earlier configuration now.</param>
    /// <param name="exchange">The exchange in which they were heard (<see cref="FleetView.Exchange"/>).</param>
    /// <param name="byRoute">What this gateway counted so far, by route.</param>
    public string? HarmOf(
        TimeSpan now,
        CanaryCounts own,
        IReadOnlyDictionary<string, GatewayView> others,
        long exchange,
        IReadOnlyDictionary<string, (CanaryCounts Sum, CanaryCounts Recent)> byRoute)
    {
        if (_doubt is { } doubt)
        {
            // Without any other to wait for, what is left to compare with decides.
            if (!doubt.IsSettledBy(others, exchange, now))
            {
                return null;
            }

            _doubt = null;
            return CanaryRule.HarmOf(doubt.Own, Recent, SinceStart(others));
        }

        if (others.Count == 0)
        {
            _suspects = null;
            var parts = Routes.Count + 1;
            return CanaryRule.HarmOf(own, Recent, default, parts) ?? HarmOfARoute(byRoute, parts);
        }

        if (CanaryRule.HarmOf(own, Recent, SinceStart(others)) is not null)
        {
            _doubt = new FleetDoubt(own, exchange, now);
            return null;
        }

        _suspects ??= new RouteSuspects(Routes);
        return _suspects.HarmOf(now, byRoute, others, exchange, now >= EndsAt);
    }

    // What one small route suffers is little of all requests.
    private string? HarmOfARoute(IReadOnlyDictionary<string, (CanaryCounts Sum, CanaryCounts Recent)> byRoute, int parts)
    {
        foreach (var (name, (atStart, recent)) in Routes)
        {
            if (byRoute.TryGetValue(name, out var now)
                && (now.Sum - atStart) is { IsSound: true } own
                && CanaryRule.HarmOf(own, recent, default, parts) is { } harm)
            {
                return $"of route '{name}', {harm}";
            }
        }

        return null;
    }

    // Those that came later, or restarted, are left out.
    private CanaryCounts SinceStart(IReadOnlyDictionary<string, GatewayView> others)
    {
        var sum = default(CanaryCounts);
        foreach (var (id, gateway) in others)
        {
            if (OthersAtStart.TryGetValue(id, out var before) && (gateway.Outcomes - before.Outcomes) is { IsSound: true } since)
            {
                sum += since;
            }
        }

        return sum;
    }
}
