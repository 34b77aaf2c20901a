using Gateway.Configuration.Model;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>Every failure of a destination, and beside it those that are its own.</summary>
[Trait("kind", "unit")]
public sealed class DestinationWindowsTests
{
    private static readonly PassiveConfig Passive = new() { MinimumRequests = 4, FailureRatio = 0.5 };

    private readonly DestinationWindows _windows = new();

    [Theory]
    [InlineData(0, 0, 0, false, false)]
    [InlineData(0, 3, 3, false, false)]
    [InlineData(0, 4, 0, true, false)]
    [InlineData(0, 0, 4, false, true)]
    [InlineData(2, 2, 1, true, false)]
    [InlineData(2, 1, 2, false, true)]
    [InlineData(3, 2, 2, false, false)]
    [InlineData(3, 3, 2, true, false)]
    [InlineData(3, 2, 3, false, true)]
    [InlineData(3, 3, 3, true, true)]
    public void Counts_OfAllAndOfItsOwn_AreKeptApart(
        long successes, long failures, long confirmed, bool tooHigh, bool confirmedTooHigh)
    {
        _windows.Add(successes, failures, confirmed, Passive.Window, At(0));

        Assert.Equal(new RouteCount(successes, failures), _windows.Count(Passive, At(0)));
        Assert.Equal(new RouteCount(successes, confirmed), _windows.CountConfirmed(Passive, At(0)));
        Assert.Equal(tooHigh, _windows.ShareTooHigh(Passive, At(0)));
        Assert.Equal(confirmedTooHigh, _windows.ConfirmedShareTooHigh(Passive, At(0)));
    }

    [Fact]
    public void Counts_AddUp_AndLeaveWithTheWindow()
    {
        _windows.Add(1, 2, 3, Passive.Window, At(0));
        _windows.Add(10, 20, 30, Passive.Window, At(5));
        Assert.Equal(new RouteCount(11, 22), _windows.Count(Passive, At(9.9)));
        Assert.Equal(new RouteCount(11, 33), _windows.CountConfirmed(Passive, At(9.9)));
        Assert.Equal(new RouteCount(10, 20), _windows.Count(Passive, At(10)));
        Assert.Equal(new RouteCount(10, 30), _windows.CountConfirmed(Passive, At(10)));
        Assert.Equal(new RouteCount(0, 0), _windows.Count(Passive, At(15)));
        Assert.Equal(new RouteCount(0, 0), _windows.CountConfirmed(Passive, At(15)));
    }

    [Fact]
    public void Cleared_HoldsNothing()
    {
        _windows.Add(1, 4, 4, Passive.Window, At(0));
        _windows.Clear();
        Assert.Equal(new RouteCount(0, 0), _windows.Count(Passive, At(0)));
        Assert.Equal(new RouteCount(0, 0), _windows.CountConfirmed(Passive, At(0)));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
