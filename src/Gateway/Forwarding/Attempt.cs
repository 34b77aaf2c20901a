using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http;
using Gateway.Failover;
using Gateway.Health;
using Gateway.Observability;

namespace Gateway.Forwarding;

/// <summary>
/// One exchange with one destination for one request. It ends with an answer that the user may have, or with a reason.
/// It tells its destination's figures and evidence itself, exactly once.
/// </summary>
/// <param name="plan">The route's plan.</param>
/// <param name="peer">Where it goes.</param>
/// <param name="tier">The tier of that destination.</param>
/// <param name="message">What it sends; its own.</param>
/// <param name="purpose">Why it is made.</param>
/// <param name="raw">The body is not touched: an event stream that goes on reads it.</param>
internal sealed class Attempt(RoutePlan plan, Peer peer, TierSnapshot tier, HttpRequestMessage message, AttemptPurpose purpose, bool raw = false)
{
    private const int Running = 0;
    private const int Lingering = 1;
    private const int Done = 2;

    private readonly CancellationTokenSource _cancellation = new();
    private Action? _whenDone;
    private int _state = Running;
    private int _left;
    private bool _timedOut;
    private bool _headReceived;
    private long _deadline;

    /// <summary>The destination as this route meets it.</summary>
    public Peer Peer => peer;

    /// <summary>Its tier.</summary>
    public TierSnapshot Tier => tier;

    /// <summary>Why it was made.</summary>
    public AttemptPurpose Purpose => purpose;

    /// <summary>When it began.</summary>
    public long StartedAt { get; private set; }

    /// <summary>From its begin to the head of its answer.</summary>
    public TimeSpan ToHead { get; private set; }

    /// <summary>When it is out of time.</summary>
    public long Deadline => Volatile.Read(ref _deadline);

    /// <summary>True: <see cref="Result"/> and <see cref="Response"/> stand.</summary>
    public bool IsDone => Volatile.Read(ref _state) == Done;

    /// <summary>How it ended.</summary>
    public AttemptResult Result { get; private set; }

    /// <summary>The answer, if one came; whoever takes it disposes it.</summary>
    public HttpResponseMessage? Response { get; private set; }

    /// <summary>What failed.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>It is certain that the destination never saw the request.</summary>
    public bool NeverSent { get; private set; }

    private bool IsTrial => purpose is AttemptPurpose.Trial or AttemptPurpose.FirstOnTrial;

    /// <summary>The client's own body broke.</summary>
    public bool ClientFailed => message.Content is AttemptContent { ClientFailed: true };

    /// <summary>Begins. <paramref name="whenDone"/> is called once when it has ended.</summary>
    public void Start(Action whenDone)
    {
        _whenDone = whenDone;
        StartedAt = plan.Traffic.Time.GetTimestamp();
        _deadline = StartedAt + plan.Traffic.ToTimestamp(plan.Route.Stream?.FirstContent ?? plan.ClusterConfig.Timeouts.FirstByte);
        peer.Destination.Begin();
        tier.Load.Enter();
        _ = RunAsync();
    }

    /// <summary>Ends it because it is out of time.</summary>
    public void TimeOut()
    {
        _timedOut = true;
        Cancel();
    }

    /// <summary>Ends it; nobody is blamed.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <summary>
    /// The user has another answer. Late attempts are told as such; most are cancelled, a few of a destination that is late again
    /// and again run on, since only that tells a frozen destination from a slower one.
    /// </summary>
    public void Lose(long hedgeAfter)
    {
        if (IsDone)
        {
            Response?.Dispose();
            return;
        }

        var waited = plan.Traffic.Time.GetElapsedTime(StartedAt);
        if (plan.Traffic.ToTimestamp(waited) < hedgeAfter)
        {
            Cancel();
            return;
        }

        peer.Tally.Late();
        plan.Traffic.Loop.Report(new Evidence(peer.Destination, plan.Route.Name, EvidenceKind.Late, Waited: waited));
        var left = plan.Timing.LateAfter - waited;
        if (left > TimeSpan.Zero && message.Content is null && peer.Tally.IsLateAgain && peer.Destination.TryLinger())
        {
            if (Interlocked.CompareExchange(ref _state, Lingering, Running) == Running)
            {
                _cancellation.CancelAfter(left);
                return;
            }

            peer.Destination.EndLinger();
            Response?.Dispose();
        }

        Cancel();
    }

    /// <summary>More of the answer came: the next piece has its own time.</summary>
    public void Extend(TimeSpan time) => Volatile.Write(ref _deadline, plan.Traffic.Time.GetTimestamp() + plan.Traffic.ToTimestamp(time));

    /// <summary>Bounds the wait for the next piece of a streamed answer; <see cref="Timeout.InfiniteTimeSpan"/> lifts the bound.</summary>
    public void CancelAfter(TimeSpan time) => _cancellation.CancelAfter(time);

    /// <summary>The token of everything that it does.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>The streamed answer came to its end.</summary>
    public void StreamEnded()
    {
        peer.Tally.Success();
        Leave();
    }

    /// <summary>The streamed answer was cut or fell silent: the destination's failure.</summary>
    public void StreamFailed(bool silent)
    {
        Report(silent ? EvidenceKind.Timeout : EvidenceKind.Truncated);
        Leave();
    }

    /// <summary>Nobody reads the streamed answer any more; nobody is blamed.</summary>
    public void StreamLeft()
    {
        Cancel();
        Leave();
    }

    private async Task RunAsync()
    {
        try
        {
            await SendAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Failure = exception;
            Response?.Dispose();
            Response = null;
            // A trial's only canceller is its deadline.
            _timedOut |= purpose == AttemptPurpose.Trial && _cancellation.IsCancellationRequested;
            Result = _timedOut ? AttemptResult.Timeout : AttemptFailure.Classify(exception, _cancellation.IsCancellationRequested || ClientFailed, _headReceived);
            NeverSent = !_headReceived && (Result == AttemptResult.Connect || IsUnsent(exception));
        }

        Tell();
        var handedOn = Result == AttemptResult.Success && (raw || Response?.Content is StreamedContent);
        if (!handedOn)
        {
            Leave();
        }

        if (Interlocked.Exchange(ref _state, Done) == Lingering)
        {
            peer.Destination.EndLinger();
            Response?.Dispose();
            return;
        }

        _whenDone!();
    }

    private async Task SendAsync()
    {
        var response = await plan.Traffic.Transport.SendAsync(message, _cancellation.Token).ConfigureAwait(false);
        _headReceived = true;
        ToHead = plan.Traffic.Time.GetElapsedTime(StartedAt);
        Response = response;
        var status = (int)response.StatusCode;
        if (plan.FailsOn(status))
        {
            Result = AttemptResult.Status;
            return;
        }

        if (raw || status == (int)HttpStatusCode.SwitchingProtocols)
        {
            Result = AttemptResult.Success;
            return;
        }

        var length = response.Content.Headers.ContentLength;
        if (length == 0 || status is 204 or 304 || message.Method == HttpMethod.Head)
        {
            Result = AttemptResult.Success;
            return;
        }

        if (length <= plan.ClusterConfig.HoldAnswers)
        {
            response.Content = await HeldContent.ReadAsync(response.Content, (int)length, this, plan.ClusterConfig.Timeouts.Idle).ConfigureAwait(false);
        }
        else if (plan.Route.Stream is { } stream && EventStream.Is(response))
        {
            var events = await EventStream.OpenAsync(response.Content, this, stream, plan.Traffic.Time).ConfigureAwait(false);
            response.Content = new StreamedContent(response.Content, events, this);
        }
        else
        {
            var body = await response.Content.ReadAsStreamAsync(_cancellation.Token).ConfigureAwait(false);
            response.Content = new StreamedContent(response.Content, new AnswerStream(body, this, plan.ClusterConfig.Timeouts.Idle), this);
        }

        Result = AttemptResult.Success;
    }

    /// <summary>Over HTTP/1.1 the head waits for the content's first byte; HTTP/2 sends it at once, so there only a refusal is certain.</summary>
    private bool IsUnsent(Exception exception) =>
        AttemptFailure.IsRefusedStream(exception)
        || (message.Version.Major == 1 && message.Content is AttemptContent { Started: false });

    /// <summary>The figures and the evidence of this attempt, once.</summary>
    private void Tell()
    {
        peer.Meter.Attempt(Result);
        var waited = plan.Traffic.Time.GetElapsedTime(StartedAt);
        switch (Result)
        {
            case AttemptResult.Success:
                var answer = Response!;
                if ((int)answer.StatusCode >= 500)
                {
                    Report(EvidenceKind.Status, waited);
                }
                else if ((IsTrial || Volatile.Read(ref _state) == Lingering) && waited > plan.Timing.LateAfter)
                {
                    Report(EvidenceKind.Late, waited);
                }
                else if (IsTrial)
                {
                    Report(EvidenceKind.Success, waited);
                }
                else
                {
                    plan.Timing.Latency.Record(waited);
                    // A body that still streams counts when it has come to its end.
                    if (answer.Content is not StreamedContent && !raw)
                    {
                        peer.Tally.Success();
                    }
                }

                break;
            case AttemptResult.Status:
                Report(EvidenceKind.Status, waited);
                break;
            case AttemptResult.Connect:
                Report(EvidenceKind.Connect, waited);
                break;
            case AttemptResult.Reset or AttemptResult.Truncated:
                Report(Result == AttemptResult.Reset ? EvidenceKind.Reset : EvidenceKind.Truncated, waited);
                break;
            case AttemptResult.Timeout:
                Report(EvidenceKind.Timeout, waited);
                break;
            case AttemptResult.Cancelled when purpose == AttemptPurpose.FirstOnTrial:
                peer.Destination.ReturnTrial();
                break;
            case AttemptResult.Cancelled when Volatile.Read(ref _state) == Lingering:
                Report(EvidenceKind.Late, waited);
                break;
        }
    }

    private void Report(EvidenceKind kind, TimeSpan waited = default)
    {
        var status = Response is { } response ? (int)response.StatusCode : 0;
        plan.Traffic.Loop.Report(new Evidence(
            peer.Destination,
            plan.Route.Name,
            kind,
            Trial: IsTrial,
            Waited: waited,
            Status: kind == EvidenceKind.Status ? status : 0,
            RetryAfter: kind == EvidenceKind.Status && status == 503 ? RetryAfterOf(Response!) : default));
    }

    private static TimeSpan RetryAfterOf(HttpResponseMessage response) => response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero;

    private void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            tier.Load.Leave();
            peer.Destination.End();
        }
    }
}

/// <summary>Why an attempt was made.</summary>
internal enum AttemptPurpose
{
    /// <summary>The request's first.</summary>
    First,

    /// <summary>In place of one that failed.</summary>
    Repeat,

    /// <summary>Beside one that is late.</summary>
    Hedge,

    /// <summary>A copy of a request that shows whether a condemned destination is well again; no user waits for it.</summary>
    Trial,

    /// <summary>The request's first, at a destination on trial: there was nothing better to do with it.</summary>
    FirstOnTrial,
}
