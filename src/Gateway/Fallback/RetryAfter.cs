namespace Gateway.Fallback;

/// <summary>The wait that a client is asked for.</summary>
internal static class RetryAfter
{
    /// <summary>The mean wait when no step says one.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whole seconds, evenly spread from half of the mean to one and a half of it, at least 1: clients that left
    /// together must not return together.
    /// </summary>
    /// <param name="mean">The mean wait.</param>
    /// <param name="random">From 0 to less than 1.</param>
    public static int Seconds(TimeSpan mean, double random)
    {
        double seconds = Math.Clamp(mean.TotalSeconds, 1, 86_400);
        int least = Math.Max(1, (int)Math.Ceiling(seconds * 0.5));
        int most = Math.Max(least, (int)Math.Floor(seconds * 1.5));
        return Math.Min(most, least + (int)(random * (most - least + 1)));
    }
}
