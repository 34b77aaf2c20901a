namespace Gateway.Failover;

/// <summary>
/// When the failover loop looks at the clock next. Evidence, probes' results and commands wake it whenever they come; a tick is for what
/// only time changes: a probe that is due, an ejection that ends, a ramp, a wait. Pure.
/// </summary>
internal static class TickPlan
{
    /// <summary>Between two ticks at least, and at most while time changes something: no decision by time is later than this.</summary>
    public static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Between two ticks at most: late ticks show that this process is starved (<see cref="Health.Rules.LocalHealthGuard"/>), however
    /// little there is to do. While requests come, they show it as soon as <see cref="TickEvery"/> allows.
    /// </summary>
    public static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan Unit = TimeSpan.FromMilliseconds(1);

    /// <summary>The next tick.</summary>
    /// <param name="ticked">The last one's end.</param>
    /// <param name="due">When time may next change something.</param>
    public static TimeSpan Next(TimeSpan ticked, TimeSpan due)
    {
        var earliest = ticked + TickEvery;

        // The end of a rest falls on a round number, as the ends of other parts' rests do: the process wakes once for all of them.
        var latest = TimeSpan.FromTicks((ticked + LongestRest).Ticks / LongestRest.Ticks * LongestRest.Ticks);
        return due < earliest || latest < earliest ? earliest : due > latest ? latest : due;
    }

    /// <summary>What the timer is set to. Timers count whole milliseconds, and one that fires too early would fire twice.</summary>
    public static TimeSpan Wait(TimeSpan next, TimeSpan now) =>
        next <= now ? TimeSpan.Zero : TimeSpan.FromTicks((next - now + Unit).Ticks / Unit.Ticks * Unit.Ticks);
}
