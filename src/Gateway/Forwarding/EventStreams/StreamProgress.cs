using Gateway.Forwarding.Attempts;
using Gateway.Observability;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.EventStreams;

/// <summary>
/// How far one event stream is: when something last came, when the user last got something, and what the figures get of it.
/// </summary>
internal sealed class StreamProgress
{
    private readonly TimeProvider _time;
    private readonly RequestRecord? _request;
    private readonly long _startedAt;
    private long _lastReceived;
    private long _lastSent;
    private long _firstContentAt;
    private TimeSpan _longestGap;
    private StreamMeter? _meter;

    /// <param name="attempt">That opened it.</param>
    /// <param name="time">The clock.</param>
    public StreamProgress(Attempt attempt, TimeProvider time)
    {
        _time = time;
        _request = attempt.Record;
        _startedAt = attempt.StartedAt;
        _lastReceived = _lastSent = time.GetTimestamp();
    }

    /// <summary>An event with data came.</summary>
    public bool HasContent { get; private set; }

    /// <summary>How it ends; as long as nothing else is said, by the client's leave.</summary>
    public StreamEnd End { get; set; } = StreamEnd.ClientAbort;

    /// <summary>Since the attempt that opened it began.</summary>
    public TimeSpan Age => _time.GetElapsedTime(_startedAt);

    /// <summary>Since something came from a destination.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(_lastReceived);

    /// <summary>Since the user got something.</summary>
    public TimeSpan Quiet => _time.GetElapsedTime(_lastSent);

    /// <summary>The user gets it: from here on it counts.</summary>
    public void Begin(StreamMeter meter)
    {
        _meter = meter;
        meter.Begin();
        if (HasContent)
        {
            CountFirstContent();
        }
    }

    /// <summary>Something came, or the wait for it is over.</summary>
    public void OnReceived()
    {
        var now = _time.GetTimestamp();
        var gap = _time.GetElapsedTime(_lastReceived, now);
        _longestGap = gap > _longestGap ? gap : _longestGap;
        _lastReceived = now;
    }

    /// <summary>An event with data came.</summary>
    public void OnContent()
    {
        if (HasContent)
        {
            return;
        }

        HasContent = true;
        _firstContentAt = _time.GetTimestamp();
        if (_meter is not null)
        {
            CountFirstContent();
        }
    }

    /// <summary>The user got something.</summary>
    public void OnSent() => _lastSent = _time.GetTimestamp();

    /// <summary>It goes on at another destination, whose silence begins now.</summary>
    public void OnResumed()
    {
        _meter?.Resume();
        _lastReceived = _time.GetTimestamp();
    }

    /// <summary>It is over; call it once.</summary>
    public void OnEnded() => _meter?.End(End, _longestGap);

    private void CountFirstContent()
    {
        if (_request is not null)
        {
            _meter!.FirstContent.Add(_time.GetElapsedTime(_request.Began, _firstContentAt));
        }
    }
}
