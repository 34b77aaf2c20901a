using Gateway.Fleet;
using Gateway.Fleet.Canaries;

namespace Gateway.Hosting.Canaries;

/// <summary>A route on which users of a canary fare worse than before, and how it compares with the same route at the others.</summary>
/// <param name="route">Its name.</param>
/// <param name="recent">The minutes before.</param>
/// <param name="own">What this gateway had counted of it when it was suspected.</param>
/// <param name="since">When that was, of a clock that never goes back.</param>
/// <param name="exchange">The last exchange before that.</param>
internal sealed class SuspectedRoute(string route, CanaryCounts recent, CanaryCounts own, TimeSpan since, long exchange)
{
    /// <summary>For so long the end of the canary waits for what the others say of a route.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private CanaryCounts _own = own;
    private Dictionary<string, CanaryCounts>? _others;
    private FleetDoubt? _doubt;

    /// <summary>Its name.</summary>
    public string Route => route;

    /// <summary>What the others are asked for.</summary>
    public string Id { get; } = RouteOutcome.IdOf(route);

    /// <summary>The end of the canary waits for it.</summary>
    public bool IsOpen(TimeSpan now) => _doubt is not null || now - since < Patience;

    /// <summary>How the change harms it; null: that is not proved.</summary>
    /// <param name="counts">What this gateway counted of it so far.</param>
    /// <param name="others">The gateways with the earlier configuration.</param>
    /// <param name="heardIn">The exchange in which they were heard.</param>
    /// <param name="parts">How many comparisons are made side by side.</param>
    /// <param name="now">Of a clock that never goes back.</param>
    /// <param name="isOver">The canary's time is over: what is known decides, once it was waited for long enough.</param>
    public string? HarmOf(
        CanaryCounts counts, IReadOnlyDictionary<string, GatewayView> others, long heardIn, int parts, TimeSpan now, bool isOver)
    {
        var decides = isOver && now - since >= Patience;
        if (_others is null)
        {
            if (heardIn - exchange < FleetDoubt.Fresh || !Listen(counts, others))
            {
                // No other has the route, or none says so.
                return decides ? Compared(counts, others, parts, decides) : null;
            }

            return null;
        }

        if (_doubt is null)
        {
            _doubt = Compared(counts, others, parts, decides) is null ? null : new FleetDoubt(counts, heardIn, now);
            return null;
        }

        if (!_doubt.IsSettledBy(others, heardIn, now))
        {
            return null;
        }

        var settled = _doubt.Own;
        _doubt = null;
        return Compared(settled, others, parts, decides);
    }

    // Both sides are counted from the same moment on: a fault of all that was over by then speaks against none of them.
    private bool Listen(CanaryCounts counts, IReadOnlyDictionary<string, GatewayView> others)
    {
        Dictionary<string, CanaryCounts> heard = new(StringComparer.Ordinal);
        foreach (var (id, gateway) in others)
        {
            if (CountsOf(gateway) is { } said)
            {
                heard[id] = said;
            }
        }

        if (heard.Count > 0)
        {
            (_others, _own) = (heard, counts);
        }

        return heard.Count > 0;
    }

    // While there is time, the others decide. Then the past does, if they had next to nothing and nothing of that ended badly.
    private string? Compared(CanaryCounts counts, IReadOnlyDictionary<string, GatewayView> others, int parts, bool decides)
    {
        var sum = default(CanaryCounts);
        foreach (var (id, before) in _others ?? [])
        {
            if (others.TryGetValue(id, out var gateway)
                && CountsOf(gateway) is { } after
                && (after - before) is { IsSound: true } more)
            {
                sum += more;
            }
        }

        var fewest = decides && sum is { Failed: 0, Rejected: 0 } ? CanaryRule.FewestToCompare : 0;
        return (counts - _own) is { IsSound: true } added ? CanaryRule.HarmOf(added, recent, sum, parts, fewest) : null;
    }

    private CanaryCounts? CountsOf(GatewayView gateway)
    {
        foreach (var one in gateway.Routes)
        {
            if (string.Equals(one.Route, Id, StringComparison.Ordinal))
            {
                return one.Counts;
            }
        }

        return null;
    }
}
