namespace Gateway.Failover.Comparison;

/// <summary>
/// While a better tier takes its share back, it is compared with the tier that carries the rest: whether it goes on, waits, or is left
/// again. Pure.
/// </summary>
internal static class FailbackComparison
{
    /// <summary>The chance that a ramp is aborted although the tier is no worse: at most this, over all that is compared.</summary>
    public const double Alpha = 0.01;

    // Odds at which a tier looks worse: its share does not grow, which costs little if it was chance.
    private static readonly double Doubt = Math.Log(3);

    // What counts as worse, and the part of alpha that each may use: users notice failures first.
    private static readonly (ComparedShare What, double Margin, BetaPrior Feared, BetaPrior Expected, double Part)[] Rules =
    [
        (ComparedShare.Failed, 0.0025, BetaPrior.OfHarm, BetaPrior.OfRare, 0.5),
        (ComparedShare.Late, 0.01, BetaPrior.OfHarm, BetaPrior.OfRare, 1 / 6.0),
        (ComparedShare.SlowFirstByte, 0.05, BetaPrior.OfAny, BetaPrior.OfCommon, 1 / 6.0),
        (ComparedShare.SlowFirstContent, 0.05, BetaPrior.OfAny, BetaPrior.OfCommon, 1 / 6.0),
    ];

    /// <summary>What holds after so many requests.</summary>
    /// <param name="tier">The tier that returns.</param>
    /// <param name="other">The one that carries the rest.</param>
    /// <param name="byConversation">The figures count conversations.</param>
    public static ComparisonResult Decide(in TierFigures tier, in TierFigures other, bool byConversation)
    {
        ComparisonFinding? doubt = null;
        var highest = Doubt;
        foreach (var (what, margin, feared, expected, part) in Rules)
        {
            var (hits, cases) = tier.Of(what);
            var (baseHits, baseCases) = other.Of(what);
            if (hits == 0 || cases == 0)
            {
                continue;
            }

            // A stream that breaks counts later than its attempt: never more hits than cases.
            hits = Math.Min(hits, cases);
            baseHits = Math.Min(baseHits, baseCases);
            var evidence = ShareTest.LogEvidence(hits, cases, baseHits, baseCases, margin, feared, expected);
            if (evidence < highest)
            {
                continue;
            }

            highest = evidence;
            doubt = new ComparisonFinding(
                what, (double)hits / cases, baseCases > 0 ? (double)baseHits / baseCases : 0, cases + baseCases, byConversation);
            if (evidence >= -Math.Log(Alpha * part))
            {
                return new ComparisonResult(doubt, IsProved: true);
            }
        }

        return new ComparisonResult(doubt, IsProved: false);
    }
}
