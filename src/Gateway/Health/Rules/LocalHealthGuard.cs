namespace Gateway.Health.Rules;

/// <summary>
/// Distinguishes a slow upstream from a starved local process. When our own loop ran late, a timeout may be our fault: for a short grace
/// evidence that rests on time alone is not believed. Evidence that needs no clock (refused, reset, a status) always is. A grace cannot
/// follow upon a grace, so that a machine that is always short of CPU still fails over, only later.
/// </summary>
internal readonly record struct LocalHealthGuard(TimeSpan GraceUntil = default, TimeSpan NextGraceFrom = default)
{
    /// <summary>A tick that comes this much after its plan tells of starvation.</summary>
    public static readonly TimeSpan LateTick = TimeSpan.FromMilliseconds(250);

    /// <summary>How long we mistrust our clocks.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>From the start of one grace to the earliest start of the next.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <summary>A tick was planned for <paramref name="planned"/> and ran at <paramref name="now"/>.</summary>
    public LocalHealthGuard OnTick(TimeSpan planned, TimeSpan now) =>
        now - planned > LateTick && now >= NextGraceFrom ? new LocalHealthGuard(now + Grace, now + Pause) : this;

    /// <summary>True: do not believe in lateness now.</summary>
    public bool Doubts(TimeSpan now) => now < GraceUntil;
}
