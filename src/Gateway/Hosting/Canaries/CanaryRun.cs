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
    /// <summary>The same by route: the minutes before, and the count when it began. Default: no route is looked at by itself.</summary>
    public IReadOnlyDictionary<string, (CanaryCounts AtStart, CanaryCounts Recent)> Routes { get; init; } =
        ImmutableDictionary<string, (CanaryCounts, CanaryCounts)>.Empty;

    // The next one may have been on its way already: the one after that began later.
    private const int Fresh = 2;

    private Doubt? _doubt;

    /// <summary>What looks like harm is being compared once more.</summary>
    public bool IsInDoubt => _doubt is not null;

    /// <summary>It in a sentence.</summary>
    /// <param name="sum">What this gateway has counted so far.</param>
    public string TextOf(CanaryCounts sum) => string.Create(
        CultureInfo.InvariantCulture,
        $"A canary until {Until.UtcDateTime:HH:mm:ss}Z: {(sum - AtStart).Requests:N0} requests so far, and nothing speaks against it; "
            + $"revision {RollbackTo} is put in force again if users fare worse.");

    /// <summary>
    /// How it harms; null: that is not proved. What the others say of themselves is a moment old, so that a fault that has just begun
    /// everywhere would seem to be here alone: what looks like harm is compared once more, with what they surely counted later.
    /// </summary>
    /// <param name="own">What this gateway counted since it began.</param>
    /// <param name="others">Those that have the earlier configuration now.</param>
    /// <param name="exchange">The exchange in which they were heard (<see cref="FleetView.Exchange"/>).</param>
    /// <param name="byRoute">What this gateway counted so far, by route.</param>
    public string? HarmOf(
        CanaryCounts own,
        IReadOnlyDictionary<string, GatewayView> others,
        long exchange,
        IReadOnlyDictionary<string, (CanaryCounts Sum, CanaryCounts Recent)> byRoute)
    {
        if (_doubt is not { } doubt)
        {
            var parts = others.Count == 0 ? Routes.Count + 1 : 1;
            var harm = CanaryRule.HarmOf(own, Recent, SinceStart(others), parts);
            if (others.Count == 0)
            {
                return harm ?? HarmOfARoute(byRoute, parts);
            }

            if (harm is null)
            {
                return null;
            }

            _doubt = new Doubt(own, exchange, null);
            return null;
        }

        // Without any other to wait for, what is left to compare with decides.
        if (others.Count > 0)
        {
            _doubt = doubt = doubt.Heard is null && exchange - doubt.Exchange >= Fresh ? doubt with { Heard = others } : doubt;
            if (doubt.Heard is not { } heard
                || heard.Any(before => others.TryGetValue(before.Key, out var now) && now.Beat - before.Value.Beat < Fresh))
            {
                return null;
            }
        }

        _doubt = null;
        return CanaryRule.HarmOf(doubt.Own, Recent, SinceStart(others));
    }

    // What one small route suffers is little of all requests. Gateways do not tell each other of their routes, so that in a fleet, where a
    // fault of all of them must not be blamed on the change, only all routes together are compared.
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

    /// <summary>What looks like harm.</summary>
    /// <param name="Own">What this gateway had counted.</param>
    /// <param name="Exchange">The last exchange before that.</param>
    /// <param name="Heard">The others as they were heard in an exchange that began after that; null: there was none yet.</param>
    private sealed record Doubt(CanaryCounts Own, long Exchange, IReadOnlyDictionary<string, GatewayView>? Heard);

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
