using Gateway.Configuration.Model;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>How far one route's requests keep away from a destination, and when they come back.</summary>
[Trait("kind", "unit")]
public sealed class RouteAvoidanceTests
{
    private static readonly PassiveConfig Passive = new()
    {
        EjectFor = TimeSpan.FromSeconds(5),
        MaxEjectFor = TimeSpan.FromSeconds(30),
        Window = TimeSpan.FromSeconds(100),
    };

    private readonly RouteSuccessCounter _tally = new("dear");
    private readonly DestinationWindows _all = new();
    private readonly RouteFailureTracker _tracker;

    public RouteAvoidanceTests() => _tracker = new RouteFailureTracker(_tally);

    /// <summary>N not at all, D deferred, S suspected, I ill; each with the second at which it is to end.</summary>
    [Theory]
    [InlineData("D10", 'D', 10)]
    [InlineData("S10", 'S', 10)]
    [InlineData("I10", 'I', 10)]
    [InlineData("S10 D20", 'S', 10)]
    [InlineData("I10 S20", 'I', 10)]
    [InlineData("I10 D20", 'I', 10)]
    [InlineData("D10 D20", 'D', 20)]
    [InlineData("D20 D10", 'D', 20)]
    [InlineData("S10 S20", 'S', 20)]
    [InlineData("S20 S10", 'S', 20)]
    [InlineData("D60 S6", 'S', 6)]
    [InlineData("S60 I6", 'I', 6)]
    [InlineData("S6 I60", 'I', 60)]
    public void Avoided_MoreThanOnce_HoldsTheFurtherAndTheLonger(string orders, char how, double until)
    {
        foreach (var order in orders.Split(' '))
        {
            _tracker.Avoid(Parse(order[0]), At(int.Parse(order[1..])), Passive, At(1));
        }

        Assert.Equal((Parse(how), Parse(how)), (_tracker.Avoidance, _tally.Avoidance));
        _tracker.Expire(Passive, At(until - 0.001));
        Assert.Equal(Parse(how), _tracker.Avoidance);
        _tracker.Expire(Passive, At(until));
        Assert.Equal(RouteAvoidance.None, _tracker.Avoidance);
    }

    /// <summary>When the route began to be suspected or ill, each order one second after the other.</summary>
    [Theory]
    [InlineData("", null)]
    [InlineData("D", null)]
    [InlineData("DD", null)]
    [InlineData("S", 1)]
    [InlineData("I", 1)]
    [InlineData("DS", 2)]
    [InlineData("DDI", 3)]
    [InlineData("SS", 1)]
    [InlineData("SI", 1)]
    [InlineData("II", 1)]
    [InlineData("SD", 1)]
    [InlineData("SND", 1)]
    [InlineData("SNDS", 4)]
    [InlineData("INI", 3)]
    public void AvoidedSince_IsWhenTheSuspicionBegan(string orders, int? since)
    {
        var now = TimeSpan.Zero;
        foreach (var order in orders)
        {
            now += At(1);
            if (order == 'N')
            {
                _tracker.StopAvoiding();
            }
            else
            {
                _tracker.Avoid(Parse(order), At(60), Passive, now);
            }
        }

        Assert.Equal(since is { } second ? At(second) : (TimeSpan?)null, _tracker.AvoidedSince);
    }

    /// <summary>A run that is long enough is told as such; else all that the window holds is compared.</summary>
    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("ssff", 2, 2)]
    [InlineData("ssxxx", 2, 3)]
    [InlineData("ssttt", 2, 0)]
    [InlineData("ssfff", 0, 3)]
    [InlineData("ssffff", 0, 4)]
    [InlineData("fffsff", 1, 5)]
    public void AtSuspicion_RememberWhatItRestedOn(string events, long successes, long failures)
    {
        Play(events);
        _tracker.Avoid(RouteAvoidance.Suspected, At(6), Passive, At(1));
        Assert.Equal(new RouteCount(successes, failures), _tracker.AtSuspicion);
    }

    [Theory]
    [InlineData('S', 2, 2)]
    [InlineData('I', 2, 2)]
    [InlineData('D', 0, 0)]
    public void AtSuspicion_IsNotTakenAnewWhileItLasts(char how, long successes, long failures)
    {
        Play("ssff");
        _tracker.Avoid(Parse(how), At(6), Passive, At(1));
        Play("f");
        _tracker.Avoid(Parse(how), At(6), Passive, At(1));
        Assert.Equal(new RouteCount(successes, failures), _tracker.AtSuspicion);
    }

    /// <summary>A success breaks a suspicion that rests on a run, and nothing else.</summary>
    [Theory]
    [InlineData('S', "fff", "", 'S')]
    [InlineData('S', "fff", "s", 'N')]
    [InlineData('S', "ff", "s", 'S')]
    [InlineData('S', "xxxx", "s", 'S')]
    [InlineData('I', "fff", "s", 'I')]
    [InlineData('D', "fff", "s", 'D')]
    public void Suspicion_FromARun_IsBrokenByASuccess(char how, string before, string after, char left)
    {
        Play(before);
        _tracker.Avoid(Parse(how), At(6), Passive, At(1));
        Play(after);
        _tracker.Expire(Passive, At(2));
        Assert.Equal(Parse(left), _tracker.Avoidance);
    }

    [Fact]
    public void Over_ByTime_ForgetsTheComparison()
    {
        _tracker.Avoid(RouteAvoidance.Suspected, At(6), Passive, At(1));
        _tracker.NeighboursServe = true;
        _tracker.Baseline = new Dictionary<DestinationMonitor, RouteCount>();

        _tracker.Expire(Passive, At(5.9));
        Assert.True(_tracker.NeighboursServe);
        Assert.NotNull(_tracker.Baseline);

        _tracker.Expire(Passive, At(6));
        Assert.False(_tracker.NeighboursServe);
        Assert.Null(_tracker.Baseline);
    }

    [Fact]
    public void Ill_EachTime_KeepsAwayForTwiceAsLong()
    {
        var now = At(100);
        foreach (var seconds in (double[])[5, 10, 20, 30, 30])
        {
            AssertIllFor(seconds, now);
            now += At(seconds);
        }
    }

    [Fact]
    public void Ill_ToldAgainMeanwhile_IsNeitherLengthenedNorCounted()
    {
        _tracker.AvoidAsIll(Passive, At(100));
        _tracker.AvoidAsIll(Passive, At(104));
        _tracker.Expire(Passive, At(105));
        Assert.Equal(RouteAvoidance.None, _tracker.Avoidance);
        AssertIllFor(10, At(105));
    }

    /// <summary>Once the longest ejection and ten times the first have passed since it began, it is as if it had never been.</summary>
    [Theory]
    [InlineData(79.999, 10)]
    [InlineData(80, 5)]
    [InlineData(1000, 5)]
    public void Ill_LongAgo_IsForgotten(double later, double seconds)
    {
        AssertIllFor(5, At(100));
        _tracker.Expire(Passive, At(100 + later));
        AssertIllFor(seconds, At(100 + later));
    }

    [Fact]
    public void Ill_AfterAPause_IsIllAtOnce()
    {
        _tracker.Avoid(RouteAvoidance.Deferred, At(160), Passive, At(100));
        AssertIllFor(5, At(100));
    }

    private static RouteAvoidance Parse(char letter) => letter switch
    {
        'D' => RouteAvoidance.Deferred,
        'S' => RouteAvoidance.Suspected,
        'I' => RouteAvoidance.Ill,
        _ => RouteAvoidance.None,
    };

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private void AssertIllFor(double seconds, TimeSpan now)
    {
        _tracker.AvoidAsIll(Passive, now);
        Assert.Equal((RouteAvoidance.Ill, now), (_tracker.Avoidance, _tracker.AvoidedSince));
        _tracker.Expire(Passive, now + At(seconds - 0.001));
        Assert.Equal(RouteAvoidance.Ill, _tracker.Avoidance);
        _tracker.Expire(Passive, now + At(seconds));
        Assert.Equal(RouteAvoidance.None, _tracker.Avoidance);
    }

    private void Play(string events)
    {
        foreach (var letter in events)
        {
            if (letter == 's')
            {
                _tally.Success();
            }
            else
            {
                _tracker.Fail(isLone: letter != 't', inRow: letter == 'f', _all, Passive, At(1));
            }
        }
    }
}
