namespace Gateway.Hosting;

/// <summary>
/// The system's clock, whose periodic timers fall due together: each at the multiples of its period, whenever it was made. An idle gateway
/// looks after itself in a dozen places, and each wake-up of the process costs more than the look.
/// </summary>
internal sealed class CoalescedTime : TimeProvider
{
    // Below this a period is somebody's resolution, not a look now and then.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, period >= Shortest
            && dueTime > TimeSpan.Zero ? FirstDue(GetTimestamp(), TimestampFrequency, dueTime, period) : dueTime, period);

    /// <summary>When a periodic timer fires first: at a multiple of its period, at most a period later than it was meant to.</summary>
    /// <param name="timestamp">The clock's reading now.</param>
    /// <param name="frequency">Its ticks a second.</param>
    /// <param name="dueTime">When it was meant to fire first.</param>
    /// <param name="period">Its period.</param>
    internal static TimeSpan FirstDue(long timestamp, long frequency, TimeSpan dueTime, TimeSpan period)
    {
        var now = (long)((Int128)timestamp * TimeSpan.TicksPerSecond / frequency);
        var since = (now + dueTime.Ticks) % period.Ticks;
        return since == 0 ? dueTime : dueTime + TimeSpan.FromTicks(period.Ticks - since);
    }
}
