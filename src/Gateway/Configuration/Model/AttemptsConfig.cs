using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>How one request may try several destinations.</summary>
internal sealed record AttemptsConfig
{
    /// <summary>Attempts of one request, the first included. Default: 3. Limits: 1 to 10.</summary>
    public int Max { get; init; } = 3;

    /// <summary>A destination was not reached. Default: true.</summary>
    public bool OnConnect { get; init; } = true;

    /// <summary>The connection broke before the response. Default: true.</summary>
    public bool OnReset { get; init; } = true;

    /// <summary>No first byte in time. Default: true.</summary>
    public bool OnTimeout { get; init; } = true;

    /// <summary>A buffered response ended before its end. Default: true.</summary>
    public bool OnTruncated { get; init; } = true;

    /// <summary>Statuses that are tried elsewhere, 429 or from 500 to 599. Default: 502, 503, 504.</summary>
    public ImmutableArray<int> OnStatus { get; init; } = [502, 503, 504];

    /// <summary>Methods that may be sent twice. Default: the idempotent ones of RFC 9110, section 9.2.2.</summary>
    public ImmutableArray<string> RetryMethods { get; init; } = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];

    /// <summary>A larger request body is streamed and not repeated; in bytes. Default: 64 KiB.</summary>
    public long RequestBuffer { get; init; } = 64 * 1024;

    /// <summary>Extra attempts as a ratio of requests, at least 3 a second. Default: 0.2.</summary>
    public double RetryBudget { get; init; } = 0.2;

    /// <summary>When a second attempt starts beside a late first one. Default: auto.</summary>
    public HedgeMode Hedge { get; init; } = HedgeMode.Auto;

    /// <summary>The wait of <see cref="HedgeMode.Fixed"/>.</summary>
    public TimeSpan HedgeAfter { get; init; }
}

/// <summary>When a second attempt starts beside a late first one.</summary>
internal enum HedgeMode
{
    /// <summary>Once the first is later than nearly all recent responses of the cluster.</summary>
    Auto,

    /// <summary>Never.</summary>
    Off,

    /// <summary>After a fixed wait.</summary>
    Fixed,
}

/// <summary>The deadlines of one request; each is separate.</summary>
internal sealed record TimeoutsConfig
{
    /// <summary>To a connection, TLS included. Default: 500 ms.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>From the request sent to the response's head, each attempt. Default: 5 s.</summary>
    public TimeSpan FirstByte { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// As <see cref="FirstByte"/>, for writes: methods other than GET, HEAD, OPTIONS and TRACE. Default: six times <see cref="FirstByte"/>,
    /// so 30 s.
    /// </summary>
    /// <remarks>A write is not hedged, and one that is given up has an unknown fate: it is worth waiting for.</remarks>
    public TimeSpan FirstByteWrites
    {
        get => field > TimeSpan.Zero ? field : FirstByte * 6;
        init;
    }

    /// <summary>Between two pieces of a body. Default: 60 s.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>For the request with all its attempts; streams are not bound by it. Default: 60 s.</summary>
    public TimeSpan Total { get; init; } = TimeSpan.FromSeconds(60);
}
