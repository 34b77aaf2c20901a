using Gateway.Cli;
using Gateway.Configuration.Model;
using Gateway.Health.Forecast;
using Gateway.Observability.History;
using Gateway.Tests.Admin;
using Xunit;

namespace Gateway.Tests.Health.Forecast;

public sealed class ForecastReplayTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 31, 10, 0, 0, TimeSpan.Zero);

    /// <summary>What was recorded comes to the same forecasts, by way of the text.</summary>
    [Fact]
    public void Replay_OfARecording_ComesToTheSame()
    {
        var seconds = Recording(Fault.Leak);
        var live = ForecastReplay.Of(seconds);

        var replayed = ForecastReplay.Of(seconds.Select(static s => RecordedSecond.Parse(s.ToLine())!));

        Assert.Equal(live, replayed);
        var hit = Assert.Single(live, static r => r is { IsAlarm: true, Outcome: ForecastOutcome.CameTrue });
        Assert.Contains("memory has risen", hit.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backtest_OfAFile_PrintsTheScore()
    {
        var (code, output, _) = await BacktestAsync(Recording(Fault.Leak).Select(static s => s.ToLine()));

        Assert.Equal(0, code);
        Assert.Contains("1 came true, 0 did not, 0 came too late; 0 failures were not foretold\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("no JSON")]
    public async Task Backtest_OfAnotherFile_NamesTheLine(string line)
    {
        var (code, _, error) = await BacktestAsync([.. Recording(Fault.None).Take(2).Select(static s => s.ToLine()), line]);

        Assert.Equal(2, code);
        Assert.Contains("No recorded second in line 3 of", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recording_IsALineASecond_WithinBounds()
    {
        await using var admin = await AdminFixture.StartAsync();
        var second = Recording(Fault.None)[0];
        for (var count = 0; count < ForecastRecorder.Most + 10; count++)
        {
            admin.Recorder.Add(second);
        }

        var text = await admin.Client.GetStringAsync("/forecast/recording", TestContext.Current.CancellationToken);

        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(ForecastRecorder.Most, lines.Length);
        Assert.Equal(second.ToLine(), lines[0]);
    }

    private static List<RecordedSecond> Recording(Fault fault)
    {
        var destination = new SimulatedDestination(1, fault, 1200);
        var limits = ForecastLimits.Of(new ClusterConfig { Name = "guide", Tiers = [] });
        var seconds = new List<RecordedSecond>();
        for (var second = 1; second < 4200 && (seconds.Count == 0 || seconds[^1].Serves); second++)
        {
            var sample = destination.Next(second);
            var at = TimeSpan.FromSeconds(second);
            seconds.Add(new RecordedSecond("guide", "a", at, Start + at, sample, limits, destination.Serves, IsExcused: false));
        }

        return seconds;
    }

    private static async Task<(int Code, string Output, string Error)> BacktestAsync(IEnumerable<string> lines)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllLinesAsync(file, lines, TestContext.Current.CancellationToken);
            var (output, error) = (new StringWriter(), new StringWriter());
            var code = await GatewayCli.RunAsync(["backtest", file], output, error, static _ => null);
            return (code, output.ToString(), error.ToString());
        }
        finally
        {
            File.Delete(file);
        }
    }
}
