using System.Diagnostics.Metrics;
using Gateway.Observability.History;

namespace Gateway.Observability.Metrics;

/// <summary>The figures of one route. Obtained once for each configuration; telling it never blocks or allocates.</summary>
internal sealed class RouteMeter(string route, Histogram<double> exported)
{
    private readonly DurationCells[] _durations = [new(), new(), new(), new(), new()];
    private readonly long[] _requests = new long[Instruments.OutcomeNames.Length * Instruments.CodeNames.Length];
    private readonly long[] _steps = new long[3];
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
    public void RespondedBy(FallbackStep step) => Interlocked.Increment(ref _steps[(int)step]);

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

    /// <summary>Responses that one step gave.</summary>
    public long Uses(FallbackStep step) => Volatile.Read(ref _steps[(int)step]);

    /// <summary>The index in <see cref="Instruments.CodeNames"/> of a status; 0: there was none.</summary>
    internal static int CodeOf(int status) => status is >= 100 and < 600 ? status / 100 : 0;

    private static int IndexOf(RequestOutcome outcome, int code) => ((int)outcome * Instruments.CodeNames.Length) + code;
}
