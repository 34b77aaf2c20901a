namespace Gateway.Observability;

/// <summary>Requests of the last 15 minutes by outcome, in steps of 5 s, oldest first; the last step is the one that is filling.</summary>
/// <param name="StepSeconds">Length of a step.</param>
/// <param name="Until">End of the last step.</param>
/// <param name="Live">Answered by a tier.</param>
/// <param name="Degraded">Answered by the ladder.</param>
/// <param name="Failed">Not answered, or cut.</param>
internal sealed record RequestHistory(int StepSeconds, DateTimeOffset Until, long[] Live, long[] Degraded, long[] Failed)
{
    /// <summary>Steps that are kept.</summary>
    public const int Steps = 180;

    private const int Length = 5;

    /// <summary>Nothing yet.</summary>
    public static readonly RequestHistory Empty = new(Length, DateTimeOffset.UnixEpoch, new long[Steps], new long[Steps], new long[Steps]);

    /// <summary>With the requests of the last second added at <paramref name="now"/>. A new value: readers keep theirs.</summary>
    public RequestHistory Add(RequestSums sums, DateTimeOffset now)
    {
        var second = now.ToUnixTimeSeconds();
        var until = DateTimeOffset.FromUnixTimeSeconds(second - (second % Length) + Length);
        var shift = (int)Math.Clamp((until - Until).TotalSeconds / Length, 0, Steps);
        return new(Length, until, Shift(Live, shift, sums.Live), Shift(Degraded, shift, sums.Degraded), Shift(Failed, shift, sums.Failed));
    }

    private static long[] Shift(long[] values, int shift, long added)
    {
        var shifted = new long[Steps];
        Array.Copy(values, shift, shifted, 0, Steps - shift);
        shifted[^1] += added;
        return shifted;
    }
}
