using System.Runtime.CompilerServices;
using Gateway.Failover;
using Gateway.Failover.Comparison;
using Gateway.Forwarding.Requests;
using Gateway.Forwarding.Responses;
using Gateway.Health.Model;
using Gateway.Observability;
using Gateway.Observability.Metrics;
using Gateway.Observability.Tracing;
using Gateway.Upstream;

namespace Gateway.Forwarding.Attempts;

/// <summary>One exchange with one destination for one request. It ends with a response that the user may have, or with a reason.</summary>
/// <param name="plan">The route's plan.</param>
/// <param name="peer">Where it goes.</param>
/// <param name="tier">The tier of that destination.</param>
/// <param name="request">What it sends; its own.</param>
/// <param name="purpose">Why it is made.</param>
/// <param name="raw">The body is not touched: an event stream that goes on reads it.</param>
internal sealed class Attempt(
    CompiledRoute plan, UpstreamEndpoint peer, TierSnapshot tier, AttemptRequest request, AttemptPurpose purpose, bool raw = false)
    : IAttemptRecord
{
    private readonly CancellationTokenSource _cancellation = new();
    private AsyncAutoResetEvent? _whenDone;
    private AttemptLifecycle _lifecycle;
    private AttemptDeadline _deadline;
    private AttemptBody _body;
    private TimeSpan _lateFrom;

    /// <summary>The request is not tried elsewhere when this attempt fails.</summary>
    public bool IsOnly { get; init; }

    /// <summary>The request may change something at the destination (RFC 9110, section 9.2.1).</summary>
    public bool IsWrite { get; init; }

    /// <summary>What it asks for; null: a copy that no user waits for.</summary>
    public string? Target { get; init; }

    /// <summary>The request that it is made for; null: a copy that no user waits for.</summary>
    public RequestRecord? Record { get; init; }

    /// <summary>What it counts in while its tier is compared with another; null: it does not count.</summary>
    public TierCounts? Counts { get; init; }

    /// <summary>The destination as this route meets it.</summary>
    public UpstreamEndpoint UpstreamEndpoint => peer;

    /// <summary>Its tier.</summary>
    public TierSnapshot Tier => tier;

    /// <summary>Why it was made.</summary>
    public AttemptPurpose Purpose => purpose;

    /// <summary>It shows whether the destination is well again.</summary>
    public bool IsHalfOpenProbe => purpose is AttemptPurpose.HalfOpen or AttemptPurpose.FirstAsHalfOpenProbe;

    /// <summary>Its destination is down or ejected: it is as good as over.</summary>
    public bool IsInVain => peer.Destination.HealthStatus is Health.Model.HealthStatus.Down or Health.Model.HealthStatus.Ejected;

    /// <summary>When it began.</summary>
    public long StartedAt { get; private set; }

    /// <summary>From its begin to the head of its response.</summary>
    public TimeSpan ToHead { get; private set; }

    /// <summary>From its begin until it had what makes it a success, or failed.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>When it is out of time, or has to be asked again.</summary>
    public long Deadline => _deadline.At;

    /// <summary>True: <see cref="Outcome"/> and <see cref="Response"/> stand.</summary>
    public bool IsDone => _lifecycle.IsDone;

    /// <summary>How it ended.</summary>
    public AttemptOutcome Outcome { get; private set; }

    /// <summary>The response, if one came; its taker disposes it, by <see cref="DisposeResponse"/>.</summary>
    public UpstreamResponse? Response { get; private set; }

    /// <summary>Its whole body; null: it has none, or <see cref="Stream"/> gives it.</summary>
    public BufferedBody? Buffered => _body.Buffered;

    /// <summary>Its body as it comes, which tells its end as evidence; null: it has none, or <see cref="Buffered"/> holds it.</summary>
    public ReadOnlyStream? Stream => _body.Stream;

    /// <summary>Its body goes on when the attempt has its outcome.</summary>
    public bool IsStreaming => raw || Stream is not null;

    /// <summary>The body that it sends, which tells how the client failed; null: none.</summary>
    public AttemptContent? Content => request.Content;

    /// <summary>It lost and runs on, and is late if it takes longer than this; null: it does not.</summary>
    public TimeSpan? LateFrom => _lifecycle.IsLingering ? _lateFrom : null;

    /// <summary>The attempt of the same request that failed before this one, while the request is under way.</summary>
    public Attempt? FailedBefore { get; set; }

    /// <summary>The evidence of its failure, which another attempt may confirm; boxed, since few attempts have one.</summary>
    public StrongBox<Evidence>? Unconfirmed { get; set; }

    /// <summary>The token of everything that it does.</summary>
    public CancellationToken Token => _cancellation.Token;

    string IAttemptRecord.DestinationName => peer.Destination.Name;
    string IAttemptRecord.TierName => tier.Name;
    string IAttemptRecord.PurposeName => AttemptPurposeNames.NameOf(purpose);
    bool IAttemptRecord.IsRetry => purpose == AttemptPurpose.Repeat;
    AttemptResult? IAttemptRecord.Ended => IsDone ? Outcome.Result : null;
    int IAttemptRecord.Status => IsDone ? Outcome.Status : 0;
    IAttemptRecord? IAttemptRecord.Before { get; set; }

    /// <summary>Begins. Raises <paramref name="whenDone"/> when it has ended; null: no user waits, and the response is discarded.</summary>
    public void Start(long now, AsyncAutoResetEvent? whenDone)
    {
        _whenDone = whenDone;
        StartedAt = now;
        _deadline = new AttemptDeadline(plan, IsWrite, IsOnly, now);
        Content?.Attempt = this;
        peer.Destination.Begin();
        tier.Load.Enter();
        _ = RunAsync();
    }

    /// <summary>Ends it because it is out of time. A response that is here by now is left alone: it came.</summary>
    public void TimeOut()
    {
        // Either way it ends by itself from here and says so; with a deadline its waiter would poll without a pause until then.
        _deadline.Lift();
        if (_lifecycle.TryTimeOut())
        {
            _cancellation.Cancel();
        }
    }

    /// <summary>It is abandoned, and no destination is at fault.</summary>
    public void Abandon()
    {
        if (_lifecycle.TryAbandon())
        {
            _cancellation.Cancel();
        }
        else if (IsDone)
        {
            // It ended at this very moment: whichever of the two comes last lets go of the response and of its place.
            Release();
        }
    }

    /// <summary>True, once: it counts. It may end at the moment at which another has served the request.</summary>
    public bool TryCount() => Counts is not null && _lifecycle.TryCount();

    /// <summary>It lost, and runs on for a while to show how late it is; false: it has ended by now.</summary>
    /// <param name="lateFrom">It is late if it takes longer than this.</param>
    public bool TryLinger(TimeSpan lateFrom, TimeSpan left)
    {
        _lateFrom = lateFrom;
        if (!_lifecycle.TryLinger())
        {
            return false;
        }

        CancelAfter(left);
        return true;
    }

    /// <summary>A failing status that the user gets after all: its body has the idle deadline of any other.</summary>
    public void HandOn() => _body = plan.Buffering.HandOn(_body, this);

    /// <summary>Lets go of the response, its memory and its connection.</summary>
    public void DisposeResponse()
    {
        Stream?.Dispose();
        Response?.Dispose();
        Buffered?.Return();
    }

    /// <summary>More of the response came: the next piece has its own time.</summary>
    public void Extend(TimeSpan time) => _deadline.Extend(time);

    /// <summary>A write out of its time may take more of <c>timeouts.firstByteWrites</c>, unless it is in vain.</summary>
    public bool TryWaitOn() => !IsInVain && _deadline.TryGrow();

    /// <summary>The request goes no further before the client sends more of it.</summary>
    /// <param name="maySilent">The client may be silent for <c>timeouts.idle</c>.</param>
    public void AwaitClient(bool maySilent) => _deadline.AwaitClient(maySilent);

    /// <summary>The client sent more: from here on it is the destination that has to respond.</summary>
    public void ClientCame() => _deadline.ClientCame();

    /// <summary>Bounds the wait for the next piece of a streamed response; an infinite time lifts the bound.</summary>
    public void CancelAfter(TimeSpan time) => _cancellation.CancelAfter(time);

    /// <summary>The streamed response came to its end.</summary>
    public void StreamEnded()
    {
        if (Outcome.Result == AttemptResult.Success)
        {
            peer.Tally.Success();
        }

        Leave();
    }

    /// <summary>The streamed response was cut or fell silent: the destination's failure.</summary>
    public void StreamFailed(bool silent)
    {
        Record?.Break = silent ? TerminationCause.IdleTimeout : TerminationCause.Truncated;
        plan.Reporter.ReportBrokenStream(this, silent);
        Leave();
    }

    /// <summary>The streamed response is not read any more; no destination is at fault.</summary>
    public void StreamLeft()
    {
        _cancellation.Cancel();
        Leave();
    }

    private async Task RunAsync()
    {
        var span = Traces.BeginAttempt(plan.ClusterConfig.Name, tier.Name, peer.Destination.Name, AttemptPurposeNames.NameOf(purpose));
        try
        {
            Response = await request.SendAsync(span?.Id, Token).ConfigureAwait(false);
            ToHead = plan.Traffic.Time.GetElapsedTime(StartedAt);
            // Nearly always it is all here by now: what follows then returns at once.
            _body = await plan.Buffering.TakeAsync(Response, this, raw).ConfigureAwait(false);
            Outcome = new AttemptOutcome(plan.FailsOn(Response.Status) ? AttemptResult.Status : AttemptResult.Success, Response.Status);
            if (!_lifecycle.TrySettle())
            {
                // Its token is cancelled: the body behind this head could not be read any more.
                throw new OperationCanceledException("The response came when its time was over.");
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        Took = plan.Traffic.Time.GetElapsedTime(StartedAt);
        plan.Reporter.ReportEnd(this);
        Traces.EndAttempt(span, Outcome.Result, Outcome.Status);
        if (Outcome.Result != AttemptResult.Success || !IsStreaming)
        {
            Leave();
        }

        Finish();
    }

    private void Fail(Exception exception)
    {
        var headReceived = Response is not null;
        Response?.Dispose();
        Response = null;
        // A half-open probe's only canceller is its deadline.
        var isOutOfTime = _lifecycle.IsTimedOut || (purpose == AttemptPurpose.HalfOpen && Token.IsCancellationRequested);
        Outcome = AttemptOutcome.Of(request, exception, headReceived, isOutOfTime, _deadline.AwaitsClient, Token.IsCancellationRequested);
    }

    private void Finish()
    {
        if (!_lifecycle.TryFinish(out var lingered))
        {
            if (lingered)
            {
                peer.Destination.EndLinger();
            }

            Release();
            return;
        }

        if (_whenDone is null)
        {
            DisposeResponse();
        }

        _whenDone?.Raise();
    }

    /// <summary>Releases a response that no user gets.</summary>
    private void Release()
    {
        DisposeResponse();
        StreamLeft();
    }

    private void Leave()
    {
        if (_lifecycle.TryLeave())
        {
            tier.Load.Leave();
            peer.Destination.End();
        }
    }
}
