using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Rules;

namespace Gateway.Failover;

/// <summary>From recent latencies to the two waits that Forwarding needs. Pure.</summary>
internal static class AttemptTiming
{
    /// <summary>With fewer latencies nothing is said.</summary>
    public const int MinimumResponses = 50;

    /// <summary>A second attempt never starts earlier.</summary>
    public static readonly TimeSpan ShortestHedge = TimeSpan.FromMilliseconds(20);

    /// <summary>Lateness below this is never a failure.</summary>
    public static readonly TimeSpan ShortestLate = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The 97th percentile, but no more than four times the 80th: when some percent of all responses are seconds late, the 97th is one of
    /// those, and waiting for it would not help. Hedging after a high percentile bounds the added load by what lies above it (J. Dean and
    /// L. A. Barroso, "The Tail at Scale", 2013, who take the 95th): 3 % here, a share of which the budget of extra attempts never notices.
    /// </summary>
    public static TimeSpan? HedgeDelay(LatencyHistogram latency, TimeoutsConfig timeouts)
    {
        if (latency.Count < MinimumResponses)
        {
            return null;
        }

        var late = latency.Quantile(0.97);
        var bulk = latency.Quantile(0.8) * 4;
        return Clamp(late < bulk ? late : bulk, ShortestHedge, timeouts.FirstByte);
    }

    /// <summary>
    /// Eight times the long-term 80th percentile: far beyond what this route's responses ever take, not merely slower. Unknown: nothing is
    /// late before its timeout.
    /// </summary>
    public static TimeSpan LateAfter(Ewma longTermP80Seconds, TimeoutsConfig timeouts) =>
        longTermP80Seconds.Known
            ? Clamp(TimeSpan.FromSeconds(longTermP80Seconds.Value * 8), ShortestLate, timeouts.FirstByte)
            : timeouts.FirstByte;

    private static TimeSpan Clamp(TimeSpan value, TimeSpan least, TimeSpan most) =>
        value > most ? most : value < least ? (least < most ? least : most) : value;
}
