using Gateway.Observability.Metrics;

namespace Gateway.Fleet.Canaries;

/// <summary>How requests of all routes ended, and of those that no route takes.</summary>
/// <param name="Requests">All but those whose client left.</param>
/// <param name="Failed">Those that failed, got a response of the fallback chain, or a 5xx.</param>
/// <param name="Rejected">Those that got a 4xx, of a destination or of the gateway.</param>
internal readonly record struct CanaryCounts(long Requests, long Failed, long Rejected)
{
    /// <summary>Counts, in bounds: what another gateway says is not taken otherwise.</summary>
    public bool IsSound => Requests is >= 0 and < 1L << 50 && Failed >= 0 && Rejected >= 0 && Failed + Rejected <= Requests;

    public static CanaryCounts operator +(CanaryCounts a, CanaryCounts b) =>
        new(a.Requests + b.Requests, a.Failed + b.Failed, a.Rejected + b.Rejected);

    public static CanaryCounts operator -(CanaryCounts a, CanaryCounts b) =>
        new(a.Requests - b.Requests, a.Failed - b.Failed, a.Rejected - b.Rejected);

    /// <summary>What a route counted so far.</summary>
    public static CanaryCounts Of(RouteMeter route)
    {
        var sum = default(CanaryCounts);
        for (var outcome = 0; outcome < Instruments.OutcomeNames.Length; outcome++)
        {
            for (var code = 0; code < Instruments.CodeNames.Length; code++)
            {
                sum += Of((RequestOutcome)outcome, code, route.Requests((RequestOutcome)outcome, code));
            }
        }

        return sum;
    }

    /// <summary>So many requests that ended so; <paramref name="code"/> is the first digit of the status.</summary>
    public static CanaryCounts Of(RequestOutcome outcome, int code, long count) => outcome switch
    {
        RequestOutcome.Aborted => default,
        RequestOutcome.Degraded or RequestOutcome.Failed => new(count, count, 0),
        _ => code switch
        {
            5 => new(count, count, 0),
            4 => new(count, 0, count),
            _ => new(count, 0, 0),
        },
    };
}
