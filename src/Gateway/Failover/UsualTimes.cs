using Gateway.Health.Model;
using Gateway.Health.Rules;

namespace Gateway.Failover;

/// <summary>
/// What the responses of one route take in each tier when it serves alone: a tier that is slower by nature must not be held to the times of
/// a faster one. Only the failover loop touches it.
/// </summary>
internal sealed class UsualTimes
{
    /// <summary>A tier has served alone for so long before its times are its own: the histogram tells of about the last 20 s.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromSeconds(20);

    // Long beside the seconds in which a tier fails.
    private static readonly TimeSpan HalfLife = TimeSpan.FromMinutes(2);

    /// <summary>What is slower by this is slow: users feel a tenth of a second.</summary>
    private static readonly TimeSpan Felt = TimeSpan.FromMilliseconds(100);

    // Two tiers whose medians are nearer than this are alike.
    private static readonly TimeSpan Alike = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<string, (Ewma Median, Ewma High)> _ofTiers = new(StringComparer.Ordinal);

    /// <summary>The tier serves alone, and this is what its responses take.</summary>
    public void Learn(string tier, LatencyHistogram latency, TimeSpan now)
    {
        if (latency.Count < AttemptTiming.MinimumResponses)
        {
            return;
        }

        var (median, high) = _ofTiers.TryGetValue(tier, out var known) ? known : (new Ewma(HalfLife), new Ewma(HalfLife));
        _ofTiers[tier] = (
            median.With(latency.Quantile(0.5).TotalSeconds, now),
            high.With(latency.Quantile(0.95).TotalSeconds, now));
    }

    /// <summary>
    /// From when a response is slow while the tier takes its share back: beyond half of those that were seen last, or beyond nearly all
    /// that the tier itself has ever had if it is slower by nature; null: too little is known.
    /// </summary>
    /// <param name="tier">The tier that returns.</param>
    /// <param name="latency">What responses took last.</param>
    public TimeSpan? SlowAfter(string tier, LatencyHistogram latency)
    {
        if (latency.Count < AttemptTiming.MinimumResponses)
        {
            return null;
        }

        var median = latency.Quantile(0.5);
        return _ofTiers.TryGetValue(tier, out var known) && known.Median.Value > (median + Alike).TotalSeconds
            ? TimeSpan.FromSeconds(known.High.Value) + Felt
            : median + Felt;
    }
}
