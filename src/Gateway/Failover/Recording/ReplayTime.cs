namespace Gateway.Failover.Recording;

/// <summary>The clock of a replay: it shows what the recording says. Timers never fire.</summary>
internal sealed class ReplayTime : TimeProvider
{
    private TimeSpan _from;
    private DateTimeOffset _utcFrom;

    /// <summary>The loop's clock.</summary>
    public TimeSpan Now { get; private set; }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Both clocks, as a checkpoint has them.</summary>
    public void Set(TimeSpan at, DateTimeOffset utc) => (Now, _from, _utcFrom) = (at, at, utc);

    /// <summary>Time passed.</summary>
    public void Advance(TimeSpan by) => Now += by;

    /// <inheritdoc/>
    public override long GetTimestamp() => Now.Ticks;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _utcFrom + (Now - _from);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        TimeProvider.System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}
