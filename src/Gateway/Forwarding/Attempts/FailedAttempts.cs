using Gateway.Fallback;
using Gateway.Observability;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Attempts;

/// <summary>
/// What the failed attempts of one request have shown. Of the last one the response is kept, in case that there is no better one. A struct,
/// so that it costs no object: it belongs to one request.
/// </summary>
internal struct FailedAttempts
{
    private bool _wasSent;
    private bool _hasTimedOut;
    private bool _isOutOfTime;

    /// <summary>The last one, which knows the one before it; null: none failed.</summary>
    public Attempt? Last { get; private set; }

    /// <summary>It is certain that no destination saw the request.</summary>
    public readonly bool NeverSent => !_wasSent;

    /// <summary>All failed before they had a connection: no destination had anything to do for them.</summary>
    public readonly bool NeverConnected => NeverSent && Last is { Outcome.Result: AttemptResult.Connect };

    /// <summary>One failed in a way after which the route does not try again.</summary>
    public bool AreFinal { get; private set; }

    /// <summary>The client's own body broke: the status to refuse it with; 0: it did not.</summary>
    public int ClientStatus { get; private set; }

    /// <summary>Why there is no response; null: no attempt was made.</summary>
    public readonly TerminationCause? Cause => _isOutOfTime ? TerminationCause.TotalTimeout : Last?.Outcome.Cause;

    /// <summary>What is known of the request when there is no response.</summary>
    public readonly RequestFate Fate => NeverSent ? RequestFate.NotSent : _hasTimedOut ? RequestFate.TimedOut : RequestFate.Broken;

    /// <summary>What saved a request that another attempt served after these.</summary>
    public readonly SavedBy SavedBy
    {
        get
        {
            for (var failed = Last; failed is not null; failed = failed.FailedBefore)
            {
                // A kept connection that was closed is no failure that a user would have met.
                if (!failed.Outcome.WasStale)
                {
                    return failed.Outcome.Result == AttemptResult.Truncated ? SavedBy.BufferedResponse : SavedBy.Retry;
                }
            }

            return SavedBy.None;
        }
    }

    /// <summary>Another attempt failed.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="isRepeatable">The route tries again after such a failure.</param>
    public void Add(Attempt attempt, bool isRepeatable)
    {
        Last?.DisposeResponse();
        attempt.FailedBefore = Last;
        Last = attempt;
        _wasSent |= !attempt.Outcome.NeverSent;
        _hasTimedOut |= attempt.Outcome.Result == AttemptResult.Timeout;
        AreFinal |= !isRepeatable;
        if (attempt.Content?.ClientFailure is { } failure)
        {
            ClientStatus = AttemptFailure.StatusOf(failure) ?? StatusCodes.Status400BadRequest;
        }
        else if (attempt.Outcome.ClientWasSilent)
        {
            ClientStatus = StatusCodes.Status408RequestTimeout;
        }
    }

    /// <summary>The time of the request was over while attempts were under way, which might have been carried out.</summary>
    public void RunOut() => _wasSent = _hasTimedOut = _isOutOfTime = true;

    /// <summary>Another destination served the request: these failures are the destinations' own.</summary>
    /// <param name="reporter">Reports them.</param>
    /// <param name="servedIn">What the other took.</param>
    public readonly void Confirm(AttemptReporter reporter, TimeSpan servedIn)
    {
        for (var failed = Last; failed is not null; failed = failed.FailedBefore)
        {
            reporter.Confirm(failed, servedIn);
        }
    }
}
