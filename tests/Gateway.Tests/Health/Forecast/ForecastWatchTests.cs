using Gateway.Health.Forecast;
using Gateway.Observability.History;
using Xunit;

namespace Gateway.Tests.Health.Forecast;

[Trait("kind", "unit")]
public sealed class ForecastWatchTests
{
    private static readonly Assessment Likely = new(0.8, "probe time has drifted");
    private static readonly Assessment Calm = new(0.002, "");

    /// <summary>From 300 s on a failure is likely; what comes of it.</summary>
    [Theory]
    [InlineData("fails at 400", nameof(ForecastOutcome.CameTrue), 90)]
    [InlineData("fails at 315", nameof(ForecastOutcome.TooLate), 5)]
    [InlineData("fails at 305", nameof(ForecastOutcome.Missed), 0)]
    [InlineData("does not fail", nameof(ForecastOutcome.DidNot), 300)]
    public void Alarm_ThatIsOver_IsResolved(string happens, string outcome, int after)
    {
        var failsAt = happens.Split(' ') is [.., var last] && int.TryParse(last, out var at) ? at : int.MaxValue;
        var events = Run(second => second < 300 ? Calm : Likely, second => second < failsAt, 800);

        var over = Assert.Single(
            events, static e => e.Event is { Outcome: ForecastOutcome.Missed } or { IsAlarm: true, Outcome: not null });
        Assert.Equal(outcome, over.Event.Outcome.ToString());
        Assert.Equal(TimeSpan.FromSeconds(after), over.Event.Age);
        Assert.Equal(outcome is nameof(ForecastOutcome.Missed) ? 0 : 1, events.Count(static e => IsMade(e.Event)));
    }

    [Fact]
    public void Alarm_NeedsTenSeconds_AndThreeMinutesOfService()
    {
        Assert.DoesNotContain(Run(second => second % 12 < 9 ? Likely : Calm, static _ => true, 900), static e => e.Event.IsAlarm);
        Assert.Equal(190, Run(static _ => Likely, static _ => true, 300).First(static e => e.Event.IsAlarm).Second);
    }

    [Fact]
    public void Alarm_ThatWasFalse_IsNotMadeAgainForAQuarterOfAnHour()
    {
        var events = Run(static _ => Likely, static _ => true, 3600);
        int[] made = [.. events.Where(static e => IsMade(e.Event)).Select(static e => e.Second)];

        Assert.Equal([190, 190 + 300 + 900, 190 + (2 * 1200)], made);
    }

    /// <summary>What came too early to be right is said again once it is surer, and only then.</summary>
    [Theory]
    [InlineData(0.6, 0.9, true)]
    [InlineData(0.6, 0.75, false)]
    [InlineData(0.9, 0.9, false)]
    public void Alarm_ThatCameTooEarly_IsMadeAgain_IfSurer(double early, double then, bool again)
    {
        var events = Run(
            second => new Assessment(second < 520 ? early : then, "memory has risen"), static second => second < 640, 641);

        Assert.Equal(again ? [190, 530] : [190], events.Where(static e => IsMade(e.Event)).Select(static e => e.Second));
        Assert.Equal(
            [ForecastOutcome.DidNot, again ? ForecastOutcome.CameTrue : ForecastOutcome.Missed],
            events.Where(static e => e.Event is { IsAlarm: true, Outcome: not null } or { Outcome: ForecastOutcome.Missed })
                .Select(static e => e.Event.Outcome.GetValueOrDefault()));
    }

    [Fact]
    public void Forecasts_OfACalmDestination_AreMadeEveryFiveMinutes()
    {
        var events = Run(static _ => Calm, static _ => true, 1400);

        Assert.Equal([480, 780, 1080, 1380], events.Select(static e => e.Second));
        Assert.All(events, static e => Assert.Equal((false, ForecastOutcome.DidNot), (e.Event.IsAlarm, e.Event.Outcome)));
    }

    [Fact]
    public void Drained_ForgetsWhatWasSaid()
    {
        var watch = new ForecastWatch(TimeSpan.Zero);
        var all = new List<ForecastEvent>();
        for (var second = 1; second < 700; second++)
        {
            all.AddRange(watch.Observe(Likely, serves: second < 320, isExcused: second is >= 250 and < 400, TimeSpan.FromSeconds(second)));
        }

        Assert.Single(all);
        Assert.Null(all[0].Outcome);
    }

    private static bool IsMade(ForecastEvent happened) => happened is { IsAlarm: true, Outcome: null };

    private static List<(int Second, ForecastEvent Event)> Run(Func<int, Assessment> said, Func<int, bool> serves, int seconds)
    {
        var watch = new ForecastWatch(TimeSpan.Zero);
        var all = new List<(int, ForecastEvent)>();
        for (var second = 1; second <= seconds; second++)
        {
            var events = watch.Observe(said(second), serves(second), isExcused: false, TimeSpan.FromSeconds(second));
            all.AddRange(events.Select(e => (second, e)));
        }

        return all;
    }
}
