using System.Globalization;
using Gateway.Health.Forecast;
using Xunit;

namespace Gateway.Tests.Health.Forecast;

/// <summary>What forecasts are worth, on virtual time and through the code that runs: the figures of docs/forecast.md.</summary>
[Trait("kind", "unit")]
[Trait("takes", "long")]
public sealed class ForecastSimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 50;

    [Theory]
    [InlineData(Fault.Leak)]
    [InlineData(Fault.CreepingLatency)]
    [InlineData(Fault.FillingQueue)]
    [InlineData(Fault.ErrorLines)]
    public void Fault_ThatGrows_IsForecastAMinuteBeforeUsersNotice(Fault fault)
    {
        var runs = Enumerable.Range(1, Seeds).Select(seed => ForecastSimulation.Run(fault, seed)).ToArray();
        var leads = runs.Select(static r => r.Lead).ToArray();
        var score = ScoreTally.Of(runs.SelectMany(static r => r.Records));
        Tell(fault.ToString(), score, leads.Count(static l => l >= 60));
        for (var index = 0; index < runs.Length; index++)
        {
            if (leads[index] is null or < 60)
            {
                var alarms = string.Join(", ", runs[index].Alarms.Select(static a => $"{a.Second} {a.Said}"));
                output.WriteLine($"seed {index + 1}: lead {leads[index]}, noticed at {runs[index].NoticedAt}, alarms {alarms}");
            }
        }

        Assert.True(leads.Count(static l => l >= 60) >= Seeds * 0.9, $"{leads.Count(static l => l >= 60)} of {Seeds}");
        Assert.All(runs.SelectMany(static r => r.Alarms), static a => Assert.NotEmpty(a.Said.Reason));
    }

    /// <summary>A tooth of the collector's saw makes a slow leak look steeper than it is for two minutes.</summary>
    [Theory]
    [InlineData(1015)]
    [InlineData(1025)]
    [InlineData(1086)]
    public void Leak_UnderASaw_IsNotForecastTooEarly(int seed)
    {
        var run = ForecastSimulation.Run(Fault.Leak, seed);

        Assert.Equal(0, run.FalseAlarms);
        Assert.InRange(run.Lead.GetValueOrDefault(), 60, 300);
    }

    [Fact]
    public void Fault_WithoutASign_GetsNoCredit()
    {
        var score = ScoreTally.Of(Enumerable.Range(1, Seeds).SelectMany(static seed => ForecastSimulation.Run(Fault.Kill, seed).Records));

        Tell("Kill", score, 0);
        Assert.Equal(0, score.Hits);
        Assert.Equal(Seeds, score.Missed + score.TooLate);
        Assert.Equal(0, score.Recall);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void Week_WithoutAFault_HasAtMostOneFalseAlarm(int seed, bool drains)
    {
        var run = ForecastSimulation.Week(seed, drains);
        var score = ScoreTally.Of(run.Records);
        Tell(string.Create(CultureInfo.InvariantCulture, $"Week {seed}"), score, 0);
        foreach (var (second, said) in run.Alarms)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{second / 86400} d {second % 86400 / 3600.0:0.00} h: {said}"));
        }

        Assert.True(run.FalseAlarms <= 1, $"{run.FalseAlarms} false alarms");
        Assert.InRange(score.Brier.GetValueOrDefault(1), 0, 0.05);
    }

    private void Tell(string what, ForecastScore score, int inTime) => output.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"{what}: {score.Hits} hits, {inTime} of them a minute ahead, ")
        + string.Create(CultureInfo.InvariantCulture, $"{score.FalseAlarms} false alarms, {score.TooLate} late, {score.Missed} missed, ")
        + string.Create(CultureInfo.InvariantCulture, $"median lead {score.MedianLead?.TotalSeconds:0} s, Brier {score.Brier:0.0000}, ")
        + string.Create(CultureInfo.InvariantCulture, $"{score.FalseAlarmsPerWeek:0.00} false alarms a week"));
}
