using System.Diagnostics.Metrics;
using Gateway.Observability.History;

namespace Gateway.Observability.Metrics;

/// <summary>How a user's request ended.</summary>
internal enum RequestOutcome
{
    /// <summary>A tier answered.</summary>
    Live,

    /// <summary>A step of the fallback chain answered, the built-in one apart.</summary>
    Degraded,

    /// <summary>The user got an error: the built-in 503, or a response that had to be cut.</summary>
    Failed,

    /// <summary>We refused it before a tier was asked: 400, 413, 414, 431.</summary>
    Refused,

    /// <summary>The client disconnected: no destination is at fault.</summary>
    Aborted,
}

/// <summary>How one exchange with one destination ended.</summary>
internal enum AttemptResult
{
    /// <summary>A response that was handed on.</summary>
    Success,

    /// <summary>No connection.</summary>
    Connect,

    /// <summary>The connection broke before the response's head.</summary>
    Reset,

    /// <summary>No first byte in time.</summary>
    Timeout,

    /// <summary>A body that ended early.</summary>
    Truncated,

    /// <summary>A response whose status counts as a failure.</summary>
    Status,

    /// <summary>Given up by us: another attempt won, or the client left.</summary>
    Cancelled,

    /// <summary>It failed on our side, because of what the request was: it is no evidence about the destination.</summary>
    Local,
}

/// <summary>Why a further attempt was not made.</summary>
internal enum SkipReason
{
    /// <summary>The budget for extra attempts is used up.</summary>
    Budget,

    /// <summary>The request's deadline is too near.</summary>
    Deadline,

    /// <summary>The method may not be sent twice, or the body was not kept.</summary>
    NotRepeatable,

    /// <summary>No other destination can serve.</summary>
    NoDestination,
}

/// <summary>The step of the fallback chain that answered.</summary>
internal enum FallbackStep
{
    /// <summary>A stored response.</summary>
    LastGood,

    /// <summary>A prepared file.</summary>
    File,

    /// <summary>The response that needs nothing.</summary>
    BuiltIn,
}

/// <summary>What became of a notification.</summary>
internal enum NotifyResult
{
    /// <summary>Its receiver took it.</summary>
    Sent,

    /// <summary>Its receiver did not take it, at none of the attempts.</summary>
    Failed,

    /// <summary>It was not tried: too many waited, or more than allowed within a minute.</summary>
    Dropped,
}

/// <summary>The figures of one route. Obtained once for each configuration; telling it never blocks or allocates.</summary>
internal sealed class RouteMeter(string route, Histogram<double> exported)
{
    private readonly DurationCells[] _durations = [new(), new(), new(), new(), new()];
    private readonly long[] _requests = new long[Instruments.OutcomeNames.Length * Instruments.CodeNames.Length];
    private readonly long[] _rungs = new long[3];
    private readonly long[] _saved = new long[SavedSums.Names.Length];
    private readonly long[] _reused = new long[ReusedResponses.Names.Length];
    private readonly long[] _refused = new long[RefusalReasons.Names.Length];
    private long _bad;
    private long _bytesIn;
    private long _bytesOut;

    // For the push exporters only, which cannot read our cells: one boxed pair an outcome, made once.
    private readonly KeyValuePair<string, object?>[] _outcomeTags =
        [.. Instruments.OutcomeNames.Select(static n => new KeyValuePair<string, object?>(Instruments.OutcomeLabel, n))];

    private readonly KeyValuePair<string, object?> _routeTag = new(Instruments.RouteLabel, route);

    /// <summary>The route's name.</summary>
    public string Route => route;

    /// <summary>A request ended; call it once for each.</summary>
    /// <param name="outcome">How.</param>
    /// <param name="status">The status of the response; 0: none was begun.</param>
    /// <param name="duration">From its head to the end of its response.</param>
    /// <param name="bad">It counts against the objective; null: if it failed or was degraded.</param>
    public void Ended(RequestOutcome outcome, int status, TimeSpan duration, bool? bad = null)
    {
        Interlocked.Increment(ref _requests[IndexOf(outcome, CodeOf(status))]);
        if (bad ?? outcome is RequestOutcome.Degraded or RequestOutcome.Failed)
        {
            Interlocked.Increment(ref _bad);
        }

        _durations[(int)outcome].Add(duration);
        if (exported.Enabled)
        {
            exported.Record(duration.TotalSeconds, _routeTag, _outcomeTags[(int)outcome]);
        }
    }

    /// <summary>A request that has ended so is in a trace that is exported: the histogram can name it.</summary>
    public void Traced(RequestOutcome outcome, Exemplar exemplar) => _durations[(int)outcome].Note(exemplar);

    /// <summary>Bytes of the request's body and of the response's, both ways.</summary>
    public void Moved(long bytesIn, long bytesOut)
    {
        // Most requests have no body.
        if (bytesIn > 0)
        {
            Interlocked.Add(ref _bytesIn, bytesIn);
        }

        if (bytesOut > 0)
        {
            Interlocked.Add(ref _bytesOut, bytesOut);
        }
    }

    /// <summary>Bytes that users sent in bodies.</summary>
    public long BytesIn => Volatile.Read(ref _bytesIn);

    /// <summary>Bytes that users got in bodies.</summary>
    public long BytesOut => Volatile.Read(ref _bytesOut);

    /// <summary>A step of the fallback chain gave the response.</summary>
    public void AnsweredBy(FallbackStep step) => Interlocked.Increment(ref _rungs[(int)step]);

    /// <summary>Something other than the first attempt gave the response.</summary>
    public void Saved(SavedBy by, long count = 1) => Interlocked.Add(ref _saved[(int)by], count);

    /// <summary>A request got a response that another one brought.</summary>
    public void Reused(ReuseReason reason) => Interlocked.Increment(ref _reused[(int)reason]);

    /// <summary>So many did.</summary>
    public long ReusedSoFar(ReuseReason reason) => Volatile.Read(ref _reused[(int)reason]);

    /// <summary>A rule of the route refused a request.</summary>
    public void Refused(RefusalReason reason) => Interlocked.Increment(ref _refused[(int)reason]);

    /// <summary>Requests that a rule refused so far.</summary>
    public long RefusedSoFar(RefusalReason reason) => Volatile.Read(ref _refused[(int)reason]);

    /// <summary>Requests that were saved so far.</summary>
    public long SavedSoFar(SavedBy by) => Volatile.Read(ref _saved[(int)by]);

    /// <summary>Requests that ended so; <paramref name="code"/> is an index of <see cref="Instruments.CodeNames"/>.</summary>
    public long Requests(RequestOutcome outcome, int code) => Volatile.Read(ref _requests[IndexOf(outcome, code)]);

    /// <summary>The durations of one outcome; its count is the number of requests.</summary>
    public DurationCells Durations(RequestOutcome outcome) => _durations[(int)outcome];

    /// <summary>Requests so far, by outcome.</summary>
    public RequestSums Sums => new(_durations[0].Count, _durations[1].Count, _durations[2].Count, _durations[3].Count, _durations[4].Count)
    {
        Bad = Volatile.Read(ref _bad),
        Saved = new(
            SavedSoFar(SavedBy.Retry), SavedSoFar(SavedBy.Hedge), SavedSoFar(SavedBy.BufferedResponse), SavedSoFar(SavedBy.OtherTier),
            SavedSoFar(SavedBy.Resume), SavedSoFar(SavedBy.LastGood), SavedSoFar(SavedBy.File)),
    };

    /// <summary>Answers of one step.</summary>
    public long Rung(FallbackStep step) => Volatile.Read(ref _rungs[(int)step]);

    /// <summary>The index in <see cref="Instruments.CodeNames"/> of a status; 0: there was none.</summary>
    internal static int CodeOf(int status) => status is >= 100 and < 600 ? status / 100 : 0;

    private static int IndexOf(RequestOutcome outcome, int code) => ((int)outcome * Instruments.CodeNames.Length) + code;
}

/// <summary>The figures of one destination in traffic.</summary>
internal sealed class DestinationMeter(string cluster, string destination)
{
    private readonly long[] _results = new long[Instruments.ResultNames.Length];

    /// <summary>The cluster's name.</summary>
    public string Cluster => cluster;

    /// <summary>The destination's name.</summary>
    public string Destination => destination;

    /// <summary>An attempt ended; call it once for each.</summary>
    public void Attempt(AttemptResult result) => Interlocked.Increment(ref _results[(int)result]);

    /// <summary>Attempts that ended so.</summary>
    public long Attempts(AttemptResult result) => Volatile.Read(ref _results[(int)result]);
}

/// <summary>The figures of one cluster in traffic.</summary>
internal sealed class ClusterMeter(string cluster)
{
    private readonly long[] _skips = new long[Instruments.SkipNames.Length];
    private readonly long[] _hedges = new long[2];
    private readonly long[] _queued = new long[QueueFamilies.Names.Length];
    private long _waiting;
    private long _waitedTicks;

    /// <summary>The cluster's name.</summary>
    public string Cluster => cluster;

    /// <summary>A further attempt would have been right and was not made.</summary>
    public void Skipped(SkipReason reason) => Interlocked.Increment(ref _skips[(int)reason]);

    /// <summary>A hedge was decided: true when the second attempt gave the response.</summary>
    public void Hedged(bool won) => Interlocked.Increment(ref _hedges[won ? 1 : 0]);

    /// <summary>Skipped attempts of one reason.</summary>
    public long Skips(SkipReason reason) => Volatile.Read(ref _skips[(int)reason]);

    /// <summary>Hedges that were decided so.</summary>
    public long Hedges(bool won) => Volatile.Read(ref _hedges[won ? 1 : 0]);

    /// <summary>A request begins to wait for a place.</summary>
    public void QueueEntered() => Interlocked.Increment(ref _waiting);

    /// <summary>It waits no longer.</summary>
    public void QueueLeft(TimeSpan waited)
    {
        Interlocked.Decrement(ref _waiting);
        Interlocked.Add(ref _waitedTicks, waited.Ticks);
    }

    /// <summary>A request's wait ended so.</summary>
    public void Queued(QueueResult result) => Interlocked.Increment(ref _queued[(int)result]);

    /// <summary>Waits that ended so.</summary>
    public long QueuedSoFar(QueueResult result) => Volatile.Read(ref _queued[(int)result]);

    /// <summary>Requests that wait for a place.</summary>
    public long Waiting => Volatile.Read(ref _waiting);

    /// <summary>How long all of them waited, in seconds.</summary>
    public double WaitedSeconds => TimeSpan.FromTicks(Volatile.Read(ref _waitedTicks)).TotalSeconds;

    /// <summary>Some request has met the queue.</summary>
    public bool HasQueued => Waiting > 0 || _queued.Any(static count => count > 0);
}
