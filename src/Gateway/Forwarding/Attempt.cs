using System.Net.Http;
using System.Runtime.CompilerServices;
using Gateway.Failover;
using Gateway.Health;
using Gateway.Observability;
using Gateway.Upstream;

namespace Gateway.Forwarding;

/// <summary>
/// One exchange with one destination for one request. It ends with a response that the user may have, or with a reason.
/// It tells its destination's figures and evidence itself, exactly once.
/// </summary>
/// <param name="plan">The route's plan.</param>
/// <param name="peer">Where it goes.</param>
/// <param name="tier">The tier of that destination.</param>
/// <param name="request">What it sends; its own.</param>
/// <param name="purpose">Why it is made.</param>
/// <param name="raw">The body is not touched: an event stream that goes on reads it.</param>
internal sealed partial class Attempt(CompiledRoute plan, UpstreamEndpoint peer, TierSnapshot tier, AttemptRequest request, AttemptPurpose purpose, bool raw = false) : IAttemptRecord
{
    private const int Running = 0;
    private const int Lingering = 1;
    private const int Done = 2;

    private static readonly string[] PurposeNames = ["first", "repeat", "hedge", "trial", "first-on-trial"];
    private const int TimedOut = 3;
    private const int Settled = 4;
    private const int Abandoned = 5;

    /// <summary>An attempt is late beside another only if it waited for this many times what the other took: what is slow everywhere is not late.</summary>
    private const int SlowerThanServed = 2;

    private readonly CancellationTokenSource _cancellation = new();
    private AsyncAutoResetEvent? _whenDone;
    private int _state = Running;
    private int _left;
    private bool _headReceived;
    private bool _awaitsClient;
    private long _deadline;
    private TimeSpan _firstByte;
    private TimeSpan _lateFrom;

    /// <summary>The request is not tried elsewhere when this attempt fails.</summary>
    public bool IsOnly { get; init; }

    /// <summary>The request may change something at the destination (RFC 9110, section 9.2.1): it may take <c>timeouts.firstByteWrites</c>.</summary>
    public bool IsWrite { get; init; }

    /// <summary>The destination as this route meets it.</summary>
    public UpstreamEndpoint UpstreamEndpoint => peer;

    /// <summary>Its tier.</summary>
    public TierSnapshot Tier => tier;

    /// <summary>Why it was made.</summary>
    public AttemptPurpose Purpose => purpose;

    /// <summary>What it asks for; null: a copy that no user waits for.</summary>
    public string? Target { get; init; }

    /// <summary>The request that it is made for; null: a copy that no user waits for.</summary>
    public RequestRecord? Record { get; init; }

    /// <summary>When it began.</summary>
    public long StartedAt { get; private set; }

    /// <summary>From its begin to the head of its response.</summary>
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

    /// <summary>The response, if one came; its taker disposes it, by <see cref="DisposeResponse"/>.</summary>
    public UpstreamResponse? Response { get; private set; }

    /// <summary>Its whole body; null: it has none, or <see cref="Stream"/> gives it.</summary>
    public BufferedBody? Buffered { get; private set; }

    /// <summary>Its body as it comes, which tells its end as evidence; null: it has none, or <see cref="Buffered"/> holds it.</summary>
    public ReadOnlyStream? Stream { get; private set; }

    /// <summary>What failed.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>It is certain that the destination never saw the request.</summary>
    public bool NeverSent { get; private set; }

    private bool IsHalfOpenProbe => purpose is AttemptPurpose.HalfOpen or AttemptPurpose.FirstAsHalfOpenProbe;

    /// <summary>The client's own body broke.</summary>
    public bool ClientFailed => ClientFailure is not null;

    /// <summary>How it broke.</summary>
    public Exception? ClientFailure => request.Content?.ClientFailure;

    /// <summary>It ended because the client did not send the rest of its body.</summary>
    public bool ClientWasSilent { get; private set; }

    /// <summary>A kept connection was closed before anything came back: no failure of the destination, which may be asked once more.</summary>
    public bool WasStale => request.WasStale;

    /// <summary>Begins.</summary>
    /// <param name="now">When it is.</param>
    /// <param name="whenDone">Raised once when it has ended; null: no user waits, and the response is discarded.</param>
    public void Start(long now, AsyncAutoResetEvent? whenDone)
    {
        _whenDone = whenDone;
        StartedAt = now;
        _firstByte = FirstByteAtStart();
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
    /// Ends it because it is out of time. A response that is here by now is left alone: it came. Either way it ends by itself from here and says so:
    /// it has no deadline any more, or its waiter would poll without a pause until then.
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
    /// It is abandoned, and no destination is at fault. It may end at this very moment: whichever of the two comes last lets go of the response,
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

    /// <summary>A hedge served the user instead. True: its destination is known to be ill; if not, this is remembered in case that it is found out soon.</summary>
    /// <param name="servedIn">What the hedge took; null: it served nothing.</param>
    public bool WasOvertaken(TimeSpan? servedIn)
    {
        if (IsDone || servedIn is null)
        {
            return false;
        }

        if (peer.Destination.HealthStatus is Health.HealthStatus.Down or Health.HealthStatus.Ejected)
        {
            return true;
        }

        peer.Tally.Overtaken();
        return false;
    }

    /// <summary>
    /// The user has another response. Late attempts are told as such; most are cancelled, a few of a destination that is late again
    /// and again run on, since only that tells a frozen destination from a slower one.
    /// </summary>
    /// <param name="hedgeAfter">An attempt that waited for less than this is not late.</param>
    /// <param name="servedIn">What the other destination took to serve the request; null: it did not serve it either.</param>
    public void Lose(long hedgeAfter, TimeSpan? servedIn)
    {
        var waited = plan.Traffic.Time.GetElapsedTime(StartedAt);
        if (IsDone || servedIn is not { } served || plan.Traffic.ToTimestamp(waited) < hedgeAfter)
        {
            if (IsDone && servedIn is { } instead)
            {
                Confirm(instead);
            }

            Abandon();
            return;
        }

        peer.Tally.Late();
        ObserveResponseTime(waited, isWhole: false);
        if (waited >= served * SlowerThanServed)
        {
            plan.Traffic.Loop.Report(new Evidence(peer.Destination, plan.Route.Name, EvidenceKind.Late, Waited: waited));
        }

        _lateFrom = plan.Timing.LateAfter > served * SlowerThanServed ? plan.Timing.LateAfter : served * SlowerThanServed;
        var left = _lateFrom - waited;
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
    public void HandOn()
    {
        if (Stream is null && Buffered is null && Response is { IsToBeRead: true } failing)
        {
            Stream = new MonitoredResponseStream(failing, this, plan.ClusterConfig.Timeouts.Idle);
        }
    }

    /// <summary>Lets go of the response, its memory and its connection.</summary>
    public void DisposeResponse()
    {
        Stream?.Dispose();
        Response?.Dispose();
        Buffered?.Return();
    }

    /// <summary>More of the response came: the next piece has its own time.</summary>
    public void Extend(TimeSpan time) => Volatile.Write(ref _deadline, plan.Traffic.Time.GetTimestamp() + plan.Traffic.ToTimestamp(time));

    /// <summary>A write out of its time may take more of <c>timeouts.firstByteWrites</c>, as long as its destination is not down or ejected.</summary>
    public bool TryWaitOn()
    {
        var times = plan.ClusterConfig.Timeouts;
        if (!IsWrite || plan.Route.Stream is not null || _firstByte >= times.FirstByteWrites || peer.Destination.HealthStatus is Health.HealthStatus.Down or Health.HealthStatus.Ejected)
        {
            return false;
        }

        var longer = _firstByte + times.FirstByte;
        var more = (longer < times.FirstByteWrites ? longer : times.FirstByteWrites) - _firstByte;
        _firstByte += more;
        Volatile.Write(ref _deadline, Volatile.Read(ref _deadline) + plan.Traffic.ToTimestamp(more));
        return true;
    }

    /// <summary>
    /// The request goes no further before the client sends more of it. It has to come soon all the same, since a destination that has answered already
    /// is not heard before; but no destination is at fault if it does not.
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

    /// <summary>Bounds the wait for the next piece of a streamed response; <see cref="Timeout.InfiniteTimeSpan"/> lifts the bound.</summary>
    public void CancelAfter(TimeSpan time) => _cancellation.CancelAfter(time);

    /// <summary>The token of everything that it does.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>The streamed response came to its end.</summary>
    public void StreamEnded()
    {
        if (Result == AttemptResult.Success)
        {
            peer.Tally.Success();
        }

        Leave();
    }

    /// <summary>The streamed response was cut or fell silent: the destination's failure.</summary>
    public void StreamFailed(bool silent)
    {
        Record?.Break = silent ? TerminationCause.IdleTimeout : TerminationCause.Truncated;
        Report(silent ? EvidenceKind.Timeout : EvidenceKind.Truncated);
        Leave();
    }

    /// <summary>The streamed response is not read any more; no destination is at fault.</summary>
    public void StreamLeft()
    {
        Cancel();
        Leave();
    }

    private void Cancel() => _cancellation.Cancel();

    private long FirstByteFromNow() => FirstByteFrom(plan.Traffic.Time.GetTimestamp());

    private long FirstByteFrom(long now) =>
        now + plan.Traffic.ToTimestamp(_firstByte);

    /// <summary>A write that can be retried waits as long as a read at first, see <see cref="TryWaitOn"/>; one that cannot has nothing to gain by giving up early.</summary>
    private TimeSpan FirstByteAtStart() =>
        plan.Route.Stream is { } stream ? stream.FirstContent
        : IsWrite && IsOnly ? plan.ClusterConfig.Timeouts.FirstByteWrites
        : plan.ClusterConfig.Timeouts.FirstByte;

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
                throw new OperationCanceledException("The response came when its time was over.");
            }
        }
        catch (Exception exception)
        {
            Failure = exception;
            DisposeFailed();
            // A half-open probe's only canceller is its deadline.
            var timedOut = Volatile.Read(ref _state) == TimedOut || (purpose == AttemptPurpose.HalfOpen && _cancellation.IsCancellationRequested);
            var isClients = ClientFailed || (timedOut && Volatile.Read(ref _awaitsClient));
            ClientWasSilent = isClients && !ClientFailed;
            Result = timedOut && !isClients ? AttemptResult.Timeout : AttemptFailure.Classify(exception, _cancellation.IsCancellationRequested || isClients, _headReceived);
            NeverSent = !_headReceived && (Result is AttemptResult.Connect or AttemptResult.Local || IsUnsent(exception));
        }

        ReportOutcome();
        Traces.EndAttempt(span, Result, Response is { } came ? came.Status : 0);
        var handedOn = Result == AttemptResult.Success && (raw || Stream is not null);
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
                    DisposeResponse();
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

    /// <summary>Releases a response that no user gets.</summary>
    private void Release()
    {
        DisposeResponse();
        StreamLeft();
    }

    private void DisposeFailed()
    {
        Response?.Dispose();
        Response = null;
    }

    // Pooled: its only caller waits for it once, so that its state costs no garbage.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TakeAsync(UpstreamResponse response)
    {
        _headReceived = true;
        ToHead = plan.Traffic.Time.GetElapsedTime(StartedAt);
        Response = response;
        if (response.Status < StatusCodes.Status200OK)
        {
            // Upgrades take another way: this one was not asked for (RFC 9110, section 15.2.2).
            throw new HttpIOException(HttpRequestError.InvalidResponse, "The response switches to a protocol that was not asked for.");
        }

        if (plan.FailsOn(response.Status))
        {
            Result = AttemptResult.Status;
            return;
        }

        if (!raw && response.IsToBeRead)
        {
            await TakeBodyAsync(response).ConfigureAwait(false);
        }

        Result = AttemptResult.Success;
    }

    /// <summary>Small bodies are taken whole, so that one that is cut can be replaced unseen; all others are watched on their way through.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TakeBodyAsync(UpstreamResponse response)
    {
        var timeouts = plan.ClusterConfig.Timeouts;
        var limit = plan.ClusterConfig.ResponseBuffer;
        if (plan.Route.Stream is { } stream && EventStream.Is(response))
        {
            Stream = await EventStream.OpenAsync(response, this, stream, plan.Traffic.Time).ConfigureAwait(false);
        }
        else if (response.Length <= limit)
        {
            Buffered = await BufferedBody.ReadWholeAsync(response, (int)response.Length.Value, this, timeouts.Idle).ConfigureAwait(false);
        }
        else if (response.Length is null && limit > 0 && !IsOpenEnded(response))
        {
            var begun = await BufferedBody.ReadUpToAsync(response, (int)limit, this, plan.Traffic.Time).ConfigureAwait(false);
            if (begun.IsWhole)
            {
                Buffered = begun;
            }
            else
            {
                Stream = new MonitoredResponseStream(response, this, timeouts.Idle, begun);
            }
        }
        else
        {
            Stream = new MonitoredResponseStream(response, this, timeouts.Idle);
        }
    }

    /// <summary>Of these a pause is part of the content: waiting for more would only delay what is here.</summary>
    private static bool IsOpenEnded(UpstreamResponse response) =>
        response.Header("Content-Type").ToString() is var type
        && (type.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) || type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase));

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
