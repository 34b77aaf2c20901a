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

    // Beats after which what another gateway says was counted later than what made the doubt: the first may have been on its way.
    private const int Fresh = 2;

    private (CanaryCounts Own, IReadOnlyDictionary<string, GatewayView> Others)? _doubt;

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
    /// everywhere would seem to be here alone: what looks like harm is compared once more, with what they count later.
    /// </summary>
    /// <param name="own">What this gateway counted since it began.</param>
    /// <param name="others">Those that have the earlier configuration now.</param>
    /// <param name="byRoute">What this gateway counted so far, by route.</param>
    public string? HarmOf(
        CanaryCounts own,
        IReadOnlyDictionary<string, GatewayView> others,
        IReadOnlyDictionary<string, (CanaryCounts Sum, CanaryCounts Recent)> byRoute)
    {
        if (_doubt is not var (then, beats))
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

            _doubt = (own, others);
            return null;
        }

        if (beats.Any(before => others.TryGetValue(before.Key, out var now) && now.Beat - before.Value.Beat < Fresh))
        {
            return null;
        }

        _doubt = null;
        return CanaryRule.HarmOf(then, Recent, SinceStart(others));
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
