using Gateway.Configuration;

namespace Gateway.Health;

/// <summary>
/// Failures of one route at one destination: the run of them, and their share in the window. Kept apart by route, so that many cheap successes do
/// not hide that one route is broken. Knows no clock; only the loop touches it.
/// </summary>
internal sealed class RouteRecord(RouteTally tally)
{
    private readonly FailureWindow _window = new();
    private long _counted;
    private long _atLastFailure = -1;
    private long _atLastLate = -1;

    /// <summary>Failures in a row.</summary>
    public int Run { get; private set; }

    /// <summary>Late attempts in a row, however little they were late.</summary>
    public int LateRun { get; private set; }

    /// <summary>Brings the successes since the last look into the window, and into <paramref name="all"/>, the window of the whole destination.</summary>
    public void CountSuccesses(FailureWindow all, PassiveConfig passive, TimeSpan now)
    {
        var successes = tally.Successes - _counted;
        if (successes > 0)
        {
            _window.Add(successes, 0, passive.Window, now);
            all.Add(successes, 0, passive.Window, now);
            _counted += successes;
        }
    }

    /// <summary>A failure; one that is not <paramref name="inRow"/> counts for the share only.</summary>
    public void Fail(bool inRow, FailureWindow all, PassiveConfig passive, TimeSpan now)
    {
        CountSuccesses(all, passive, now);
        _window.Add(0, 1, passive.Window, now);
        all.Add(0, 1, passive.Window, now);
        if (inRow)
        {
            Run = _counted == _atLastFailure ? Run + 1 : 1;
            _atLastFailure = _counted;
        }
    }

    /// <summary>An attempt was late.</summary>
    public void Late()
    {
        var successes = tally.Successes;
        LateRun = successes == _atLastLate ? LateRun + 1 : 1;
        _atLastLate = successes;
    }

    /// <summary>The share of failures is too high, and rests on enough requests.</summary>
    public bool ShareTooHigh(PassiveConfig passive, TimeSpan now) => _window.ShareTooHigh(passive, now);

    /// <summary>Starts clean after a trial.</summary>
    public void Clear()
    {
        _window.Clear();
        _counted = tally.Successes;
        _atLastFailure = -1;
        _atLastLate = -1;
        Run = 0;
        LateRun = 0;
    }
}
