using Gateway.Failover;
using Gateway.Failover.Comparison;
using Gateway.Forwarding.EventStreams;
using Gateway.Health.Rules;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Attempts;

/// <summary>
/// What the attempts of one route show of two tiers that are compared in a ramp. Only first attempts count, which chance sends to one tier
/// or the other: a repeated one is of a request that failed before, and a hedge of one that is slow.
/// </summary>
/// <param name="timing">The route's times.</param>
internal sealed class ComparedAttempts(RouteTiming timing)
{
    /// <summary>Counts an attempt that has ended, unless it was counted before.</summary>
    public void CountEnd(Attempt attempt)
    {
        if (attempt.Counts is not { } counts || !TellsOfDestination(attempt) || !attempt.TryCount())
        {
            return;
        }

        var result = attempt.Outcome.Result;
        var isServed = result == AttemptResult.Success && attempt.Response!.Status < StatusCodes.Status500InternalServerError;
        counts.Ended();
        if (!isServed)
        {
            counts.Failed();
        }
        else if (attempt.Took > timing.LateAfter)
        {
            counts.Late();
        }

        if (counts.TakesTimes && (isServed || result == AttemptResult.Timeout))
        {
            CountTimes(counts, attempt);
        }
    }

    /// <summary>Counts an attempt that waits while another has served the request: from here on it shows no more.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="waited">For how long.</param>
    /// <param name="isLate">It is late beside the other.</param>
    public void CountOvertaken(Attempt attempt, TimeSpan waited, bool isLate)
    {
        if (attempt.Counts is not { } counts || !attempt.TryCount())
        {
            return;
        }

        counts.Ended();
        if (isLate)
        {
            counts.Late();
        }

        // Of one that was overtaken sooner it is not known whether it would have been slow.
        if (counts.TakesTimes && attempt.ToHead == TimeSpan.Zero && waited > timing.SlowAfter)
        {
            counts.FirstByte(isSlow: true);
        }
    }

    private void CountTimes(TierCounts counts, Attempt attempt)
    {
        if (timing.SlowAfter is not { } slowAfter)
        {
            return;
        }

        if (attempt.Stream is not EventStream)
        {
            counts.FirstByte(attempt.Took > slowAfter);
            return;
        }

        counts.FirstContent(attempt.Took > slowAfter);
        if (timing.SlowHeadAfter is { } slowHeadAfter)
        {
            counts.FirstByte(attempt.ToHead > slowHeadAfter);
        }
    }

    // As for evidence: neither an end of our own or of the client tells of the destination, nor a body that could not be sent whole.
    private static bool TellsOfDestination(Attempt attempt) => attempt.Outcome switch
    {
        { Result: AttemptResult.Success or AttemptResult.Status } => true,
        { Result: AttemptResult.Connect, Failure: var failure } => !LocalFailure.Is(failure),
        { Result: AttemptResult.Reset or AttemptResult.Truncated or AttemptResult.Timeout, IsPartlySent: false, WasStale: false } => true,
        _ => false,
    };
}
