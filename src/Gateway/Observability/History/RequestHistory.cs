namespace Gateway.Observability.History;

/// <summary>Requests of the last 15 minutes by outcome, in steps of 5 s, oldest first; the last step is the one that is filling.</summary>
/// <param name="StepSeconds">Length of a step.</param>
/// <param name="Until">End of the last step.</param>
/// <param name="Live">Answered by a tier.</param>
/// <param name="Degraded">Answered by the fallback chain.</param>
/// <param name="Failed">Not answered, or cut.</param>
/// <param name="Tiers">The live ones by the tier that answered, in the order in which tiers were first seen; together as many as
/// <paramref name="Live"/>.</param>
internal sealed record RequestHistory(
    int StepSeconds,
    DateTimeOffset Until,
    long[] Live,
    long[] Degraded,
    long[] Failed,
    TierHistory[] Tiers)
{
    /// <summary>Steps that are kept.</summary>
    public const int Steps = 180;

    /// <summary>Tiers by name; further ones are counted with the last.</summary>
    public const int MaxTiers = 6;

    private const int Length = 5;

    /// <summary>Nothing yet.</summary>
    public static readonly RequestHistory Empty = new(
        Length,
        DateTimeOffset.UnixEpoch,
        new long[Steps],
        new long[Steps],
        new long[Steps],
        []);

    /// <summary>With the requests of the last second added at <paramref name="now"/>. A new value: readers keep theirs.</summary>
    /// <param name="sums">By outcome.</param>
    /// <param name="responses">Responses of each tier in that second: the live requests are shared out by them.</param>
    /// <param name="now">The end of that second.</param>
    public RequestHistory Add(RequestSums sums, IReadOnlyList<TierResponses> responses, DateTimeOffset now)
    {
        var second = now.ToUnixTimeSeconds();
        var until = DateTimeOffset.FromUnixTimeSeconds(second - (second % Length) + Length);
        var shift = (int)Math.Clamp((until - Until).TotalSeconds / Length, 0, Steps);
        return new(
            Length,
            until,
            Shift(Live, shift, sums.Live),
            Shift(Degraded, shift, sums.Degraded),
            Shift(Failed, shift, sums.Failed),
            ByTier(shift, sums.Live, responses));
    }

    private TierHistory[] ByTier(int shift, long live, IReadOnlyList<TierResponses> responses)
    {
        var tiers = Tiers.ToList();
        foreach (var response in responses)
        {
            if (tiers.Count < MaxTiers && !tiers.Exists(t => string.Equals(t.Name, response.Tier, StringComparison.Ordinal)))
            {
                tiers.Add(new TierHistory(response.Tier, new long[Steps]));
            }
        }

        // A response is counted with its attempt, a request when it ends, streams much later: the share is by the attempts, the number by
        // the requests.
        var added = new long[tiers.Count];
        foreach (var response in responses)
        {
            var index = tiers.FindIndex(t => string.Equals(t.Name, response.Tier, StringComparison.Ordinal));
            added[index < 0 ? tiers.Count - 1 : index] += response.Count;
        }

        var (left, weight) = (live, added.Sum());
        for (var i = 0; i < added.Length; i++)
        {
            var part = weight > 0 ? left * added[i] / weight : 0;
            (left, weight, added[i]) = (left - part, weight - added[i], part);
        }

        if (left > 0 && tiers.Count > 0)
        {
            // No tier responded within this second: the requests ended what began before, at the tier that responded last.
            var last = tiers.FindLastIndex(static t => t.Requests[^1] > 0);
            added[Math.Max(last, 0)] += left;
        }

        return [.. tiers.Select((tier, i) => tier with { Requests = Shift(tier.Requests, shift, added[i]) })];
    }

    private static long[] Shift(long[] values, int shift, long added)
    {
        var shifted = new long[Steps];
        Array.Copy(values, shift, shifted, 0, Steps - shift);
        shifted[^1] += added;
        return shifted;
    }
}

/// <summary>Requests that one tier answered, by step.</summary>
internal sealed record TierHistory(string Name, long[] Requests);

/// <summary>Answers of the tiers of one name.</summary>
internal readonly record struct TierResponses(string Tier, long Count);
