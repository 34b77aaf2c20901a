using Gateway.Failover.Comparison;
using Xunit;

namespace Gateway.Tests.Failover.Comparison;

[Trait("kind", "unit")]
public class ShareTestTests
{
    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(0, 500, 0, 5000)]
    [InlineData(2, 500, 20, 5000)]
    [InlineData(7, 1000, 10, 2000)]
    [InlineData(100, 100, 100, 100)]
    public void LogEvidence_SharesWithinTheMargin_IsNone(long hits, long cases, long baseHits, long baseCases) =>
        Assert.Equal(0, ShareTest.LogEvidence(hits, cases, baseHits, baseCases, 0.0025, BetaPrior.OfHarm, BetaPrior.OfRare));

    /// <summary>Against the same sum over a fine grid: closed form, gamma function and bisection agree with the definition.</summary>
    [Theory]
    [InlineData(5, 100, 4, 900)]
    [InlineData(3, 40, 0, 360)]
    [InlineData(30, 600, 10, 2400)]
    [InlineData(9, 9, 1, 50)]
    public void LogEvidence_ByItsDefinition_IsTheSame(long hits, long cases, long baseHits, long baseCases)
    {
        const double Margin = 0.0025;
        var best = double.NegativeInfinity;
        for (var share = 0.0; share <= 1 - Margin; share += 1e-5)
        {
            best = Math.Max(best, LogLikelihood(hits, cases, share + Margin) + LogLikelihood(baseHits, baseCases, share));
        }

        var expected = LogMean(hits, cases, BetaPrior.OfHarm) + LogMean(baseHits, baseCases, BetaPrior.OfRare) - best;

        Assert.Equal(
            Math.Max(0, expected),
            ShareTest.LogEvidence(hits, cases, baseHits, baseCases, Margin, BetaPrior.OfHarm, BetaPrior.OfRare),
            tolerance: 0.01);
    }

    /// <summary>
    /// The promise of the test, where it is hardest: the share lies exactly at the margin, and the test is asked after every request. The
    /// evidence reaches 10 in a tenth of the runs at most.
    /// </summary>
    [Theory]
    [InlineData(0.004, 0.0025)]
    [InlineData(0.05, 0.01)]
    [InlineData(0.5, 0.05)]
    public void LogEvidence_AskedAfterEveryRequest_IsWrongNoMoreOftenThanItSays(double baseShare, double margin)
    {
        const int Runs = 1000;
        var wrong = 0;
        for (var run = 0; run < Runs; run++)
        {
            var random = new Random(run);
            long hits = 0, cases = 0, baseHits = 0, baseCases = 0;
            for (var request = 0; request < 2000; request++)
            {
                // The split follows what was seen, as that of a ramp does.
                if (random.NextDouble() < 0.1 + (0.8 * request / 2000))
                {
                    cases++;
                    hits += random.NextDouble() < baseShare + margin ? 1 : 0;
                }
                else
                {
                    baseCases++;
                    baseHits += random.NextDouble() < baseShare ? 1 : 0;
                }

                var evidence = ShareTest.LogEvidence(hits, cases, baseHits, baseCases, margin, BetaPrior.OfAny, BetaPrior.OfCommon);
                if (evidence >= Math.Log(10))
                {
                    wrong++;
                    break;
                }
            }
        }

        Assert.InRange(wrong, 0, Runs / 10);
    }

    private static double LogLikelihood(long hits, long cases, double share) =>
        (hits > 0 ? hits * Math.Log(share) : 0) + (cases > hits ? (cases - hits) * Math.Log(1 - share) : 0);

    // The mean over the prior's density, as a product of the chances of each case in turn.
    private static double LogMean(long hits, long cases, BetaPrior prior)
    {
        var sum = 0.0;
        for (var seen = 0; seen < cases; seen++)
        {
            var isHit = seen < hits;
            var hitsBefore = Math.Min(seen, hits);
            var weight = isHit ? prior.Hits + hitsBefore : prior.Misses + seen - hitsBefore;
            sum += Math.Log(weight / (prior.Hits + prior.Misses + seen));
        }

        return sum;
    }
}
