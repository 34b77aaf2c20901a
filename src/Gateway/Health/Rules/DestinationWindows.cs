using Gateway.Configuration.Model;

namespace Gateway.Health.Rules;

/// <summary>The recent past of a destination over all routes: every failure, and those that are confirmed to be its own.</summary>
internal sealed class DestinationWindows
{
    private readonly FailureWindow _all = new();
    private readonly FailureWindow _confirmed = new();

    /// <summary>Adds what happened until <paramref name="now"/>.</summary>
    public void Add(long successes, long failures, long confirmed, TimeSpan window, TimeSpan now)
    {
        _all.Add(successes, failures, window, now);
        _confirmed.Add(successes, confirmed, window, now);
    }

    /// <summary>Everything.</summary>
    public RouteCount Count(PassiveConfig passive, TimeSpan now) => _all.Count(passive.Window, now);

    /// <summary>Successes, and failures that are its own.</summary>
    public RouteCount CountConfirmed(PassiveConfig passive, TimeSpan now) => _confirmed.Count(passive.Window, now);

    /// <summary>Most requests fail, whosever fault it is.</summary>
    public bool ShareTooHigh(PassiveConfig passive, TimeSpan now) => _all.ShareTooHigh(passive, now);

    /// <summary>Most requests fail, and others serve them.</summary>
    public bool ConfirmedShareTooHigh(PassiveConfig passive, TimeSpan now) => _confirmed.ShareTooHigh(passive, now);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _all.Clear();
        _confirmed.Clear();
    }
}
