using Gateway.Configuration.Model;

namespace Gateway.Server.Acme;

/// <summary>When a certificate is ordered. Pure.</summary>
internal static class AcmeSchedule
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(12);

    // An authority that asks for more is not believed: certificates end meanwhile.
    private static readonly TimeSpan LongestAsked = TimeSpan.FromDays(7);

    /// <summary>When it is due: at once for a placeholder, a name that is missing or another authority, else at two thirds of its life.
    /// </summary>
    /// <param name="holding">What is there.</param>
    /// <param name="config">What is wanted.</param>
    /// <param name="now">The time.</param>
    /// <param name="jitter">From 0 to 1: up to a thirtieth of its life earlier, so that what was ordered together is not renewed together.
    /// </param>
    public static DateTimeOffset DueAt(AcmeHolding holding, CertificateConfig config, DateTimeOffset now, double jitter)
    {
        var isWanted = string.Equals(holding.Directory, config.Acme!.Directory.ToString(), StringComparison.Ordinal)
            && config.Hosts.All(host => holding.Names.Contains(host, StringComparer.OrdinalIgnoreCase));
        if (!isWanted)
        {
            return now;
        }

        var life = holding.Ends - holding.Begins;
        return holding.Begins + (life * 2 / 3) - (life / 30 * jitter);
    }

    /// <summary>How long to wait after failures in a row: 5 minutes, doubled up to 12 hours, a fifth more or less.</summary>
    /// <remarks>An authority counts failures, such as five an hour for a name, and refuses further orders.</remarks>
    /// <param name="failures">At least 1.</param>
    /// <param name="asked">What the authority asks for at least, of which at most a week counts; null: nothing.</param>
    /// <param name="jitter">From 0 to 1.</param>
    public static TimeSpan PauseAfter(int failures, TimeSpan? asked, double jitter)
    {
        var doubled = FirstPause * Math.Pow(2, Math.Min(failures - 1, 16));
        var pause = (doubled < LongestPause ? doubled : LongestPause) * (0.8 + (0.4 * jitter));
        return !(asked > pause) ? pause : asked < LongestAsked ? asked.Value : LongestAsked;
    }
}
