namespace Gateway.Health.Forecast;

/// <summary>The bound of a share that few cases show (E. B. Wilson, "Probable inference", 1927). Pure.</summary>
internal static class WilsonBound
{
    private const double Z = 1.96;

    /// <summary>The share is at least this, with 97.5 % confidence; 0 without a case.</summary>
    public static double Lower(int hits, int cases)
    {
        if (cases <= 0)
        {
            return 0;
        }

        var share = (double)hits / cases;
        var square = Z * Z / cases;
        var margin = Z * Math.Sqrt((share * (1 - share) / cases) + (square / (4 * cases)));
        return Math.Clamp((share + (square / 2) - margin) / (1 + square), 0, 1);
    }
}
