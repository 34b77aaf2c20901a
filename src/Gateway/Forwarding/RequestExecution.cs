using System.Runtime.CompilerServices;
using Gateway.Failover;
using Gateway.Fallback;
using Gateway.Forwarding.Conversations;
using Gateway.Health;
using Gateway.LastGood;
using Gateway.Observability;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding;

/// <summary>
/// One user's request among the destinations: the attempts happen here of which the user sees only the one that is handed on. Nothing else repeats a request.
/// </summary>
/// <remarks>
/// The flow of <see cref="RunAsync"/>:
/// (1) look at the attempts that ended: a response that the user may have ends the race, a failure is counted;
/// (2) look at the clock: an attempt out of time is cancelled;
/// (3) let <see cref="AttemptPlan"/> decide: another attempt, waiting, or giving up;
/// (4) wait for whatever comes first, then begin at (1).
/// </remarks>
internal sealed partial class RequestExecution
{
    /// <summary>Hedge delay used until 50 latency samples exist.</summary>
    private static readonly TimeSpan UnknownHedgeDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a late request that could not be sent elsewhere waits until it is tried again.</summary>
    private static readonly TimeSpan HedgeAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>How often one stream may go on elsewhere.</summary>
    private const int MostResumes = 16;

    private readonly CompiledRoute _plan;
    private readonly HttpContext _context;
    private readonly ClusterSnapshot _snapshot;
    private readonly DestinationChoice _choice;
    private readonly RequestBody? _body;
    private readonly string _target;
    private readonly AsyncAutoResetEvent _signal = new();
    private readonly bool _mayRepeat;
    private readonly bool _mayHedge;
    private readonly bool _isSticky;
    private readonly bool _isWrite;
    private readonly Attempt?[] _attempts;
    private int _started;
    private int _judged;
    private Attempt? _held;
    private bool _neverSent = true;
    private bool _timedOut;
    private bool _isOutOfTime;
    private Attempt? _failed;
    private long _hedgeAgainAt;
    private bool _skipped;
    private bool _nothingLeft;
    private long _lastStart;
    private int _hedges;
    private int _resumes;
    private bool _overtookIll;

    public RequestExecution(CompiledRoute plan, HttpContext context, ClusterSnapshot snapshot, int firstTier, string target, RequestBody? body, bool mayRepeat)
    {
        _plan = plan;
        _context = context;
        _mayRepeat = mayRepeat && body is null or { IsWhole: true };
        // Two of a write under way at once could both be carried out, and in either order.
        _isWrite = !SafeMethods.Contains(context.Request.Method);
        // A second TRACE beside the first is of no use to anyone.
        _mayHedge = _mayRepeat && !_isWrite && !HttpMethods.IsTrace(context.Request.Method) && plan.ClusterConfig.Attempts.Hedge != Configuration.Model.HedgeMode.Off;
        _isSticky = Affinity.KeyOf(plan.ClusterConfig.Affinity, context.Request) is { Length: > 0 };
        _snapshot = snapshot;
        _body = body;
        _target = target;
        _attempts = new Attempt?[plan.ClusterConfig.Attempts.Max];
        _choice = new DestinationChoice(plan, context.Request, snapshot, firstTier, _attempts.Length);
    }

    /// <summary>How the race ended.</summary>
    public RequestExecutionEnd End { get; private set; }

    /// <summary>The attempt whose response was handed on.</summary>
    private Attempt? Winner { get; set; }

    /// <summary>The tier of the response; null: none came.</summary>
    public TierSnapshot? AnsweredBy { get; private set; }

    /// <summary>What gave the user this response where the first attempt alone would not have; worth reading once it is whole.</summary>
    public SavedBy SavedBy
    {
        get
        {
            if (Winner is not { Outcome.Result: AttemptResult.Success } winner)
            {
                return SavedBy.None;
            }

            if (_resumes > 0)
            {
                return SavedBy.Resume;
            }

            // A hedge that failed beside a first attempt that served it changed nothing.
            var isFirst = winner.Purpose is AttemptPurpose.First or AttemptPurpose.FirstAsHalfOpenProbe;
            for (var failed = isFirst ? null : _failed; failed is not null; failed = failed.FailedBefore)
            {
                // A kept connection that was closed is no failure that a user would have met.
                if (!failed.Outcome.WasStale)
                {
                    return failed.Outcome.Result == AttemptResult.Truncated ? SavedBy.BufferedResponse : SavedBy.Retry;
                }
            }

            return _overtookIll ? SavedBy.Hedge
                : winner.Tier.Index > 0 && !_snapshot.Tiers[0].CanServe ? SavedBy.OtherTier
                : SavedBy.None;
        }
    }

    /// <summary>When the request came, if its first attempt follows at once; 0: its time begins with its first attempt.</summary>
    public long Began { get; init; }

    /// <summary>A stream goes on here that was cut elsewhere: the response's body is handed over untouched.</summary>
    public bool Reopens { get; init; }

    /// <summary>Asks for the events after this one; null: for all.</summary>
    public string? LastEventId { get; init; }

    /// <summary>The first attempt is this destination's half-open probe.</summary>
    public HalfOpenPermit? HalfOpen { get; init; }

    /// <summary>The gateway stops: streams end.</summary>
    public CancellationToken Stopping { get; init; }

    /// <summary>What is known of the request; its attempts are added.</summary>
    public RequestRecord? Record { get; init; }

    /// <summary>Why there is no response.</summary>
    public TerminationCause Cause =>
        _isOutOfTime ? TerminationCause.TotalTimeout
        : _failed is { } failed ? failed.Outcome.Cause
        : _started == 0 ? TerminationCause.NoTier : TerminationCause.GatewayError;

    /// <summary>What is known of the request when there is no response.</summary>
    public RequestFate Fate => _neverSent ? RequestFate.NotSent : _timedOut ? RequestFate.TimedOut : RequestFate.Broken;

    /// <summary>The client's own body broke: the status to refuse it with; 0: it did not.</summary>
    public int ClientStatus { get; private set; }

    /// <summary>Makes the attempts; the one whose response the user may have, or null when there is none.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Attempt?> RunAsync(CancellationToken cancellationToken)
    {
        var time = _plan.Traffic.Time;
        var now = Began > 0 ? Began : time.GetTimestamp();
        var began = now;
        var total = _plan.Traffic.ToTimestamp(_plan.ClusterConfig.Timeouts.Total);
        var hedgeAfter = _plan.Traffic.ToTimestamp(HedgeDelay());
        PooledTimer? timer = null;
        Attempt? kept = null;
        using var left = cancellationToken.UnsafeRegister(static signal => ((AsyncAutoResetEvent)signal!).Raise(), _signal);
        try
        {
            while (true)
            {
                // 1. What ended.
                var running = 0;
                var attemptDeadline = long.MaxValue;
                for (var i = 0; i < _started; i++)
                {
                    if (_attempts[i] is not { } attempt)
                    {
                        continue;
                    }

                    if (!attempt.IsDone)
                    {
                        running++;
                        attemptDeadline = Math.Min(attemptDeadline, attempt.Deadline);
                        continue;
                    }

                    if (attempt.Outcome.Result == AttemptResult.Success || IsAnswerAllTheSame(attempt))
                    {
                        var status = attempt.Response!.Status;
                        if (ReferenceEquals(attempt, _held) || !AttemptPlan.Wins(attempt.Purpose == AttemptPurpose.Hedge, status, CountRunning(before: i), _held?.Response!.Status ?? 0))
                        {
                            // It stays where it is, and is looked at again whenever another attempt ends.
                            _held = attempt;
                            if (CountRunning(before: i) > 0)
                            {
                                continue;
                            }
                        }

                        _attempts[i] = null;
                        attempt.HandOn();
                        return Win(attempt, hedgeAfter);
                    }

                    _attempts[i] = null;
                    attempt.FailedBefore = _failed;
                    _failed = attempt;
                    _judged++;
                    if (attempt.Outcome.WasStale)
                    {
                        _choice.Forgive(attempt.UpstreamEndpoint.Destination);
                    }

                    _neverSent &= attempt.Outcome.NeverSent;
                    _timedOut |= attempt.Outcome.Result == AttemptResult.Timeout;
                    _nothingLeft |= !_plan.RepeatsOn(attempt.Outcome.Result);
                    if (attempt.Content?.ClientFailure is { } failure)
                    {
                        ClientStatus = AttemptFailure.StatusOf(failure) ?? StatusCodes.Status400BadRequest;
                    }
                    else if (attempt.Outcome.ClientWasSilent)
                    {
                        ClientStatus = StatusCodes.Status408RequestTimeout;
                    }

                    kept?.DisposeResponse();
                    kept = attempt;
                }

                // 2. The clock and the client.
                cancellationToken.ThrowIfCancellationRequested();
                now = now > 0 ? now : time.GetTimestamp();
                if (running > 0 && now >= attemptDeadline)
                {
                    CancelLate(now);
                    continue;
                }

                // 3. What next.
                var newest = _started > 0 ? _lastStart : now;
                // The time of a call that talks in both directions begins when the client has said all.
                var deadline = total + (_body is { IsDuplex: true } call ? (call.ClosedAt > 0 ? call.ClosedAt : now) : began);
                var step = AttemptPlan.Next(new AttemptSituation(
                    now,
                    deadline,
                    attemptDeadline,
                    newest,
                    Math.Max(hedgeAfter, _hedgeAgainAt - newest),
                    _started,
                    running,
                    _attempts.Length,
                    MayRepeat: !_nothingLeft && ClientStatus == 0 && (_mayRepeat || (_neverSent && _body is null or { CanSend: true })),
                    MayHedge: _mayHedge && (!_isSticky || WaitsInVain())));
                switch (step.Kind)
                {
                    case AttemptStepKind.Start:
                        if (!TryStart(AttemptPurpose.First, now))
                        {
                            return GiveUp(kept);
                        }

                        continue;
                    case AttemptStepKind.Repeat:
                        if (!TryStart(AttemptPurpose.Repeat, now))
                        {
                            return GiveUp(kept);
                        }

                        continue;
                    case AttemptStepKind.Hedge:
                        if (!TryStart(AttemptPurpose.Hedge, now))
                        {
                            // Asked again a little later: the budget fills, and a health status may fall on whom this request waits for.
                            _hedgeAgainAt = now + _plan.Traffic.ToTimestamp(HedgeAgain);
                        }

                        continue;
                    case AttemptStepKind.GiveUp:
                        if (_held is { } held)
                        {
                            // Out of time for anything better.
                            _attempts.AsSpan(0, _started).Replace(held, null);
                            held.HandOn();
                            return Win(held, hedgeAfter);
                        }

                        Abandon();
                        if (running > 0)
                        {
                            _neverSent = false;
                            _timedOut = _isOutOfTime = true;
                            _plan.Traffic.Meter.Skipped(SkipReason.Deadline);
                        }
                        else if (!_mayRepeat && _started < _attempts.Length)
                        {
                            _plan.Traffic.Meter.Skipped(SkipReason.NotRepeatable);
                        }

                        return GiveUp(kept);
                }

                // 4. Whatever comes first.
                timer ??= PooledTimer.Rent(time, _signal);
                // A conversation does not leave its destination for being late, but for its health status, which may change while it waits.
                var until = _isSticky && _mayHedge ? Math.Min(step.Until, now + _plan.Traffic.ToTimestamp(HedgeAgain)) : step.Until;
                timer.Arm(time.GetElapsedTime(now, until));
                await _signal.WaitAsync().ConfigureAwait(false);
                now = 0;
            }
        }
        catch
        {
            Abandon();
            throw;
        }
        finally
        {
            timer?.Return();
            if (!ReferenceEquals(kept, Winner))
            {
                // A response that is not handed on would keep its connection until the next collection of garbage.
                kept?.DisposeResponse();
            }
        }
    }

    /// <summary>The response was handed on; the others are told that they lost.</summary>
    private Attempt Win(Attempt winner, long hedgeAfter)
    {
        // Only beside a request that was served is a failure, or lateness, the destination's own.
        var servedIn = winner.Outcome.Result == AttemptResult.Success && winner.Response!.Status < 400 ? winner.Took : (TimeSpan?)null;
        for (var i = 0; i < _started; i++)
        {
            if (_attempts[i] is { } loser)
            {
                _overtookIll |= winner.Purpose == AttemptPurpose.Hedge && LosingAttempts.WasOvertaken(loser, servedIn);
                _plan.Losers.End(loser, hedgeAfter, servedIn);
            }

            _attempts[i] = null;
        }

        if (winner.Outcome.Result == AttemptResult.Status && _failed is null)
        {
            _plan.Reporter.ReportPause(winner);
        }

        for (var failed = _failed; servedIn is { } took && failed is not null; failed = failed.FailedBefore)
        {
            _plan.Reporter.Confirm(failed, took);
        }

        if (_hedges > 0)
        {
            _plan.Traffic.Meter.Hedged(winner.Purpose == AttemptPurpose.Hedge);
        }

        End = RequestExecutionEnd.Answered;
        AnsweredBy = winner.Tier;
        Winner = winner;
        if (winner.Stream is EventStream events)
        {
            events.Stopping = Stopping;
            events.Reopen = _mayRepeat ? ReopenAsync : null;
            events.Begin(_plan.Streams);
        }

        return winner;
    }

    /// <summary>A stream was cut: the same request again, elsewhere, from the last event that the user has; null: the user has none.</summary>
    private async ValueTask<(Attempt Attempt, Stream Upstream)?> ReopenAsync(Attempt cut, string? lastEventId, CancellationToken cancellationToken)
    {
        // Destinations that cut every stream must not keep one going round for ever.
        if (++_resumes > MostResumes)
        {
            return null;
        }

        var snapshot = _plan.Traffic.Cluster.Snapshot;
        var tier = snapshot.Exhausted ? _choice.FirstTier : Affinity.TierOf(_plan, snapshot, _context.Request);
        if (_plan.FirstTierOnly && tier != 0)
        {
            return null;
        }

        var next = new RequestExecution(_plan, _context, snapshot, tier, _target, _body, mayRepeat: true) { Reopens = true, LastEventId = lastEventId, Record = Record };
        // Not where it was just cut, as long as there is anywhere else.
        next._choice.Avoid(cut.UpstreamEndpoint.Destination);
        if (await next.RunAsync(cancellationToken).ConfigureAwait(false) is not { } winner)
        {
            return null;
        }

        if (!EventStream.Is(winner.Response!))
        {
            winner.StreamLeft();
            winner.DisposeResponse();
            return null;
        }

        Record?.IsResumed = true;
        winner.Response!.IsOftenQuiet = true;
        return (winner, winner.Response);
    }

    /// <summary>
    /// A failing status is a response all the same where no other response can come in its place: to a request that may not be repeated, and
    /// to an unsafe one that has no attempt left, whose fallback chain could only say less.
    /// </summary>
    private bool IsAnswerAllTheSame(Attempt attempt) =>
        attempt is { Outcome.Result: AttemptResult.Status, Response: not null }
        && (!_mayRepeat || (_started >= _attempts.Length && !HasFallback));

    /// <summary>Gives the body's buffer back, unless an attempt that lost may still be reading it.</summary>
    public void ReturnBody()
    {
        if (_started <= 1 && End == RequestExecutionEnd.Answered)
        {
            _body?.Return();
        }
    }

    private Attempt? GiveUp(Attempt? last)
    {
        if (last is { Outcome.Result: AttemptResult.Status, Response: not null } && !HasFallback)
        {
            End = RequestExecutionEnd.Answered;
            AnsweredBy = last.Tier;
            Winner = last;
            last.HandOn();
            return last;
        }

        End = ClientStatus > 0 ? RequestExecutionEnd.ClientFailed : RequestExecutionEnd.NoResponse;
        return null;
    }

    /// <summary>Attempts that began before this one, are still running, and can still bring something.</summary>
    private int CountRunning(int before)
    {
        var running = 0;
        for (var i = 0; i < before; i++)
        {
            running += _attempts[i] is { IsDone: false } attempt && attempt.UpstreamEndpoint.Destination.HealthStatus is not (Health.HealthStatus.Down or Health.HealthStatus.Ejected) ? 1 : 0;
        }

        return running;
    }

    /// <summary>Without a response the fallback chain may have one that says more than a failing status.</summary>
    private bool HasFallback =>
        HttpMethods.IsGet(_context.Request.Method) || HttpMethods.IsHead(_context.Request.Method) || (_plan.Route.LastGood is not null && Preflight.Is(_context.Request));
}
