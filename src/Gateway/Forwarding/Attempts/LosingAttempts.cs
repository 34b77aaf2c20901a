
namespace Gateway.Forwarding.Attempts;

/// <summary>
/// What becomes of the attempts of a request that another attempt has served. Most are cancelled; a few of a destination that is late again
/// and again run on, since only that tells a frozen destination from a slower one.
/// </summary>
/// <param name="plan">The route's plan.</param>
/// <param name="reporter">Reports those that are late.</param>
internal sealed class LosingAttempts(CompiledRoute plan, AttemptReporter reporter)
{
    /// <summary>The user has another response.</summary>
    /// <param name="loser">The attempt that lost.</param>
    /// <param name="hedgeAfter">An attempt that waited for less than this is not late.</param>
    /// <param name="servedIn">What the other destination took to serve the request; null: it did not serve it either.</param>
    public void End(Attempt loser, long hedgeAfter, TimeSpan? servedIn)
    {
        var waited = plan.Traffic.Time.GetElapsedTime(loser.StartedAt);
        if (servedIn is { } served)
        {
            if (loser.IsDone)
            {
                reporter.Confirm(loser, served);
            }
            else if (plan.Traffic.ToTimestamp(waited) >= hedgeAfter)
            {
                reporter.ReportLate(loser, waited, served);
                var lateFrom = reporter.LateBeside(served);
                if (MayLinger(loser, lateFrom - waited) && TryLinger(loser, lateFrom, lateFrom - waited))
                {
                    return;
                }
            }
        }

        loser.Abandon();
    }

    /// <summary>
    /// A hedge served the user instead. True: its destination is known to be ill; if not, this is remembered in case that it is found out
    /// soon.
    /// </summary>
    /// <param name="loser">The attempt that lost.</param>
    /// <param name="servedIn">What the hedge took; null: it served nothing.</param>
    public static bool WasOvertaken(Attempt loser, TimeSpan? servedIn)
    {
        if (loser.IsDone || servedIn is null)
        {
            return false;
        }

        if (loser.IsInVain)
        {
            return true;
        }

        loser.UpstreamEndpoint.Tally.Overtaken();
        return false;
    }

    private static bool MayLinger(Attempt loser, TimeSpan left) =>
        left > TimeSpan.Zero && loser.Content is null && loser.UpstreamEndpoint.Tally.IsLateAgain;

    private static bool TryLinger(Attempt loser, TimeSpan lateFrom, TimeSpan left)
    {
        var destination = loser.UpstreamEndpoint.Destination;
        if (!destination.TryLinger())
        {
            return false;
        }

        if (loser.TryLinger(lateFrom, left))
        {
            return true;
        }

        destination.EndLinger();
        return false;
    }
}
