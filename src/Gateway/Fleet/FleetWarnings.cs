using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Fleet;

/// <summary>What operators should know of the fleet, a sentence each. Only the fleet's loop touches it.</summary>
/// <param name="prefix">What the fleet's names in Redis begin with.</param>
internal sealed class FleetWarnings(string prefix)
{
    private static readonly TimeSpan ShowFor = TimeSpan.FromSeconds(30);

    private TimeSpan? _lostAt;
    private TimeSpan? _garbageAt;

    /// <summary>Redis lost what the gateways share.</summary>
    public void OnLoss(TimeSpan now) => _lostAt = now;

    /// <summary>Redis holds what no gateway of this kind wrote.</summary>
    public void OnGarbage(TimeSpan now) => _garbageAt = now;

    /// <summary>The warnings now.</summary>
    public IEnumerable<string> Of(ImmutableArray<GatewayView> gateways, TimeSpan now)
    {
        var revisions = gateways.Select(static g => g.Revision).Distinct(StringComparer.Ordinal).Count();
        if (revisions > 1)
        {
            yield return $"The gateways run {revisions.ToString(CultureInfo.InvariantCulture)} different configurations ("
                + $"{string.Join(", ", gateways.Select(static g => $"{g.Name}: {g.Revision}"))}): bring the same clusters, routes and "
                + $"levels to all of them.";
        }

        if (now - _lostAt < ShowFor)
        {
            yield return "Redis lost what the gateways share (it was emptied, or another one took its place without it): this gateway "
                + "wrote again what it knew.";
        }

        if (now - _garbageAt < ShowFor)
        {
            yield return $"Redis holds values under \"{prefix}\" that no gateway of this kind wrote: they are not taken. Look who else "
                + $"uses this prefix.";
        }
    }
}
