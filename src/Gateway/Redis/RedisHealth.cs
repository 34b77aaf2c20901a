namespace Gateway.Redis;

/// <summary>
/// What is wrong with Redis now, by its heartbeats and its sentinels. The connection's own task writes; any thread reads.
/// </summary>
internal sealed class RedisHealth(TimeProvider time)
{
    /// <summary>Heartbeats, or rounds of sentinels, in a row without a response before that counts as lost.</summary>
    public const int HeartbeatsToLose = 3;

    /// <summary>Failures in a row before operators are told.</summary>
    public const int HeartbeatsToAlarm = 2;

    // No heartbeat ended for this long: the connection counts as down, whatever hangs.
    private static readonly TimeSpan Overdue = TimeSpan.FromSeconds(4);

    private readonly long _startedAt = time.GetTimestamp();
    private volatile object? _fault;
    private int _failures;
    private int _silentSentinels;

    /// <summary>Why it cannot be used; null: it can, or the first failures may pass.</summary>
    public RedisFault? Fault => _fault as RedisFault?;

    /// <summary>So long without a heartbeat that the connection counts as down.</summary>
    public bool IsOverdue(long lastBeat) => time.GetElapsedTime(lastBeat) >= Overdue;

    /// <summary>A heartbeat or a connection failed; true: operators are to be told now.</summary>
    /// <param name="fault">Why.</param>
    /// <param name="isCertain">It needs no second look: the server said so itself.</param>
    public bool OnFailure(RedisFault fault, bool isCertain = false)
    {
        _failures = isCertain ? HeartbeatsToAlarm + 1 : _failures + 1;
        if (_failures < HeartbeatsToAlarm || Fault == fault)
        {
            return false;
        }

        _fault = fault;
        return true;
    }

    /// <summary>A heartbeat got its response; true: operators are to be told that it can be used again.</summary>
    public bool OnBeat()
    {
        _failures = 0;
        var wasFaulty = _fault is not null;
        _fault = null;
        return wasFaulty;
    }

    /// <summary>The sentinels were asked.</summary>
    /// <param name="answered">How many gave a response.</param>
    public void OnSentinels(int answered) => _silentSentinels = answered > 0 ? 0 : _silentSentinels + 1;

    /// <summary>What is wrong, in a sentence for operators; null: nothing.</summary>
    /// <param name="lastBeat">When the last heartbeat got its response; null: there is no connection.</param>
    public string? AlarmOf(long? lastBeat)
    {
        if (Fault is { } fault)
        {
            return RedisFailedException.WordsOf(fault)
                + ". Each gateway decides alone and keeps its responses in memory until it can be used again; no request waits for it.";
        }

        // The watchdog: even if the connection's own task hangs, the alarm does not.
        if (IsOverdue(lastBeat ?? _startedAt))
        {
            return RedisFailedException.WordsOf(RedisFault.Late) + ". Each gateway decides alone until it does; no request waits for it.";
        }

        return _silentSentinels >= HeartbeatsToLose
            ? "None of the sentinels in \"redis.sentinel.endpoints\" answers: a new Redis master would not be found. The one that is known "
                + "stays in use."
            : null;
    }
}
