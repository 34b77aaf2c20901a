using Gateway.Observability.Metrics;

namespace Gateway.Observability;

/// <summary>
/// What is known of one request while it is served, for its line in the access log and its figures. One for each request: what serves it
/// writes a field here and there, and everything else is worked out at its end, if a line is written.
/// </summary>
/// <param name="route">The route's name.</param>
/// <param name="cluster">The cluster's name; null: no route matches.</param>
/// <param name="began">When its head was read, as a timestamp of the clock.</param>
internal sealed class RequestRecord(string route, string? cluster, long began)
{
    /// <summary>The route's name.</summary>
    public string Route => route;

    /// <summary>The cluster's name; null: no route matches.</summary>
    public string? Cluster => cluster;

    /// <summary>When its head was read.</summary>
    public long Began => began;

    /// <summary>When the response began; 0: with its end, or not at all.</summary>
    public long FirstByteAt { get; set; }

    /// <summary>Bytes of the request's body that were received.</summary>
    public long BytesIn { get; set; }

    /// <summary>Bytes of the response's body that were given; null: its <c>Content-Length</c> tells.</summary>
    public long? BytesOut { get; set; }

    /// <summary>The newest attempt; the others hang on it.</summary>
    public IAttemptRecord? LastAttempt { get; private set; }

    /// <summary>How many there were.</summary>
    public int Attempts { get; private set; }

    /// <summary>One of them came after a failure.</summary>
    public bool HasRetry { get; private set; }

    /// <summary>The attempt whose response the user got; null: none.</summary>
    public IAttemptRecord? Served { get; set; }

    /// <summary>An event stream went on at another destination.</summary>
    public bool IsResumed { get; set; }

    /// <summary>What gave the user the response where the first attempt alone would not have.</summary>
    public SavedBy SavedBy { get; set; }

    /// <summary>The fallback step that responded; null: none was needed, or none did.</summary>
    public FallbackStep? Step { get; set; }

    /// <summary>Why it ended.</summary>
    public TerminationCause Cause { get; set; }

    /// <summary>Why a streamed response broke off; it matters only if the response ended with that.</summary>
    public TerminationCause? Break { get; set; }

    /// <summary>The client that it is counted for as under way; null: it is not counted.</summary>
    public ulong? CountedFor { get; set; }

    /// <summary>A place in a full tier that it has got, until its first attempt counts there; null: it needed none.</summary>
    public IDisposable? Place { get; set; }

    /// <summary>What goes on behind the response, for which the request's own objects are still needed; null: nothing.</summary>
    public Task? Behind { get; set; }

    /// <summary>Its response has no end: the connection is closed behind what was given of it.</summary>
    public bool IsCut { get; set; }

    /// <summary>It is refused.</summary>
    public RequestOutcome Refuse()
    {
        Cause = TerminationCause.Refused;
        return RequestOutcome.Refused;
    }

    /// <summary>Its client has left.</summary>
    public RequestOutcome Abort()
    {
        Cause = TerminationCause.ClientAbort;
        return RequestOutcome.Aborted;
    }

    /// <summary>An attempt begins.</summary>
    public void Add(IAttemptRecord attempt)
    {
        attempt.Before = LastAttempt;
        LastAttempt = attempt;
        Attempts++;
        HasRetry |= attempt.IsRetry;
    }
}
