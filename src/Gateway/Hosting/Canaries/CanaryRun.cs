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
    // Beats after which what another gateway says was counted later than what made the doubt: the first may have been on its way.
    private const int Fresh = 2;

    private (CanaryCounts Own, IReadOnlyDictionary<string, GatewayView> Others)? _doubt;

    /// <summary>What looks like harm is being compared once more.</summary>
    public bool IsInDoubt => _doubt is not null;

    /// <summary>
    /// How it harms; null: that is not proved. What the others say of themselves is a moment old, so that a fault that has just begun
    /// everywhere would seem to be here alone: what looks like harm is compared once more, with what they count later.
    /// </summary>
    /// <param name="own">What this gateway counted since it began.</param>
    /// <param name="others">Those that have the earlier configuration now.</param>
    public string? HarmOf(CanaryCounts own, IReadOnlyDictionary<string, GatewayView> others)
    {
        if (_doubt is not var (then, beats))
        {
            var harm = CanaryRule.HarmOf(own, Recent, SinceStart(others));
            if (harm is null || others.Count == 0)
            {
                return harm;
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
