using Gateway.Failover;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>The limit of a tier of unknown size: on models of servers, over virtual time.</summary>
[Trait("kind", "unit")]
public sealed class LimitRuleTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(10)]
    [InlineData(50)]
    [InlineData(200)]
    [InlineData(1000)]
    public void Limit_UnderMoreThanTheTierCarries_SettlesNearItsSize(int size)
    {
        var model = new Model(size);
        model.Run(600, demand: size * 10);

        // Response times stay within twice the undisturbed.
        Assert.InRange(model.State.Limit, size * 0.8, size * 2.0);
    }

    [Fact]
    public void Limit_OverHoursOfOverload_DoesNotDriftUp()
    {
        var model = new Model(50);
        model.Run(4 * 3600, demand: 1000);
        Assert.InRange(model.State.Limit, 40, 100);
        Assert.InRange(model.State.Best.TotalMilliseconds, 90, 130);
    }

    [Theory]
    [InlineData(100, 25)]
    [InlineData(25, 100)]
    public void Limit_FollowsATierThatChangesItsSize(int before, int after)
    {
        var model = new Model(before);
        model.Run(600, demand: 2000);
        model.Size = after;
        model.Run(300, demand: 2000);
        Assert.InRange(model.State.Limit, after * 0.8, after * 2.0);
    }

    // Half of the limit is demand enough, and a measurement that is due now is due.
    [Theory]
    [InlineData(10, 59, 40, false)]
    [InlineData(9, 59, 20, false)]
    [InlineData(10, 60, 20, true)]
    public void Window_AtItsBounds_CountsAsReached(int mostInFlight, int second, double limit, bool sparesHigh)
    {
        var state = LimitRule.Begin with { Best = TimeSpan.FromMilliseconds(100), MeasureAt = 60 * Second };
        var next = LimitRule.Next(state, TimeSpan.FromMilliseconds(120), mostInFlight, second * Second, 0.5);
        Assert.Equal((limit, sparesHigh), (next.Limit, next.SparesHigh));
    }

    [Fact]
    public void Limit_WithoutDemand_DoesNotGrow()
    {
        var model = new Model(1000);
        model.Run(600, demand: 3);
        Assert.Equal(LimitRule.First, model.State.Limit);
    }

    [Fact]
    public void Limit_OfATierThatBecomesSlowerForGood_IsMeasuredAnew()
    {
        var model = new Model(50);
        model.Run(300, demand: 1000);
        model.Service = TimeSpan.FromMilliseconds(400);
        model.Run(600, demand: 1000);
        Assert.InRange(model.State.Limit, 40, 100);
        Assert.InRange(model.State.Best.TotalMilliseconds, 360, 520);
    }

    [Theory]
    [InlineData(50, 5)]
    [InlineData(400, 8)]
    public void Limit_AfterAFailover_IsFoundInSeconds(int size, int seconds)
    {
        var model = new Model(size);
        model.Run(seconds, demand: size * 10);
        Assert.InRange(model.State.Limit, size * 0.8, size * 3.3);
        model.Run(60, demand: size * 10);
        Assert.InRange(model.State.Limit, size * 0.8, size * 2.0);
    }

    [Fact]
    public void Limit_OfATierThatIsSlowWithoutLoad_DoesNotShrink()
    {
        var model = new Model(400);
        model.Run(300, demand: 4000);
        var before = model.State.Limit;
        model.Service = TimeSpan.FromMilliseconds(400);
        model.Run(40, demand: 30);
        Assert.Equal(before, model.State.Limit);
    }

    /// <summary>What is measured again costs important requests nothing where they alone fit.</summary>
    [Fact]
    public void Limit_LessImportantRequestsFillTheTier_ImportantOnesKeepTheirPlaces()
    {
        var (state, now, random) = (LimitRule.Begin, TimeSpan.Zero, new Random(7));
        var (least, measured) = (double.MaxValue, 0);
        for (var i = 0; i < 3600; i++)
        {
            now += Second;
            var inFlight = (int)Math.Min(1000, Math.Max(46, state.LimitOfOthers));
            var median = Second * 0.2 * (0.97 + (0.06 * random.NextDouble())) * Math.Max(1, inFlight / 50.0);
            state = LimitRule.Next(state, median, inFlight, now, random.NextDouble());
            least = i < 60 ? least : Math.Min(least, state.Limit);
            measured += state.SparesHigh ? 1 : 0;
        }

        Assert.True(least >= 46, least.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.InRange(measured, 40, 90);
        Assert.InRange(state.Best.TotalMilliseconds, 190, 210);
    }

    /// <summary>Where important requests alone are too many, they are held back as well, or the limit would drift up.</summary>
    [Fact]
    public void Limit_ImportantRequestsAreTooMany_AreHeldBackNext()
    {
        var state = new LimitState(60, Second, Second * 9, null);
        state = LimitRule.Next(state, Second * 1.5, 60, Second * 10, 0.5);
        Assert.Equal((60.0, 30.0, (double?)null), (state.Limit, state.LimitOfOthers, state.Before));
        state = LimitRule.Next(state, Second * 1.4, 60, Second * 11, 0.5);
        Assert.Equal((30.0, 30.0, (double?)60), (state.Limit, state.LimitOfOthers, state.Before));
        state = LimitRule.Next(state, Second * 1.2, 30, Second * 12, 0.5);
        Assert.Equal((60.0, 60.0, (double?)null, Second * 1.2), (state.Limit, state.LimitOfOthers, state.Before, state.Best));
    }

    [Fact]
    public void Limit_NeverLeavesItsBounds()
    {
        var state = LimitRule.Begin;
        for (var i = 0; i < 5000; i++)
        {
            state = LimitRule.Next(
                state,
                TimeSpan.FromMilliseconds(i % 7 == 0 ? 10_000 : 1),
                i % 3 == 0 ? 0 : 1_000_000,
                Second * i,
                i % 10 / 10.0);
            Assert.InRange(state.Limit, LimitRule.Least, LimitRule.Most);
        }
    }

    [Fact]
    public void Window_WithTooFewResponses_GoesOn()
    {
        var clock = new ManualTime();
        var limit = new AdaptiveLimit(clock, static () => 0.5);
        for (var i = 0; i < 19; i++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            limit.Sample(TimeSpan.FromMilliseconds(50), 30);
        }

        Assert.Equal(20, limit.Current);
        clock.Advance(TimeSpan.FromMilliseconds(100));
        limit.Sample(TimeSpan.FromMilliseconds(50), 30);
        clock.Advance(Second);
        for (var i = 0; i < 40; i++)
        {
            limit.Sample(TimeSpan.FromMilliseconds(50), 30);
        }

        Assert.True(limit.Current >= 20);
    }

    /// <summary>A tier that works on so many requests at once, each for its time; what comes beyond waits in it.</summary>
    private sealed class Model(int size)
    {
        private readonly Random _random = new(7);
        private TimeSpan _now;

        public int Size { get; set; } = size;

        public TimeSpan Service { get; set; } = TimeSpan.FromMilliseconds(100);

        public LimitState State { get; private set; } = LimitRule.Begin;

        public void Run(int seconds, int demand)
        {
            for (var i = 0; i < seconds; i++)
            {
                _now += Second;
                var inFlight = (int)Math.Min(demand, State.Limit);
                var noise = 0.95 + (0.1 * _random.NextDouble());
                State = LimitRule.Next(State, Service * noise * Math.Max(1, (double)inFlight / Size), inFlight, _now, _random.NextDouble());
            }
        }
    }
}
