using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Runtime.CompilerServices;
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
/// <param name="request">What it sends; its own.</param>
/// <param name="purpose">Why it is made.</param>
/// <param name="raw">The body is not touched: an event stream that goes on reads it.</param>
internal sealed partial class Attempt(RoutePlan plan, Peer peer, TierSnapshot tier, AttemptRequest request, AttemptPurpose purpose, bool raw = false)
{
    private const int Running = 0;
    private const int Lingering = 1;
    private const int Done = 2;

    private static readonly string[] PurposeNames = ["first", "repeat", "hedge", "trial", "first-on-trial"];
    private const int TimedOut = 3;
    private const int Settled = 4;
    private const int Abandoned = 5;

    private readonly CancellationTokenSource _cancellation = new();
    private Signal? _whenDone;
    private int _state = Running;
    private int _left;
    private bool _headReceived;
    private bool _awaitsClient;
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

    /// <summary>When it is out of time, or has to be asked again: a client that begins to send again begins the destination's time anew.</summary>
    public long Deadline
    {
        get
        {
            var deadline = Volatile.Read(ref _deadline);
            return Volatile.Read(ref _awaitsClient) ? Math.Min(deadline, FirstByteFromNow()) : deadline;
        }
    }

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
    public bool ClientFailed => request.Content is { ClientFailed: true };

    /// <summary>Begins.</summary>
    /// <param name="now">When it is.</param>
    /// <param name="whenDone">Raised once when it has ended; null: nobody waits, and nobody gets its answer.</param>
    public void Start(long now, Signal? whenDone)
    {
        _whenDone = whenDone;
        StartedAt = now;
        _deadline = FirstByteFrom(now);
        if (request.Content is { } content)
        {
            content.Attempt = this;
        }

        peer.Destination.Begin();
        tier.Load.Enter();
        _ = RunAsync();
    }

    /// <summary>
    /// Ends it because it is out of time. An answer that is here by now is left alone: it came. Either way it ends by itself from here and says so:
    /// it has no deadline any more, or whoever waits for it would look again and again until then, without a pause.
    /// </summary>
    public void TimeOut()
    {
        Volatile.Write(ref _deadline, long.MaxValue);
        if (Interlocked.CompareExchange(ref _state, TimedOut, Running) == Running)
        {
            Cancel();
        }
    }

    /// <summary>
    /// Nobody waits for it any more, and nobody is blamed. It may end at this very moment: whichever of the two comes last lets go of the answer,
    /// so that no connection and no count of requests under way is left behind.
    /// </summary>
    public void Abandon()
    {
        var before = Volatile.Read(ref _state);
        while (before is Running or TimedOut or Settled)
        {
            var found = Interlocked.CompareExchange(ref _state, Abandoned, before);
            if (found == before)
            {
                Cancel();
                return;
            }

            before = found;
        }

        if (before == Done)
        {
            Release();
        }
    }

    /// <summary>
    /// The user has another answer. Late attempts are told as such; most are cancelled, a few of a destination that is late again
    /// and again run on, since only that tells a frozen destination from a slower one.
    /// </summary>
    public void Lose(long hedgeAfter)
    {
        var waited = plan.Traffic.Time.GetElapsedTime(StartedAt);
        if (IsDone || plan.Traffic.ToTimestamp(waited) < hedgeAfter)
        {
            Abandon();
            return;
        }

        peer.Tally.Late();
        plan.Traffic.Loop.Report(new Evidence(peer.Destination, plan.Route.Name, EvidenceKind.Late, Waited: waited));
        var left = plan.Timing.LateAfter - waited;
        if (left > TimeSpan.Zero && request.Content is null && peer.Tally.IsLateAgain && peer.Destination.TryLinger())
        {
            if (Interlocked.CompareExchange(ref _state, Lingering, Running) == Running)
            {
                _cancellation.CancelAfter(left);
                return;
            }

            peer.Destination.EndLinger();
        }

        Abandon();
    }

    /// <summary>
    /// A failing status that the user gets after all: its body has the idle deadline of any other. It was told when its head came.
    /// </summary>
    public async ValueTask HandOnAsync()
    {
        var answer = Response!;
        if (answer.Content is not StreamedContent && answer.Content.Headers.ContentLength != 0 && !request.IsHead)
        {
            var body = await answer.Content.ReadAsStreamAsync(CancellationToken.None).ConfigureAwait(false);
            answer.Content = new StreamedContent(answer.Content, new AnswerStream(body, this, plan.ClusterConfig.Timeouts.Idle), this);
        }
    }

    /// <summary>More of the answer came: the next piece has its own time.</summary>
    public void Extend(TimeSpan time) => Volatile.Write(ref _deadline, plan.Traffic.Time.GetTimestamp() + plan.Traffic.ToTimestamp(time));

    /// <summary>
    /// The request goes no further before the client sends more of it. It has to come soon all the same, since a destination that has answered already
    /// is not heard before; but nobody is blamed if it does not.
    /// </summary>
    /// <param name="maySilent">The client may be silent for <c>timeouts.idle</c>.</param>
    public void AwaitClient(bool maySilent)
    {
        Volatile.Write(ref _deadline, maySilent ? plan.Traffic.Time.GetTimestamp() + plan.Traffic.ToTimestamp(plan.ClusterConfig.Timeouts.Idle) : FirstByteFromNow());
        Volatile.Write(ref _awaitsClient, true);
    }

    /// <summary>The client sent more: from here on it is the destination that has to answer.</summary>
    public void ClientCame()
    {
        Volatile.Write(ref _deadline, FirstByteFromNow());
        Volatile.Write(ref _awaitsClient, false);
    }

    /// <summary>Bounds the wait for the next piece of a streamed answer; <see cref="Timeout.InfiniteTimeSpan"/> lifts the bound.</summary>
    public void CancelAfter(TimeSpan time) => _cancellation.CancelAfter(time);

    /// <summary>The token of everything that it does.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>The streamed answer came to its end.</summary>
    public void StreamEnded()
    {
        if (Result == AttemptResult.Success)
        {
            peer.Tally.Success();
        }

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

    private void Cancel() => _cancellation.Cancel();

    private long FirstByteFromNow() => FirstByteFrom(plan.Traffic.Time.GetTimestamp());

    private long FirstByteFrom(long now) =>
        now + plan.Traffic.ToTimestamp(plan.Route.Stream?.FirstContent ?? plan.ClusterConfig.Timeouts.FirstByte);

    private async Task RunAsync()
    {
        var span = Traces.BeginAttempt(plan.ClusterConfig.Name, tier.Name, peer.Destination.Name, PurposeNames[(int)purpose]);
        try
        {
            var response = await request.SendAsync(span?.Id, _cancellation.Token).ConfigureAwait(false);
            // Nearly always it is all here by now: what follows then returns at once.
            await TakeAsync(response).ConfigureAwait(false);
            if (Interlocked.CompareExchange(ref _state, Settled, Running) == TimedOut)
            {
                // Its token is cancelled: the body behind this head could not be read any more.
                throw new OperationCanceledException("The answer came when its time was over.");
            }
        }
        catch (Exception exception)
        {
            Failure = exception;
            Response?.Dispose();
            Response = null;
            // A trial's only canceller is its deadline.
            var timedOut = Volatile.Read(ref _state) == TimedOut || (purpose == AttemptPurpose.Trial && _cancellation.IsCancellationRequested);
            var isClients = ClientFailed || (timedOut && Volatile.Read(ref _awaitsClient));
            Result = timedOut && !isClients ? AttemptResult.Timeout : AttemptFailure.Classify(exception, _cancellation.IsCancellationRequested || isClients, _headReceived);
            NeverSent = !_headReceived && (Result == AttemptResult.Connect || IsUnsent(exception));
        }

        Tell();
        Traces.EndAttempt(span, Result, Response is { } came ? (int)came.StatusCode : 0);
        var handedOn = Result == AttemptResult.Success && (raw || Response?.Content is StreamedContent);
        if (!handedOn)
        {
            Leave();
        }

        var before = Volatile.Read(ref _state);
        while (before is not (Lingering or Abandoned))
        {
            var found = Interlocked.CompareExchange(ref _state, Done, before);
            if (found == before)
            {
                if (_whenDone is null)
                {
                    Response?.Dispose();
                }

                _whenDone?.Raise();
                return;
            }

            before = found;
        }

        if (before == Lingering)
        {
            peer.Destination.EndLinger();
        }

        Release();
    }

    /// <summary>Lets go of an answer that nobody gets.</summary>
    private void Release()
    {
        Response?.Dispose();
        StreamLeft();
    }

    // Pooled: its only caller waits for it once, so that its state costs no garbage.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TakeAsync(HttpResponseMessage response)
    {
        _headReceived = true;
        ToHead = plan.Traffic.Time.GetElapsedTime(StartedAt);
        Response = response;
        var status = (int)response.StatusCode;
        if (response.Content is Http1Answer plain)
        {
            // The usual answer is a small one whose end is known: its headers go straight from its head to the user's.
            if (plain is { HasBody: true, Head.Length: > 0 and { } small } && small <= plan.ClusterConfig.HoldAnswers && status < 500 && !raw)
            {
                response.Content = await HeldContent.ReadAsync(plain, (int)small, this, plan.ClusterConfig.Timeouts.Idle).ConfigureAwait(false);
                Result = AttemptResult.Success;
                return;
            }

            // So do those of one that streams, unless it may be an event stream or has no end of its own.
            if (plain is { HasBody: true, Head: { IsChunked: true } or { Length: > 0 } } && status < 500 && !raw && plan.Route.Stream is null)
            {
                response.Content = new StreamedContent(plain, new AnswerStream(plain.AsStream(), this, plan.ClusterConfig.Timeouts.Idle), this);
                Result = AttemptResult.Success;
                return;
            }

            plain.Unfold();
        }

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
        if (response.Content.Headers.NonValidated.TryGetValues("Content-Length", out var lengths) && (length is null || lengths.Count != 1))
        {
            // A length that is no number, or two of them: nobody can say where this answer ends (RFC 9112, section 6.3).
            throw new HttpIOException(HttpRequestError.InvalidResponse, "The answer's Content-Length is malformed.");
        }

        if (length == 0 || status is 204 or 304 || request.IsHead)
        {
            Result = AttemptResult.Success;
            return;
        }

        if (length <= plan.ClusterConfig.HoldAnswers)
        {
            // HTTP/2 says behind the last byte whether the answer is whole, and may add trailers.
            var hasEnd = response.Version.Major >= 2;
            response.Content = await HeldContent.ReadAsync(response.Content, (int)length, hasEnd, this, plan.ClusterConfig.Timeouts.Idle).ConfigureAwait(false);
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
        || (request.HeadWaitsForContent && request.Content is { Started: false });

    private void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            tier.Load.Leave();
            peer.Destination.End();
        }
    }
}
