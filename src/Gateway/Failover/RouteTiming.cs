using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Rules;

namespace Gateway.Failover;

/// <summary>
/// How long one route's responses take, and the two waits that follow. Kept by route: beside a thousand pages of 5 ms a recommendation that
/// needs 2 s is not late. Everything but <see cref="Latency"/> is written by the failover loop alone.
/// </summary>
internal sealed class RouteTiming(string route, TimeSpan firstByte)
{
    private readonly UsualTimes _usual = new();
    private readonly UsualTimes _usualHeads = new();
    private long _hedgeDelay;
    private long _slowAfter;
    private long _slowHeadAfter;
    private bool _hasAvoided;
    private long _lateAfter = firstByte.Ticks;
    private Ewma _longTermP80 = new(TimeSpan.FromSeconds(30));

    /// <summary>The route's name.</summary>
    public string Route => route;

    /// <summary>Give it the time to the first byte of every good response, those of lingering attempts included.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Give it the time to the head of every event stream; <see cref="Latency"/> holds the time to their first content.</summary>
    public LatencyHistogram HeadLatency { get; } = new();

    /// <summary>
    /// While two tiers are compared: from when a response's first byte, or an event stream's first content, is slow; null: nothing is
    /// compared, or too little was known when the ramp began.
    /// </summary>
    public TimeSpan? SlowAfter => TimeOf(ref _slowAfter);

    /// <summary>The same for the head of an event stream.</summary>
    public TimeSpan? SlowHeadAfter => TimeOf(ref _slowHeadAfter);

    /// <summary>
    /// How long a first response may take before a second attempt starts; null while fewer than 50 latency samples exist. From 20 ms to
    /// <c>timeouts.firstByte</c>.
    /// </summary>
    public TimeSpan? HedgeDelay => TimeOf(ref _hedgeDelay);

    /// <summary>
    /// From when lateness is a failure and not mere slowness: a lingering attempt is cut at this age, and a response slower than this is
    /// told as Late, not as a success. From 250 ms to <c>timeouts.firstByte</c>, which it is until there were 50 latency samples at once;
    /// from then on what is known of the long term counts, even while fewer are left.
    /// </summary>
    public TimeSpan LateAfter => new(Volatile.Read(ref _lateAfter));

    /// <summary>
    /// Some destination is avoided by this route (<see cref="RouteSuccessCounter.Avoidance"/>): the choice among them has to look. Written
    /// by the loop alone.
    /// </summary>
    public bool HasAvoided
    {
        get => Volatile.Read(ref _hasAvoided);
        internal set => Volatile.Write(ref _hasAvoided, value);
    }

    /// <summary>A destination is forecast to fail: second attempts start after half of the time, never before 20 ms.</summary>
    internal bool HedgesSooner { get; set; }

    /// <summary><see cref="LateAfter"/> as it was recorded last.</summary>
    internal TimeSpan Recorded { get; set; }

    /// <summary>Derives both waits anew.</summary>
    internal void Measure(TimeoutsConfig timeouts, TimeSpan now)
    {
        if (Latency.Count >= AttemptTiming.MinimumResponses)
        {
            _longTermP80 = _longTermP80.With(Latency.Quantile(0.8).TotalSeconds, now);
        }

        var delay = AttemptTiming.HedgeDelay(Latency, timeouts)?.Ticks ?? 0;
        var sooner = Math.Max(delay / 2, Math.Min(delay, AttemptTiming.ShortestHedge.Ticks));
        Volatile.Write(ref _hedgeDelay, HedgesSooner ? sooner : delay);
        Volatile.Write(ref _lateAfter, AttemptTiming.LateAfter(_longTermP80, timeouts).Ticks);
    }

    /// <summary>A replay: so it was measured then.</summary>
    internal void Restore(TimeSpan lateAfter) => Volatile.Write(ref _lateAfter, lateAfter.Ticks);

    /// <summary>The tier serves alone: what its responses take is usual for it.</summary>
    internal void Learn(string tier, TimeSpan now)
    {
        _usual.Learn(tier, Latency, now);
        _usualHeads.Learn(tier, HeadLatency, now);
    }

    /// <summary>
    /// A tier that returns is compared from now on; null: none is any more. What is slow stays as it was then: it must not move with what
    /// the tier shows.
    /// </summary>
    internal void Compare(string? tier)
    {
        Volatile.Write(ref _slowAfter, tier is null ? 0 : _usual.SlowAfter(tier, Latency)?.Ticks ?? 0);
        Volatile.Write(ref _slowHeadAfter, tier is null ? 0 : _usualHeads.SlowAfter(tier, HeadLatency)?.Ticks ?? 0);
    }

    /// <summary>Lets the past fade, unless so little is known that nothing would be left of it.</summary>
    internal void Decay()
    {
        if (Latency.Count >= AttemptTiming.MinimumResponses * 4)
        {
            Latency.Decay();
            HeadLatency.Decay();
        }
    }

    private static TimeSpan? TimeOf(ref long ticks) => Volatile.Read(ref ticks) is > 0 and var known ? new TimeSpan(known) : null;
}
