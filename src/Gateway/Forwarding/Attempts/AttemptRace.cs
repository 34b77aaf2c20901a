using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Attempts;

/// <summary>
/// The attempts of one request that are under way, of which one wins and the others lose or fail. A struct, so that it costs no object: it
/// belongs to one request.
/// </summary>
/// <param name="plan">The route's plan.</param>
/// <param name="policy">How the request may be tried again.</param>
/// <param name="choice">Learns of destinations that were not really tried.</param>
internal struct AttemptRace(CompiledRoute plan, RetryPolicy policy, DestinationChoice choice)
{
    private readonly RetryPolicy _policy = policy;
    private readonly Attempt?[] _attempts = new Attempt?[policy.MostAttempts];
    private Attempt? _held;
    private FailedAttempts _failed;
    private bool _hasHedged;

    /// <summary>How the request may be tried again.</summary>
    public readonly RetryPolicy Policy => _policy;

    /// <summary>Attempts that have begun.</summary>
    public int Started { get; private set; }

    /// <summary>When the newest of them began.</summary>
    public long LastStart { get; private set; }

    /// <summary>A hedge served the user beside an attempt whose destination is down or ejected.</summary>
    public bool HasOvertakenIll { get; private set; }

    /// <summary>Those that failed.</summary>
    public readonly FailedAttempts Failed => _failed;

    /// <summary>The next attempt is the last.</summary>
    public readonly bool IsNextLast => Started == _attempts.Length - 1;

    /// <summary>No attempt is left.</summary>
    public readonly bool IsExhausted => Started >= _attempts.Length;

    /// <summary>True: attempts are under way, and each of them is in vain.</summary>
    public readonly bool WaitsInVain
    {
        get
        {
            var any = false;
            foreach (var attempt in _attempts.AsSpan(0, Started))
            {
                if (attempt is { IsDone: false })
                {
                    if (!attempt.IsInVain)
                    {
                        return false;
                    }

                    any = true;
                }
            }

            return any;
        }
    }

    /// <summary>An attempt joins, and begins.</summary>
    public void Start(Attempt attempt, long now, AsyncAutoResetEvent whenDone)
    {
        _attempts[Started++] = attempt;
        _hasHedged |= attempt.Purpose == AttemptPurpose.Hedge;
        LastStart = now;
        attempt.Start(now, whenDone);
    }

    /// <summary>Looks at the attempts that ended: a response that the user may have wins, a failure is noted.</summary>
    /// <param name="running">Attempts under way.</param>
    /// <param name="deadline">When the first of these is out of time.</param>
    /// <returns>The winner; null: none has won yet.</returns>
    public Attempt? TakeWinner(out int running, out long deadline)
    {
        running = 0;
        deadline = long.MaxValue;
        for (var i = 0; i < Started; i++)
        {
            if (_attempts[i] is not { } attempt)
            {
                continue;
            }

            if (!attempt.IsDone)
            {
                running++;
                deadline = Math.Min(deadline, attempt.Deadline);
                continue;
            }

            var isResponse = attempt.Outcome.Result == AttemptResult.Success || IsResponseAllTheSame(attempt);
            if (isResponse && MustWait(attempt, i))
            {
                continue;
            }

            _attempts[i] = null;
            if (isResponse)
            {
                return attempt;
            }

            _failed.Add(attempt, plan.RepeatsOn(attempt.Outcome.Result));
            if (attempt.Outcome.WasStale)
            {
                choice.Forgive(attempt.UpstreamEndpoint.Destination);
            }
        }

        return null;
    }

    /// <summary>A response that waits for a better one, when the time for that is over; null: there is none.</summary>
    public readonly Attempt? TakeHeld()
    {
        if (_held is not null)
        {
            _attempts.AsSpan(0, Started).Replace(_held, null);
        }

        return _held;
    }

    /// <summary>Attempts out of time are ended, unless more of it can be had.</summary>
    public readonly void TimeOut(long now)
    {
        foreach (var attempt in _attempts.AsSpan(0, Started))
        {
            if (attempt is { IsDone: false } && attempt.Deadline <= now && !attempt.TryWaitOn())
            {
                attempt.TimeOut();
            }
        }
    }

    /// <summary>The time of the request is over while attempts are under way.</summary>
    public void RunOut() => _failed.RunOut();

    /// <summary>The user has the winner's response: the others lose, and what failed is known to be the destinations' own.</summary>
    /// <param name="winner">The winner.</param>
    /// <param name="hedgeAfter">A loser that waited for less than this is not late.</param>
    public void End(Attempt winner, long hedgeAfter)
    {
        // Only beside a request that was served is a failure, or lateness, the destination's own.
        var isServed = winner.Outcome is { Result: AttemptResult.Success, Status: < 400 };
        var servedIn = isServed ? winner.Took : (TimeSpan?)null;
        for (var i = 0; i < Started; i++)
        {
            if (_attempts[i] is { } loser)
            {
                HasOvertakenIll |= winner.Purpose == AttemptPurpose.Hedge && LosingAttempts.WasOvertaken(loser, servedIn);
                plan.Losers.End(loser, hedgeAfter, servedIn);
            }

            _attempts[i] = null;
        }

        if (winner.Outcome.Result == AttemptResult.Status && _failed.Last is null)
        {
            plan.Reporter.ReportPause(winner);
        }

        if (servedIn is { } took)
        {
            _failed.Confirm(plan.Reporter, took);
        }

        if (_hasHedged)
        {
            plan.Traffic.Meter.Hedged(winner.Purpose == AttemptPurpose.Hedge);
        }
    }

    /// <summary>Abandons the attempts under way.</summary>
    public readonly void Abandon()
    {
        foreach (ref var attempt in _attempts.AsSpan(0, Started))
        {
            attempt?.Abandon();
            attempt = null;
        }
    }

    /// <summary>
    /// A failing status is a response all the same where no other response can come in its place: to a request that may not be repeated,
    /// and to an unsafe one that has no attempt left, whose fallback chain could only say less.
    /// </summary>
    private readonly bool IsResponseAllTheSame(Attempt attempt) =>
        attempt is { Outcome.Result: AttemptResult.Status, Response: not null }
        && (!_policy.MayRepeat || (IsExhausted && !_policy.HasFallback));

    /// <summary>
    /// The response of a hedge may have to wait for attempts that began before it. It stays where it is, and is looked at again whenever
    /// another attempt ends.
    /// </summary>
    private bool MustWait(Attempt attempt, int index)
    {
        var earlier = CountPromising(before: index);
        var isHedge = attempt.Purpose == AttemptPurpose.Hedge;
        if (!ReferenceEquals(attempt, _held) && AttemptPlan.Wins(isHedge, attempt.Outcome.Status, earlier, _held?.Outcome.Status ?? 0))
        {
            return false;
        }

        _held = attempt;
        return earlier > 0;
    }

    /// <summary>Attempts that began before this one, are still running, and can still bring something.</summary>
    private readonly int CountPromising(int before)
    {
        var promising = 0;
        foreach (var attempt in _attempts.AsSpan(0, before))
        {
            promising += attempt is { IsDone: false, IsInVain: false } ? 1 : 0;
        }

        return promising;
    }
}
