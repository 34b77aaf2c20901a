namespace Gateway.Health.Signals;

/// <summary>
/// A quantile of a histogram with cumulative buckets: linear inside a bucket, as Prometheus' <c>histogram_quantile</c>. Pure.
/// </summary>
internal static class HistogramQuantile
{
    /// <summary>The quantile; null: nothing was observed, or the buckets do not end with all of it.</summary>
    /// <param name="quantile">From 0 to 1.</param>
    /// <param name="buckets">The buckets' upper limits in order, and how many observations were at most so large.</param>
    public static double? Of(double quantile, ReadOnlySpan<KeyValuePair<double, double>> buckets)
    {
        if (buckets.Length < 2 || !double.IsPositiveInfinity(buckets[^1].Key) || buckets[^1].Value <= 0)
        {
            return null;
        }

        var rank = quantile * buckets[^1].Value;
        var (from, below) = (0.0, 0.0);
        foreach (var (limit, count) in buckets)
        {
            if (count >= rank && count > below)
            {
                // Above the last limit nothing more is known than that limit.
                return double.IsPositiveInfinity(limit) ? from
                    : limit <= 0 && below == 0 ? limit
                    : from + ((limit - from) * ((rank - below) / (count - below)));
            }

            (from, below) = (double.IsPositiveInfinity(limit) ? from : limit, Math.Max(below, count));
        }

        return from;
    }
}
