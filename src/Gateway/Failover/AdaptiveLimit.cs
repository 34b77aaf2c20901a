using Gateway.Health.Model;

namespace Gateway.Failover;

/// <summary>
/// The limit of a tier with <c>capacity: auto</c>. Requests add their response times, one increment each; the first of them after a window
/// works out the next limit, and none waits for it.
/// </summary>
internal sealed class AdaptiveLimit(TimeProvider time, Func<double> draw)
{
    /// <summary>A window's least length; it goes on until it has enough response times.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private const int LeastSamples = 20;

    private readonly long _began = time.GetTimestamp();
    private LatencyHistogram _latencies = new();
    private LimitState _state = LimitRule.Begin;
    private long _windowBegan = time.GetTimestamp();
    private int _limit = (int)LimitRule.First;
    private int _limitOfOthers = (int)LimitRule.First;
    private int _mostInFlight;
    private bool _newOnly = true;
    private int _turn;

    /// <summary>The most that were in flight of late: by it the levels that leave room for more important ones are let in.</summary>
    public RecentPeak Peak { get; } = new(time);

    /// <summary>Requests that the tier may have in flight now.</summary>
    public int Current => Volatile.Read(ref _limit);

    /// <summary>The same for the levels that leave room for more important ones: fewer while response times are measured.</summary>
    public int CurrentOfOthers => Volatile.Read(ref _limitOfOthers);

    /// <summary>A response time: of a response, or of a wait that was given up.</summary>
    /// <param name="latency">From the attempt's begin.</param>
    /// <param name="inFlight">The tier's requests in flight.</param>
    public void Sample(TimeSpan latency, int inFlight)
    {
        if (Volatile.Read(ref _newOnly) && latency > time.GetElapsedTime(Volatile.Read(ref _windowBegan)))
        {
            // It was let in under the limit of before, and tells nothing of the halved or doubled one.
            return;
        }

        var latencies = Volatile.Read(ref _latencies);
        latencies.Record(latency);
        if (inFlight > Volatile.Read(ref _mostInFlight))
        {
            // Lost by a race it is a little too small, and right in the next window.
            Volatile.Write(ref _mostInFlight, inFlight);
        }

        if (time.GetElapsedTime(Volatile.Read(ref _windowBegan)) < Window || Interlocked.Exchange(ref _turn, 1) != 0)
        {
            return;
        }

        if (latencies.Count >= LeastSamples && time.GetElapsedTime(_windowBegan) >= Window)
        {
            _state = LimitRule.Next(_state, latencies.Quantile(0.5), _mostInFlight, time.GetElapsedTime(_began), draw());
            Volatile.Write(ref _limit, (int)_state.Limit);
            Volatile.Write(ref _limitOfOthers, (int)_state.LimitOfOthers);
            Volatile.Write(ref _newOnly, _state is { Before: not null } or { IsRising: true } or { SparesHigh: true });
            Volatile.Write(ref _latencies, new LatencyHistogram());
            Volatile.Write(ref _mostInFlight, 0);
            Volatile.Write(ref _windowBegan, time.GetTimestamp());
        }

        Volatile.Write(ref _turn, 0);
    }
}
