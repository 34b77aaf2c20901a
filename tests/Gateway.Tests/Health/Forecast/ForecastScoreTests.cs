using FsCheck;
using FsCheck.Fluent;
using Gateway.Health.Forecast;
using Gateway.Observability.History;
using Xunit;

namespace Gateway.Tests.Health.Forecast;

[Trait("kind", "unit")]
public sealed class ForecastScoreTests
{
    [Fact]
    public void Score_OfAllOutcomes_IsCounted()
    {
        var score = ScoreTally.Of(
        [
            Alarm(0.8, ForecastOutcome.CameTrue, 60),
            Alarm(0.8, ForecastOutcome.CameTrue, 120),
            Alarm(0.6, ForecastOutcome.CameTrue, 200),
            Alarm(0.6, ForecastOutcome.DidNot, 300),
            Alarm(0.9, ForecastOutcome.TooLate, 4),
            Record(0, ForecastOutcome.Missed, 0),
            .. Enumerable.Range(0, 288).Select(static _ => Record(0, ForecastOutcome.DidNot, 300)),
        ]);

        Assert.Equal((3, 1, 1, 1), (score.Hits, score.FalseAlarms, score.TooLate, score.Missed));
        Assert.Equal(0.75, score.Precision);
        Assert.Equal(0.6, score.Recall);
        Assert.Equal(TimeSpan.FromSeconds(120), score.MedianLead);
        Assert.Equal(7, score.FalseAlarmsPerWeek);
        Assert.Equal(((0.04 * 2) + 0.16 + 0.36) / 292, score.Brier.GetValueOrDefault(), 9);
        Assert.Equal([(0, 288, 0), (0.6, 2, 0.5), (0.8, 2, 1)], score.Calibration.Select(static b => (b.From, b.Count, b.Came)));
    }

    [Fact]
    public void Score_OfWhatWasActedOn_RestsOnTheOthers()
    {
        var score = ScoreTally.Of(
        [
            Alarm(0.8, ForecastOutcome.DidNot, 300) with { IsActedOn = true },
            Alarm(0.8, ForecastOutcome.CameTrue, 100) with { IsActedOn = true },
        ]);

        Assert.Null(score.Precision);
        Assert.Equal((1, 0, 0), (score.Hits, score.FalseAlarms, score.Untouched));
        Assert.False(ForecastActs.AreEarned(score));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(3, 3, 0.4385)]
    [InlineData(4, 4, 0.5101)]
    [InlineData(8, 10, 0.4901)]
    [InlineData(0, 10, 0)]
    [InlineData(80, 100, 0.7112)]
    public void Bound_OfAShare_IsWilsons(int hits, int cases, double bound) => Assert.Equal(bound, WilsonBound.Lower(hits, cases), 3);

    /// <summary>Healthy, ill and forecast destinations of a tier; which get fewer requests.</summary>
    [Theory]
    [InlineData("F", "")]
    [InlineData("FH", "0")]
    [InlineData("FF", "1")]
    [InlineData("FX", "")]
    [InlineData("FFHH", "01")]
    [InlineData("FFFH", "12")]
    [InlineData("FFXH", "1")]
    [InlineData("FXXH", "")]
    [InlineData("FHH", "0")]
    public void Acts_InATier_LeaveTheLastAndHalf(string tier, string chosen)
    {
        var candidates = tier.Select(static (c, i) => new ForecastActCandidate(c != 'X', c == 'F', 0.5 + (i * 0.1))).ToArray();

        var acts = ForecastActs.Choose(candidates);

        Assert.Equal(chosen, string.Concat(Enumerable.Range(0, acts.Length).Where(i => acts[i])));
    }

    [Fact]
    public void Acts_InAnyTier_LeaveAHealthyDestination_AndHalf()
    {
        var candidate = from serves in Gen.Elements(true, false)
                        from forecast in Gen.Elements(true, false)
                        from percent in Gen.Choose(0, 100)
                        select new ForecastActCandidate(serves, forecast, percent / 100.0);
        Prop.ForAll(Gen.ArrayOf(candidate).ToArbitrary(), tier =>
        {
            var acts = ForecastActs.Choose(tier);
            var touched = acts.Count(static a => a);
            Assert.True(touched == 0 || tier.Where((c, i) => c.Serves && !acts[i]).Any());
            Assert.True(touched == 0 || touched + tier.Count(static c => !c.Serves) <= tier.Length / 2);
            Assert.DoesNotContain(true, tier.Select((c, i) => acts[i] && !c.IsForecast));
        }).QuickCheckThrowOnFailure();
    }

    private static ForecastRecord Alarm(double probability, ForecastOutcome outcome, int seconds) =>
        Record(probability, outcome, seconds) with { IsAlarm = true };

    private static ForecastRecord Record(double probability, ForecastOutcome outcome, int seconds) =>
        new(DateTimeOffset.UnixEpoch, "guide", "a", probability, outcome, TimeSpan.FromSeconds(seconds));
}
