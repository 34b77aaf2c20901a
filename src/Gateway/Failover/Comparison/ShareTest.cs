namespace Gateway.Failover.Comparison;

/// <summary>
/// Whether one share is higher than another by more than a margin, asked again with every request and true whenever it is asked. Pure.
/// </summary>
/// <remarks>
/// The evidence is an e-process: the likelihood of what was seen, averaged over what the two shares might be (the method of mixtures:
/// H. Robbins, "Statistical methods related to the law of the iterated logarithm", 1970), over the highest likelihood that it can have
/// while the share is not higher by more than the margin (L. Wasserman, A. Ramdas and S. Balakrishnan, "Universal inference", 2020).
/// Whatever the true shares are, as long as they keep to the margin, the chance that it ever reaches <c>1 / alpha</c> is at most
/// <c>alpha</c> (Ville's inequality): it may be looked at after each request, and the traffic may be split by what was seen so far
/// (S. R. Howard, A. Ramdas, J. McAuliffe and J. Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", 2021).
/// </remarks>
internal static class ShareTest
{
    private const int Bisections = 40;

    /// <summary>The logarithm of the evidence that a share is higher by more than the margin; 0: nothing speaks for it.</summary>
    /// <param name="hits">Hits of the share that may be higher.</param>
    /// <param name="cases">Its cases.</param>
    /// <param name="baseHits">Hits of the share that it is compared with.</param>
    /// <param name="baseCases">Its cases.</param>
    /// <param name="margin">How much higher it may be, above 0.</param>
    /// <param name="feared">What a share that is higher may be like.</param>
    /// <param name="expected">What the share that it is compared with may be like.</param>
    public static double LogEvidence(
        long hits, long cases, long baseHits, long baseCases, double margin, BetaPrior feared, BetaPrior expected)
    {
        var share = cases > 0 ? (double)hits / cases : 0;
        var baseShare = baseCases > 0 ? (double)baseHits / baseCases : 0;
        if (share <= baseShare + margin)
        {
            return 0;
        }

        // The likelihood is highest where the margin is just kept, and has one peak there: between the two shares that were seen.
        var (low, high) = (baseShare, share - margin);
        for (var turn = 0; turn < Bisections; turn++)
        {
            var middle = (low + high) / 2;
            var slope = SlopeOf(hits, cases, middle + margin) + SlopeOf(baseHits, baseCases, middle);
            (low, high) = slope > 0 ? (middle, high) : (low, middle);
        }

        var kept = (low + high) / 2;
        return Math.Max(
            0,
            feared.LogMean(hits, cases) + expected.LogMean(baseHits, baseCases)
                - LogLikelihood(hits, cases, kept + margin) - LogLikelihood(baseHits, baseCases, kept));
    }

    private static double SlopeOf(long hits, long cases, double share) =>
        (hits > 0 ? hits / share : 0) - (cases > hits ? (cases - hits) / (1 - share) : 0);

    private static double LogLikelihood(long hits, long cases, double share) =>
        (hits > 0 ? hits * Math.Log(share) : 0) + (cases > hits ? (cases - hits) * Math.Log(1 - share) : 0);
}
