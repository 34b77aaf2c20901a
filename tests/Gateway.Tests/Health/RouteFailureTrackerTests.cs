using Gateway.Configuration.Model;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>Runs and shares of one route's failures at one destination, and what is counted into the windows.</summary>
[Trait("kind", "unit")]
public sealed class RouteFailureTrackerTests
{
    private static readonly PassiveConfig Passive = new() { MinimumRequests = 4, FailureRatio = 0.5 };

    private readonly RouteSuccessCounter _tally = new("dear");
    private readonly DestinationWindows _all = new();
    private readonly RouteFailureTracker _tracker;

    public RouteFailureTrackerTests() => _tracker = new RouteFailureTracker(_tally);

    /// <summary>
    /// A letter an event: s success, f failure that is tried nowhere else, x such a one that counts for the share only, t failure that is
    /// tried elsewhere, c confirmed as the destination's own.
    /// </summary>
    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("s", 0, 0)]
    [InlineData("f", 1, 0)]
    [InlineData("ff", 2, 0)]
    [InlineData("fff", 3, 0)]
    [InlineData("sff", 2, 0)]
    [InlineData("ffs", 0, 0)]
    [InlineData("ffsf", 1, 0)]
    [InlineData("ffsff", 2, 0)]
    [InlineData("xx", 0, 0)]
    [InlineData("fxf", 2, 0)]
    [InlineData("tt", 0, 0)]
    [InlineData("ftf", 2, 0)]
    [InlineData("c", 0, 1)]
    [InlineData("ccc", 0, 3)]
    [InlineData("sc", 0, 1)]
    [InlineData("ccs", 0, 0)]
    [InlineData("ccsc", 0, 1)]
    [InlineData("tctc", 0, 2)]
    [InlineData("fcfcsf", 1, 0)]
    public void Runs_AfterEvents_AreThoseSinceTheLastSuccess(string events, int run, int confirmed)
    {
        Play(events);
        Assert.Equal((run, confirmed), (_tracker.Run, _tracker.ConfirmedRun));
    }

    [Theory]
    [InlineData("l", 1)]
    [InlineData("ll", 2)]
    [InlineData("lll", 3)]
    [InlineData("sl", 1)]
    [InlineData("llsl", 1)]
    [InlineData("llsll", 2)]
    [InlineData("lfl", 2)]
    public void Lates_InARow_AreCounted(string events, int run)
    {
        Assert.Equal(0, _tracker.LateRun);
        Play(events);
        Assert.Equal(run, _tracker.LateRun);
    }

    [Fact]
    public void Run_OfFailures_RemembersWhenItBegan()
    {
        Play("f", At(1));
        Assert.Equal(At(1), _tracker.RunBegan);
        Play("f", At(2));
        Assert.Equal(At(1), _tracker.RunBegan);
        Play("sf", At(5));
        Assert.Equal(At(5), _tracker.RunBegan);
        Play("f", At(6));
        Assert.Equal(At(5), _tracker.RunBegan);
    }

    /// <summary>Successes and failures: since the start, in the destination's windows, and in the route's own.</summary>
    [Theory]
    [InlineData("", 0, 0, 0)]
    [InlineData("sss", 0, 0, 0)]
    [InlineData("sssf", 3, 1, 0)]
    [InlineData("sfsf", 2, 2, 0)]
    [InlineData("sssfxt", 3, 3, 0)]
    [InlineData("sstctc", 2, 2, 2)]
    [InlineData("c", 0, 0, 1)]
    [InlineData("ssc", 2, 0, 1)]
    public void Counts_AfterEvents_AreKeptApart(string events, long successes, long failures, long confirmed)
    {
        Play(events);

        Assert.Equal("dear", _tracker.Route);
        Assert.Equal(new RouteCount(events.Count(static e => e == 's'), failures), _tracker.Total);
        Assert.Equal(new RouteCount(successes, failures), _all.Count(Passive, At(0)));
        Assert.Equal(new RouteCount(successes, confirmed), _all.CountConfirmed(Passive, At(0)));
        Assert.Equal(new RouteCount(successes, confirmed), _tracker.RecentConfirmed(Passive, At(0)));
    }

    [Theory]
    [InlineData("fff", false, false)]
    [InlineData("ffff", true, false)]
    [InlineData("ssff", true, false)]
    [InlineData("ssfx", true, false)]
    [InlineData("sssff", false, false)]
    [InlineData("ssfttt", false, false)]
    [InlineData("ccc", false, false)]
    [InlineData("cccc", false, true)]
    [InlineData("sscc", false, true)]
    [InlineData("ssscc", false, false)]
    [InlineData("ssffcc", true, true)]
    public void Shares_AfterEvents_AreTooHighFromTheRatioOn(string events, bool lone, bool confirmed)
    {
        Play(events);
        Assert.Equal(
            (lone, confirmed),
            (_tracker.LoneShareTooHigh(Passive, At(0)), _tracker.ConfirmedShareTooHigh(Passive, At(0))));
    }

    [Fact]
    public void Shares_OfWhatLeftTheWindow_SayNothing()
    {
        Play("ssffcc");
        Assert.True(_tracker.LoneShareTooHigh(Passive, At(9.9)));
        Assert.True(_tracker.ConfirmedShareTooHigh(Passive, At(9.9)));
        Assert.Equal(new RouteCount(2, 2), _tracker.RecentConfirmed(Passive, At(9.9)));
        Assert.False(_tracker.LoneShareTooHigh(Passive, At(10)));
        Assert.False(_tracker.ConfirmedShareTooHigh(Passive, At(10)));
        Assert.Equal(new RouteCount(0, 0), _tracker.RecentConfirmed(Passive, At(10)));
        Assert.Equal(new RouteCount(2, 2), _tracker.Total);
    }

    [Fact]
    public void Successes_AreBroughtIntoEveryWindowOnce()
    {
        Assert.False(_tracker.CountSuccesses(_all, Passive, At(0)));
        Play("ss");
        Assert.Equal(new RouteCount(0, 0), _all.Count(Passive, At(0)));

        Assert.True(_tracker.CountSuccesses(_all, Passive, At(0)));
        Assert.False(_tracker.CountSuccesses(_all, Passive, At(0)));
        Assert.Equal(new RouteCount(2, 0), _all.Count(Passive, At(0)));
        Assert.Equal(new RouteCount(2, 0), _all.CountConfirmed(Passive, At(0)));
        Assert.Equal(new RouteCount(2, 0), _tracker.RecentConfirmed(Passive, At(0)));

        Play("s");
        Assert.True(_tracker.CountSuccesses(_all, Passive, At(0)));
        Assert.Equal(new RouteCount(3, 0), _all.Count(Passive, At(0)));

        // The route's own window of failures that were tried nowhere else has them too: three of six are half, three of seven are not.
        Play("fff");
        Assert.True(_tracker.LoneShareTooHigh(Passive, At(0)));
        Play("s");
        _tracker.CountSuccesses(_all, Passive, At(0));
        Assert.False(_tracker.LoneShareTooHigh(Passive, At(0)));
    }

    [Fact]
    public void Cleared_StartsClean()
    {
        Play("ffffccccll");
        _tracker.Avoid(RouteAvoidance.Ill, At(100), Passive, At(0));
        _tracker.NeighboursServe = true;
        _tracker.Baseline = new Dictionary<DestinationMonitor, RouteCount>();
        Play("ss");

        _tracker.Clear();

        Assert.Equal((0, 0, 0), (_tracker.Run, _tracker.ConfirmedRun, _tracker.LateRun));
        Assert.Equal((RouteAvoidance.None, RouteAvoidance.None), (_tracker.Avoidance, _tally.Avoidance));
        Assert.False(_tracker.NeighboursServe);
        Assert.Null(_tracker.Baseline);
        Assert.Equal(new RouteCount(0, 0), _tracker.RecentConfirmed(Passive, At(0)));
        Assert.False(_tracker.LoneShareTooHigh(Passive, At(0)));
        Assert.False(_tracker.ConfirmedShareTooHigh(Passive, At(0)));

        // What succeeded before counts no more, but for the sum since the start.
        Assert.False(_tracker.CountSuccesses(_all, Passive, At(0)));
        Assert.Equal(new RouteCount(2, 4), _tracker.Total);
    }

    [Fact]
    public void Cleared_WithoutASuccessBetween_BeginsEachRunAtOne()
    {
        Play("ffffccccllll");
        _tracker.Clear();
        Play("fcl", At(7));
        Assert.Equal((1, 1, 1), (_tracker.Run, _tracker.ConfirmedRun, _tracker.LateRun));
        Assert.Equal(At(7), _tracker.RunBegan);
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private void Play(string events, TimeSpan now = default)
    {
        foreach (var letter in events)
        {
            switch (letter)
            {
                case 's':
                    _tally.Success();
                    break;
                case 'c':
                    _tracker.Confirm(_all, Passive, now);
                    break;
                case 'l':
                    _tracker.Late();
                    break;
                default:
                    _tracker.Fail(isLone: letter != 't', inRow: letter == 'f', _all, Passive, now);
                    break;
            }
        }
    }
}
