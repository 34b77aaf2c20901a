using Gateway.Cli;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Failover.Recording;
using Xunit;

namespace Gateway.Tests.Failover.Recording;

/// <summary>What a run recorded, decided again.</summary>
[Trait("kind", "socket")]
public sealed class DecisionReplayTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replay_ByTheSameConfiguration_MakesTheRecordedTransitions()
    {
        await using var run = await RecordAsync();

        var byRecorded = await RecordedRun.ReplayAsync(RecordingFiles.Of(run.Folder));
        var byGiven = await RecordedRun.ReplayAsync(RecordingFiles.Of(run.Folder), run.Config);

        // The run itself, the recording, and both replays: the same changes with the same evidence at the same tick.
        Assert.Superset(
            new HashSet<TransitionReason>
            {
                TransitionReason.Failover,
                TransitionReason.Failback,
                TransitionReason.Relapse,
                TransitionReason.Hold,
                TransitionReason.Release,
            },
            run.Transitions.Select(static t => t.Reason).ToHashSet());
        Assert.Equal(run.Transitions, byRecorded.Recorded.Select(static t => t.Transition));
        Assert.Equal(byRecorded.Recorded, byRecorded.Replayed);
        Assert.Equal(byGiven.Recorded, byGiven.Replayed);
        Assert.True(byRecorded.IsWhole);
        Assert.Empty(byRecorded.Unknown);
        Assert.Equal(3, byRecorded.Revisions.Count);
        Assert.Equal(RecordedConfigs.Of(run.Config).Revision, byRecorded.Revisions[0]);
    }

    /// <summary>The counts of requests are not recorded, what they come to is: the same ramp is aborted for the same reason.</summary>
    [Fact]
    public async Task Replay_OfAnAbortedRamp_AbortsItForTheSameReason()
    {
        await using var run = new RecordedRun(ramp: TimeSpan.FromMinutes(1));
        await run.StartAsync();
        await run.AbortRampAsync();
        await run.StopAsync();

        var replayed = await RecordedRun.ReplayAsync(RecordingFiles.Of(run.Folder));

        Assert.Equal(
            [TransitionReason.Failover, TransitionReason.Failback, TransitionReason.Relapse],
            run.Transitions.Select(static t => t.Reason));
        Assert.Contains("% failed, standby 0 %, after", run.Transitions[^1].Evidence, StringComparison.Ordinal);
        Assert.Equal(run.Transitions, replayed.Recorded.Select(static t => t.Transition));
        Assert.Equal(replayed.Recorded, replayed.Replayed);
    }

    [Fact]
    public async Task Replay_ByAnotherConfiguration_SaysWhatItWouldHaveDone()
    {
        await using var run = new RecordedRun();
        await run.StartAsync();
        await run.FailOverAndBackAsync();
        await run.StopAsync();

        var patient = await RecordedRun.ReplayAsync(
            RecordingFiles.Of(run.Folder), run.Configure(new FailoverConfig { SwitchAfter = TimeSpan.FromHours(1) }));

        Assert.NotEmpty(patient.Recorded);
        Assert.Empty(patient.Replayed);
    }

    [Fact]
    public async Task Replay_FromALaterSegment_GoesOnFromItsCheckpoint()
    {
        await using var run = new RecordedRun();
        await run.StartAsync();
        await run.FailOverAndBackAsync();
        await run.BeginSegmentAsync();
        await run.DrainAsync();
        await run.StopAsync();
        var files = RecordingFiles.Of(run.Folder);
        Assert.Equal(2, files.Count);

        var whole = await RecordedRun.ReplayAsync(files);
        var later = await RecordedRun.ReplayAsync(files.Skip(1));

        // A segment more is no gap.
        Assert.True(whole.IsWhole);
        Assert.Equal(whole.Recorded, whole.Replayed);
        Assert.False(later.IsWhole);
        Assert.NotEmpty(later.Recorded);
        Assert.Equal(
            later.Recorded.Select(static t => (t.Transition.From, t.Transition.To, t.Transition.Reason)),
            later.Replayed.Select(static t => (t.Transition.From, t.Transition.To, t.Transition.Reason)));
    }

    [Fact]
    public async Task Replay_OfATornRecording_EndsWhereItIsTorn()
    {
        await using var run = new RecordedRun();
        await run.StartAsync();
        await run.FailOverAndBackAsync();
        await run.StopAsync();
        var file = RecordingFiles.Of(run.Folder)[0];
        await File.AppendAllTextAsync(file, "{\"d\":12,\"e\":{\"id\":", Cancel);

        var replayed = await RecordedRun.ReplayAsync([file]);

        Assert.Equal(run.Transitions, replayed.Recorded.Select(static t => t.Transition));
        Assert.Equal(replayed.Recorded, replayed.Replayed);
    }

    [Fact]
    public async Task Command_PrintsBothBesideEachOther_AndBacktestReadsTheSameFolder()
    {
        await using var run = new RecordedRun();
        await run.StartAsync();
        await run.FailOverAndBackAsync();
        await run.StopAsync();

        var (code, output, _) = await CliAsync("replay", run.Folder);
        var (_, none, _) = await CliAsync("replay", run.Folder, "--from", "2100-01-01");
        var (scored, score, _) = await CliAsync("backtest", run.Folder);

        Assert.Equal(0, code);
        Assert.Contains("both      guide: primary → standby (failover): tier 'primary': p is down", output, StringComparison.Ordinal);
        var count = run.Transitions.Count;
        Assert.EndsWith($"Transitions: {count} recorded, {count} replayed, {count} the same.\n", output, StringComparison.Ordinal);
        Assert.EndsWith("Transitions: 0 recorded, 0 replayed, 0 the same.\n", none, StringComparison.Ordinal);
        Assert.Equal(0, scored);
        Assert.StartsWith("guide, forecast: observe\n", score, StringComparison.Ordinal);
        Assert.Contains("not measured, recall not measured\n", score, StringComparison.Ordinal);
        var seconds = RecordedSeconds.Of(Assert.Single(RecordingFiles.Of(run.Folder))).ToArray();
        Assert.Equal(["p", "s"], seconds.Select(static s => s.Destination).Distinct().Order(StringComparer.Ordinal));
        Assert.All(seconds, static second => Assert.Null(second.Problem()));
    }

    // Files of a gateway that was killed, or whose disk was full, when it began them.
    [Theory]
    [InlineData("")]
    [InlineData("{\"checkp")]
    [InlineData("{\"checkpoint\":{\"version\":1,\"run\":\"00000000")]
    public async Task Folder_WithAFileWithoutAWholeLine_IsReplayedWithoutIt(string torn)
    {
        await using var run = new RecordedRun();
        await run.StartAsync();
        await run.FailOverAndBackAsync();
        await run.StopAsync();
        var (_, whole, _) = await CliAsync("replay", run.Folder);
        await File.WriteAllTextAsync(Path.Combine(run.Folder, "00000000T000000.000-000.ndjson"), torn, Cancel);
        await File.WriteAllTextAsync(Path.Combine(run.Folder, "99999999T000000.000-000.ndjson"), torn, Cancel);

        var (code, output, _) = await CliAsync("replay", run.Folder);
        var (scored, _, error) = await CliAsync("backtest", run.Folder);

        Assert.Equal((0, whole), (code, output));
        Assert.Equal((0, ""), (scored, error));
    }

    [Theory]
    [InlineData("replay")]
    [InlineData("backtest")]
    public async Task Command_OfNothing_SaysThatThereIsNothing(string command)
    {
        var folder = Directory.CreateTempSubdirectory();
        var file = Path.Combine(folder.FullName, "20260101T000000.000-000.ndjson");
        await File.WriteAllTextAsync(file, "", Cancel);

        var (ofFolder, _, folderError) = await CliAsync(command, folder.FullName);
        var (ofFile, _, fileError) = await CliAsync(command, file);

        folder.Delete(recursive: true);
        Assert.Equal((2, 2), (ofFolder, ofFile));
        Assert.Contains("has no file *.ndjson with a whole line", WordsOf(folderError), StringComparison.Ordinal);
        Assert.Contains("the file is empty", WordsOf(fileError), StringComparison.Ordinal);
    }

    // What a file from elsewhere may say of a second, behind a checkpoint that is one.
    [Theory]
    [InlineData("{\"s\":{}}", "{\"s\":{\"id\":1}}")]
    [InlineData("{\"destination\":{\"id\":1}}", "{\"s\":{\"id\":1,\"sample\":{},\"serves\":true}}")]
    [InlineData(
        "{\"destination\":{\"id\":1,\"cluster\":\"guide\",\"name\":\"a\",\"url\":\"http://a\"}}",
        "{\"s\":{\"id\":1,\"sample\":{\"probe\":\"-00:00:01\"},\"serves\":true}}")]
    [InlineData("{\"d\":9223372036854775807,\"x\":true}", "{\"d\":9223372036854775807,\"x\":true}")]
    public async Task Backtest_OfValuesThatNoGatewayWrites_SaysSo(string line, string next)
    {
        const string Start = """
            {"checkpoint":{"version":1,"at":0,"utc":"2026-01-01T00:00:00Z","config":{"revision":"","clusters":[],"routes":[]},"names":[],"clusters":[]}}
            """;
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"{Start}\n{line}\n{next}\n", Cancel);

        var (code, output, error) = await CliAsync("backtest", file);

        File.Delete(file);
        Assert.True(code is 0 or 2, $"exit code {code}: {error}");
        Assert.True(code == 0 || WordsOf(error).Contains("No record", StringComparison.Ordinal), output + error);
    }

    [Fact]
    public async Task Command_FromAfterTo_SaysSo()
    {
        var (code, _, error) = await CliAsync("replay", "/nowhere", "--from", "2026-02-01", "--to", "2026-01-31");

        Assert.Equal(2, code);
        Assert.Contains("--from \"2026-02-01\" is after --to \"2026-01-31\"", WordsOf(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_OfTimesOutOfRange_NamesTheLine()
    {
        const string Start = """
            {"checkpoint":{"version":1,"at":0,"utc":"2026-01-01T00:00:00Z","config":{"revision":"","clusters":[],"routes":[]},"names":[],"clusters":[]}}
            """;
        const string Late = """{"d":9223372036854775807,"x":true}""";
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"{Start}\n{Late}\n{Late}\n", Cancel);

        var (code, _, error) = await CliAsync("replay", file);

        File.Delete(file);
        var words = string.Join(' ', error.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, code);
        Assert.Contains("it has a value that no gateway writes", words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "a recording begins with a line")]
    [InlineData("no JSON", "it is not JSON of a recording")]
    [InlineData(
        "{\"checkpoint\":{\"version\":9,\"config\":{\"revision\":\"\",\"clusters\":[],\"routes\":[]},\"names\":[],\"clusters\":[]}}",
        "its version is 9")]
    public async Task Command_OfAnotherFile_NamesTheLineAndWhatIsWrong(string line, string why)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, line + "\n" + line + "\n", Cancel);

        var (code, _, error) = await CliAsync("replay", file);

        File.Delete(file);
        var words = string.Join(' ', error.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, code);
        Assert.Contains("No recording in line 1 of", words, StringComparison.Ordinal);
        Assert.Contains(why, words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("noon", "is not a time")]
    [InlineData("2026-01-31", "cannot be read")]
    public async Task Command_OfABadTimeOrNoFolder_SaysSo(string time, string why)
    {
        var (code, _, error) = await CliAsync("replay", "/nowhere/recording", "--to", time);

        Assert.Equal(2, code);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    private static async Task<RecordedRun> RecordAsync()
    {
        var run = new RecordedRun();
        await run.StartAsync();
        await run.FailOverAndBackAsync();
        await run.EjectAsync();
        await run.HoldAndReleaseAsync();
        await run.DrainAsync();
        await run.ReloadAsync();
        await run.FailOverAndBackAsync();
        await run.StopAsync();
        return run;
    }

    private static string WordsOf(string text) => string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));

    private static async Task<(int Code, string Output, string Error)> CliAsync(params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await GatewayCli.RunAsync(args, output, error, static _ => null);
        return (code, output.ToString(), error.ToString());
    }
}
