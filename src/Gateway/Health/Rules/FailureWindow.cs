using Gateway.Configuration.Model;

namespace Gateway.Health.Rules;

/// <summary>
/// Successes and failures of the recent past in a ring of ten buckets. Knows no clock; the caller tells the time and never goes back.
/// </summary>
internal sealed class FailureWindow
{
    private const int Buckets = 10;

    private readonly long[] _successes = new long[Buckets];
    private readonly long[] _failures = new long[Buckets];
    private long _current;

    /// <summary>Adds what happened until <paramref name="now"/>.</summary>
    public void Add(long successes, long failures, TimeSpan window, TimeSpan now)
    {
        Advance(window, now);
        _successes[_current % Buckets] += successes;
        _failures[_current % Buckets] += failures;
    }

    /// <summary>What the window holds.</summary>
    public RouteCount Count(TimeSpan window, TimeSpan now)
    {
        Advance(window, now);
        long successes = 0;
        long failures = 0;
        for (var index = 0; index < Buckets; index++)
        {
            successes += _successes[index];
            failures += _failures[index];
        }

        return new RouteCount(successes, failures);
    }

    /// <summary>The share of failures is too high, and rests on enough requests.</summary>
    public bool ShareTooHigh(PassiveConfig passive, TimeSpan now)
    {
        var count = Count(passive.Window, now);
        return count.Requests >= passive.MinimumRequests && count.FailureShare >= passive.FailureRatio;
    }

    /// <summary>Forgets everything: a destination that passed its half-open probe starts clean.</summary>
    public void Clear()
    {
        Array.Clear(_successes);
        Array.Clear(_failures);
    }

    private void Advance(TimeSpan window, TimeSpan now)
    {
        var bucket = now.Ticks / Math.Max(1, window.Ticks / Buckets);
        if (bucket <= _current)
        {
            return;
        }

        for (var gone = Math.Max(_current + 1, bucket - Buckets + 1); gone <= bucket; gone++)
        {
            _successes[gone % Buckets] = 0;
            _failures[gone % Buckets] = 0;
        }

        _current = bucket;
    }
}
