using System.Runtime.CompilerServices;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Fallback;
using Gateway.Forwarding.EventStreams;
using Gateway.Forwarding.Requests;
using Gateway.Health.Model;
using Gateway.Observability;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Attempts;

/// <summary>
/// One user's request among the destinations: the attempts happen here of which the user sees only the one that is handed on. Nothing else
/// repeats a request.
/// </summary>
/// <remarks>
/// The flow of <see cref="RunAsync"/>:
/// (1) look at the attempts that ended: a response that the user may have ends the race, a failure is counted;
/// (2) look at the clock: an attempt out of time is cancelled;
/// (3) let <see cref="AttemptPlan"/> decide: another attempt, waiting, or giving up;
/// (4) wait for whatever comes first, then begin at (1).
/// </remarks>
internal sealed class RequestExecution
{
    /// <summary>Hedge delay used until 50 latency samples exist.</summary>
    private static readonly TimeSpan UnknownHedgeDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a late request that could not be sent elsewhere waits until it is tried again.</summary>
    private static readonly TimeSpan HedgeAgain = TimeSpan.FromMilliseconds(50);

    private readonly CompiledRoute _plan;
    private readonly ClusterSnapshot _snapshot;
    private readonly RequestBody? _body;
    private readonly AsyncAutoResetEvent _signal = new();
    private AttemptSource _source;
    private AttemptRace _race;
    private Attempt? _winner;
    private StreamReopening? _reopening;
    private long _began;
    private long _hedgeAfter;
    private long _hedgeAgainAt;

    public RequestExecution(
        CompiledRoute plan, HttpContext context, ClusterSnapshot snapshot, int firstTier, string target, RequestBody? body, bool mayRepeat)
    {
        _plan = plan;
        _snapshot = snapshot;
        _body = body;
        var policy = new RetryPolicy(plan, context.Request, body, mayRepeat);
        var choice = new DestinationChoice(plan, context.Request, snapshot, firstTier, policy.MostAttempts);
        _source = new AttemptSource(plan, context, target, body, choice);
        _race = new AttemptRace(plan, policy, choice);
    }

    /// <summary>When the request came, if its first attempt follows at once; 0: its time begins with its first attempt.</summary>
    public long Began { get; init; }

    /// <inheritdoc cref="AttemptSource.Reopens"/>
    public bool Reopens { init => _source.Reopens = value; }

    /// <inheritdoc cref="AttemptSource.LastEventId"/>
    public string? LastEventId { init => _source.LastEventId = value; }

    /// <inheritdoc cref="AttemptSource.HalfOpen"/>
    public HalfOpenPermit? HalfOpen { get => _source.HalfOpen; init => _source.HalfOpen = value; }

    /// <inheritdoc cref="AttemptSource.Record"/>
    public RequestRecord? Record { init => _source.Record = value; }

    /// <summary>The gateway stops: streams end.</summary>
    public CancellationToken Stopping { get; init; }

    /// <summary>How the race ended.</summary>
    public RequestExecutionEnd End { get; private set; }

    /// <summary>What gave the user this response where the first attempt alone would not have; worth reading once it is whole.</summary>
    public SavedBy SavedBy
    {
        get
        {
            if (_winner is not { Outcome.Result: AttemptResult.Success } winner)
            {
                return SavedBy.None;
            }

            if (_reopening is { IsUsed: true })
            {
                return SavedBy.Resume;
            }

            // A hedge that failed beside a first attempt that served it changed nothing.
            var isFirst = winner.Purpose is AttemptPurpose.First or AttemptPurpose.FirstAsHalfOpenProbe;
            return !isFirst && _race.Failed.SavedBy is not SavedBy.None and var saved ? saved
                : _race.HasOvertakenIll ? SavedBy.Hedge
                : winner.Tier.Index > 0 && !_snapshot.Tiers[0].CanServe ? SavedBy.OtherTier
                : SavedBy.None;
        }
    }

    /// <summary>Why there is no response.</summary>
    public TerminationCause Cause =>
        _race.Failed.Cause ?? (_race.Started == 0 ? TerminationCause.NoTier : TerminationCause.GatewayError);

    /// <summary>What is known of the request when there is no response.</summary>
    public RequestFate Fate => _race.Failed.Fate;

    /// <summary>The client's own body broke: the status to refuse it with; 0: it did not.</summary>
    public int ClientStatus => _race.Failed.ClientStatus;

    /// <summary>This destination is not chosen as long as there is another.</summary>
    public void Avoid(Destination destination) => _source.Avoid(destination);

    /// <summary>Makes the attempts; the one whose response the user may have, or null when there is none.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Attempt?> RunAsync(CancellationToken cancellationToken)
    {
        var time = _plan.Traffic.Time;
        var now = _began = Began > 0 ? Began : time.GetTimestamp();
        _hedgeAfter = HedgeDelay();
        PooledTimer? timer = null;
        using var left = cancellationToken.UnsafeRegister(static signal => ((AsyncAutoResetEvent)signal!).Raise(), _signal);
        try
        {
            while (true)
            {
                // 1. What ended.
                if (_race.TakeWinner(out var running, out var attemptDeadline) is { } winner)
                {
                    return Win(winner);
                }

                // 2. The clock and the client.
                cancellationToken.ThrowIfCancellationRequested();
                now = now > 0 ? now : time.GetTimestamp();
                if (running > 0 && now >= attemptDeadline)
                {
                    _race.TimeOut(now);
                    continue;
                }

                // 3. What next.
                var step = AttemptPlan.Next(SituationAt(now, running, attemptDeadline));
                if (step.Kind == AttemptStepKind.GiveUp)
                {
                    return GiveUp(running);
                }

                // 4. Whatever comes first.
                if (step.Kind == AttemptStepKind.Wait)
                {
                    timer ??= PooledTimer.Rent(time, _signal);
                    timer.Arm(time.GetElapsedTime(now, LookAgainAt(step.Until, now)));
                    await _signal.WaitAsync().ConfigureAwait(false);
                    now = 0;
                }
                else if (!TryStart(step.Kind, now))
                {
                    return EndWithoutWinner();
                }
            }
        }
        catch
        {
            _race.Abandon();
            throw;
        }
        finally
        {
            timer?.Return();
            DisposeLastFailure();
        }
    }

    /// <summary>Gives the body's buffer back, unless an attempt that lost may still be reading it.</summary>
    public void ReturnBody()
    {
        if (_race.Started <= 1 && End == RequestExecutionEnd.Answered)
        {
            _body?.Return();
        }
    }

    private AttemptSituation SituationAt(long now, int running, long attemptDeadline)
    {
        var policy = _race.Policy;
        var failed = _race.Failed;
        var newest = _race.Started > 0 ? _race.LastStart : now;
        // The time of a call that talks in both directions begins when the client has said all.
        var began = _body is { IsDuplex: true } call ? (call.ClosedAt > 0 ? call.ClosedAt : now) : _began;
        var canSend = policy.MayRepeat || (failed.NeverSent && _body is null or { CanSend: true });
        return new AttemptSituation(
            now,
            Deadline: began + _plan.Traffic.ToTimestamp(_plan.ClusterConfig.Timeouts.Total),
            attemptDeadline,
            newest,
            Math.Max(_hedgeAfter, _hedgeAgainAt - newest),
            _race.Started,
            running,
            policy.MostAttempts,
            MayRepeat: canSend && !failed.AreFinal && failed.ClientStatus == 0,
            MayHedge: policy.MayHedge && (!policy.IsSticky || _race.WaitsInVain));
    }

    /// <summary>
    /// When the attempts under way are looked at again, whatever comes. A conversation does not leave its destination for being late, but
    /// for its health status, which may change while it waits.
    /// </summary>
    private long LookAgainAt(long until, long now) =>
        _race.Policy is { IsSticky: true, MayHedge: true } ? Math.Min(until, now + _plan.Traffic.ToTimestamp(HedgeAgain)) : until;

    private long HedgeDelay()
    {
        var attempts = _plan.ClusterConfig.Attempts;
        var delay = attempts.Hedge == HedgeMode.Fixed ? attempts.HedgeAfter : _plan.Timing.HedgeDelay ?? UnknownHedgeDelay;
        return _plan.Traffic.ToTimestamp(delay);
    }

    /// <summary>Starts the attempt that the plan wants; false: there can be none.</summary>
    private bool TryStart(AttemptStepKind kind, long now)
    {
        var purpose = kind == AttemptStepKind.Start ? AttemptPurpose.First
            : kind == AttemptStepKind.Repeat ? AttemptPurpose.Repeat : AttemptPurpose.Hedge;
        if (_source.TryStart(ref _race, purpose, now, _signal))
        {
            return true;
        }

        // Asked again a little later: the budget fills, and a health status may fall on whom this request waits for.
        _hedgeAgainAt = now + _plan.Traffic.ToTimestamp(HedgeAgain);
        return purpose == AttemptPurpose.Hedge;
    }

    /// <summary>The response is handed on; the other attempts lose.</summary>
    private Attempt Win(Attempt winner)
    {
        winner.HandOn();
        _race.End(winner, _hedgeAfter);
        End = RequestExecutionEnd.Answered;
        _winner = winner;
        if (winner.Stream is EventStream events)
        {
            events.Stopping = Stopping;
            _reopening = _race.Policy.MayRepeat ? _source.CreateReopening() : null;
            events.Reopen = _reopening is null ? null : _reopening.ReopenAsync;
            events.Begin(_plan.Streams);
        }

        return winner;
    }

    private Attempt? GiveUp(int running)
    {
        if (_race.TakeHeld() is { } held)
        {
            // Out of time for anything better.
            return Win(held);
        }

        _race.Abandon();
        if (running > 0)
        {
            _race.RunOut();
            _plan.Traffic.Meter.Skipped(SkipReason.Deadline);
        }
        else if (!_race.Policy.MayRepeat && !_race.IsExhausted)
        {
            _plan.Traffic.Meter.Skipped(SkipReason.NotRepeatable);
        }

        return EndWithoutWinner();
    }

    /// <summary>No attempt has won: the failing status of the last one is better than nothing.</summary>
    private Attempt? EndWithoutWinner()
    {
        if (_race.Failed.Last is { Outcome.Result: AttemptResult.Status, Response: not null } last && !_race.Policy.HasFallback)
        {
            End = RequestExecutionEnd.Answered;
            _winner = last;
            last.HandOn();
            return last;
        }

        End = ClientStatus > 0 ? RequestExecutionEnd.ClientFailed : RequestExecutionEnd.NoResponse;
        return null;
    }

    /// <summary>A response that is not handed on would keep its connection until the next collection of garbage.</summary>
    private void DisposeLastFailure()
    {
        if (!ReferenceEquals(_race.Failed.Last, _winner))
        {
            _race.Failed.Last?.DisposeResponse();
        }
    }
}
