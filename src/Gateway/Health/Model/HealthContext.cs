namespace Gateway.Health.Model;

/// <summary>What is true around a destination while evidence about it is judged.</summary>
/// <param name="Exhausted">No tier of the cluster can serve.</param>
/// <param name="HasSpare">Another destination of the cluster is healthy and not suspect.</param>
/// <param name="Doubtful">Our own process was starved just now: lateness may be ours.</param>
/// <param name="LateAfter">From when lateness is a failure.</param>
/// <param name="IsLast">No other destination of the cluster serves.</param>
/// <param name="HasRoom">Its tier may lose one more destination to traffic (<c>passive.maxEjected</c>).</param>
/// <param name="OthersServed">Other routes than the one of the evidence are in use: some destination serves them, in the window.</param>
internal readonly record struct HealthContext(
    bool Exhausted,
    bool HasSpare,
    bool Doubtful,
    TimeSpan LateAfter,
    bool IsLast = false,
    bool HasRoom = true,
    bool OthersServed = false);
