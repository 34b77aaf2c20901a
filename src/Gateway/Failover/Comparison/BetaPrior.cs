namespace Gateway.Failover.Comparison;

/// <summary>What a share may be, before anything was seen of it: a beta distribution. Pure.</summary>
/// <param name="Hits">Its first parameter.</param>
/// <param name="Misses">Its second parameter.</param>
internal readonly record struct BetaPrior(double Hits, double Misses)
{
    /// <summary>Something rare, such as failures: a few in a thousand.</summary>
    public static readonly BetaPrior OfRare = new(0.5, 100);

    /// <summary>Something rare that has become harm: some percent, or far more.</summary>
    public static readonly BetaPrior OfHarm = new(1, 20);

    /// <summary>Something that is not rare, such as responses of more than the usual time: a few in ten.</summary>
    public static readonly BetaPrior OfCommon = new(1, 3);

    /// <summary>Any share as likely as any other.</summary>
    public static readonly BetaPrior OfAny = new(1, 1);

    /// <summary>The logarithm of the mean likelihood of so many hits, in the order in which they came.</summary>
    public double LogMean(long hits, long cases) =>
        LogBeta(Hits + hits, Misses + (cases - hits)) - LogBeta(Hits, Misses);

    private static double LogBeta(double a, double b) => LogGamma(a) + LogGamma(b) - LogGamma(a + b);

    // Stirling's series, from where four terms of it are exact to ten digits.
    private static double LogGamma(double x)
    {
        var shift = 0.0;
        for (; x < 10; x++)
        {
            shift += Math.Log(x);
        }

        var inverse = 1 / x;
        var square = inverse * inverse;
        var series = inverse * ((1 / 12.0) - (square * ((1 / 360.0) - (square * ((1 / 1260.0) - (square / 1680))))));
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + series - shift;
    }
}
