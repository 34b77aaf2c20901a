using Gateway.Cli;
using Gateway.Configuration.Model;
using Gateway.Health.Forecast;
using Gateway.Observability.History;
using Gateway.Tests.Admin;
using Xunit;

namespace Gateway.Tests.Health.Forecast;

[Trait("kind", "socket")]
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

    /// <summary>Each says which line, what is wrong there, and how to get a recording.</summary>
    [Theory]
    [InlineData("{}", "", "is not complete or not JSON of one")]
    [InlineData("no JSON", "", "is not complete or not JSON of one")]
    [InlineData("\"serves\":true", "\"serves\":tr", "is not complete or not JSON of one")]
    [InlineData("\"guide\"", "\"gu\\u001b[2Jide\"", "\"cluster\" is no name")]
    [InlineData("\"destination\":\"a\"", "\"destination\":\"a\\nb\"", "\"destination\" is no name")]
    [InlineData("\"name\":\"memory\"", "\"name\":null", "a \"name\" in \"series\"")]
    [InlineData("\"at\":\"00:00:03\"", "\"at\":\"-00:00:03\"", "\"at\" is negative")]
    [InlineData("\"at\":\"00:00:03\"", "\"at\":\"10675199.00:00:00\"", "\"at\" is negative or longer")]
    [InlineData("\"at\":\"00:00:03\"", "\"at\":\"00:00:02\"", "its \"at\" 00:00:02 is not after 00:00:02")]
    [InlineData("2026-01-31", "0001-01-01", "\"utc\" is missing")]
    [InlineData("\"limits\"", "\"bounds\"", "a time in \"limits\" is missing")]
    [InlineData("\"failureRatio\":0.5", "\"failureRatio\":\"NaN\"", "\"failureRatio\"")]
    [InlineData("\"requests\":", "\"requests\":-", "a count in \"sample\" is negative")]
    [InlineData("\"sample\":{", "\"sample\":{\"phi\":\"NaN\",", "\"phi\"")]
    [InlineData("\"sample\":{", "\"sample\":{\"peersDrifting\":1e300,", "\"peersDrifting\"")]
    [InlineData("\"probe\":\"00:00:00.0", "\"probe\":\"-00:00:00.0", "a time in \"sample\" is negative")]
    public async Task Backtest_OfAnotherFile_NamesTheLineAndWhatIsWrong(string from, string to, string why)
    {
        string[] lines = [.. Recording(Fault.None).Take(3).Select(static s => s.ToLine())];
        lines[2] = to.Length == 0 ? from : lines[2].Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(lines[2], Recording(Fault.None)[2].ToLine());

        var (code, _, error) = await BacktestAsync(lines);

        // The words, however wide the terminal is.
        var words = string.Join(' ', error.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, code);
        Assert.Contains("No recorded second in line 3 of", words, StringComparison.Ordinal);
        Assert.Contains(why, words, StringComparison.Ordinal);
        Assert.Contains("Save a recording with: curl", words, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', error);
    }

    [Fact]
    public async Task Backtest_OfAnEmptyFile_IsRefused()
    {
        var (code, output, error) = await BacktestAsync([]);

        Assert.Equal((2, ""), (code, output));
        Assert.Contains("the file is empty", error, StringComparison.Ordinal);
    }

    /// <summary>No more of a file is in memory than a line, and no line without end.</summary>
    [Fact]
    public void Reader_OfALineWithoutEnd_StopsAtItsBound()
    {
        using var endless = new EndlessText();

        var refused = Assert.Throws<RecordingException>(() => RecordingReader.Read(endless).Count());

        Assert.Contains("longer than 4194304 characters", refused.Message, StringComparison.Ordinal);
        Assert.InRange(endless.Given, 1, BoundedLines.Longest + 1);
    }

    [Fact]
    public async Task Recording_IsALineASecond()
    {
        await using var admin = await AdminFixture.StartAsync();
        var recorded = Recording(Fault.None);
        admin.Recorded = recorded;

        var text = await admin.Client.GetStringAsync("/forecast/recording", TestContext.Current.CancellationToken);

        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(recorded.Select(static second => second.ToLine()), lines);
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

    private sealed class EndlessText : TextReader
    {
        public int Given { get; private set; }

        public override int Peek() => 0;

        public override int Read()
        {
            Given++;
            return 0;
        }
    }
}
