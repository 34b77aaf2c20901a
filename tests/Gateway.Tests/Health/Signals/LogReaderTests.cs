using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Signals;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Health.Signals;

/// <summary>Logs on a real disk: what is followed, counted and said, through rotation, truncation and links.</summary>
[Trait("kind", "process")]
public sealed class LogReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly ConcurrentDictionary<string, SignalReading> _last = new(StringComparer.Ordinal);
    private readonly Destination[] _destinations =
    [
        new("guide", "primary", "guide-a", new Uri("http://10.0.0.11:9001")),
        new("guide", "primary", "guide-b", new Uri("http://10.0.0.12:9001")),
        new("guide", "primary", "guide", new Uri("http://10.0.0.13:9001")),
    ];

    private LogReader? _reader;

    public void Dispose()
    {
        _reader?.Dispose();
        _folder.Dispose();
    }

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private void Follow(string log, string pattern = "OutOfMemory|FATAL", int count = 3, string? destination = null)
    {
        var signal = new SignalConfig
        {
            Name = "oom",
            Log = PathOf(log),
            Pattern = pattern,
            Count = count,
            Within = TimeSpan.FromSeconds(count > 100 ? 1000 : 30),
            Destination = destination,
            Then = SignalEffect.Suspect
        };
        var judge = new LineJudge(signal, () => _destinations, reading => _last[reading.Destination.Name] = reading, _time);
        _reader = new LogReader("guide", signal, judge, _time, NullLogger.Instance);
        _reader.TakeTurn();
    }

    private void Turn()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _reader!.TakeTurn();
    }

    // The states of guide-a, guide-b and guide: F fires, c clear, ? nothing said.
    private string States() =>
        string.Concat(_destinations.Select(d => !_last.TryGetValue(d.Name, out var reading)
            ? '?'
            : reading.State == SignalState.Firing ? 'F'
            : 'c'));

    [Fact]
    public void Lines_EnoughInTime_FireAndEnd()
    {
        File.WriteAllText(PathOf("guide-a.log"), "FATAL old\nFATAL old\nFATAL old\n");
        Follow("{destination}.log");
        Assert.Equal("c??", States());

        File.AppendAllText(PathOf("guide-a.log"), "FATAL 1\nfine\nOutOfMemory 2\nFATA");
        Turn();
        Assert.Equal("c??", States());

        File.AppendAllText(PathOf("guide-a.log"), "L 3\n");
        Turn();
        Assert.Equal("F??", States());
        Assert.Equal("3 or more matching lines in 30 s", _last["guide-a"].Value);

        _time.Advance(TimeSpan.FromSeconds(29));
        Turn();
        Assert.Equal("c??", States());
    }

    [Theory]
    [InlineData("{destination}.log", "guide-b.log", "", "FATAL", "?F?")]
    [InlineData("{destination}*.log", "guide-b.1.log", "", "FATAL", "?F?")]
    [InlineData("{destination}*.log", "guide.log", "", "FATAL", "??F")]
    [InlineData("*.log", "app-guide-a-1.log", "", "FATAL", "F??")]
    [InlineData("*.log", "guide-back.log", "", "FATAL", "??F")]
    [InlineData("*.log", "app.log", "guide-b", "FATAL", "?F?")]
    [InlineData("*.log", "app.log", "", "FATAL from guide-a", "FFF")]
    [InlineData("*.log", "app.log", "", "{\"level\":\"FATAL\",\"instance\":\"10.0.0.12:9001\"}", "cFc")]
    [InlineData("*.log", "app.log", "", "{\"level\":\"FATAL\",\"host\":{\"name\":\"10.0.0.11\"}}", "Fcc")]
    [InlineData("*.log", "app.log", "", "{\"level\":\"FATAL\",\"host\":\"10.9.9.9\"}", "FFF")]
    public void Line_OfADestination_CountsForIt(string log, string file, string destination, string line, string expected)
    {
        File.WriteAllText(PathOf(file), "");
        Follow(log, "FATAL", count: 1, destination.Length > 0 ? destination : null);
        _last.Clear();
        File.AppendAllText(PathOf(file), line + "\n");
        _time.Advance(TimeSpan.FromSeconds(3));
        Turn();
        Assert.Equal(expected, States());
    }

    [Fact]
    public void Line_PatternNamesTheDestination_CountsForIt()
    {
        File.WriteAllText(PathOf("all.log"), "");
        Follow("all.log", @"(?<destination>guide-\w+): .*FATAL", count: 1);
        File.AppendAllText(PathOf("all.log"), "guide-b: it was FATAL\n");
        Turn();
        Assert.Equal("cFc", States());
    }

    [Theory]
    [InlineData("level=FATAL", "{\"message\":\"x\",\"level\":\"FATAL\"}", true)]
    [InlineData("level=FATAL", "{ \"level\" : \"FATAL\" , \"message\":\"x\" }\r", true)]
    [InlineData("log.level=(error|fatal)", "{\"log\":{\"level\":\"error\"}}", true)]
    [InlineData("code=5", "{\"code\":503}", true)]
    [InlineData("FATAL", "{\"level\":\"FATAL\"", true)]
    [InlineData("FATAL", "{\"user\":\"\\ud800\",\"level\":\"FATAL\"}", true)]
    [InlineData("FATAL", "{\"\\ud800\":1,\"level\":\"FATAL\"}", true)]
    [InlineData("level=FATAL", "{\"level\":\"INFO\",\"message\":\"FATAL\"}", false)]
    [InlineData("^FATAL", "  FATAL at the begin", true)]
    [InlineData("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false)]
    public void Line_PlainOrJson_MatchesThePattern(string pattern, string line, bool matches)
    {
        File.WriteAllText(PathOf("a.log"), "");
        Follow("a.log", pattern, count: 1, "guide-a");
        File.AppendAllText(PathOf("a.log"), line + "\n");
        Turn();
        Assert.Equal(matches ? "F??" : "c??", States());
    }

    // Each way in which a log goes on under its name; three lines before and two after, of which none may be lost or counted twice.
    [Theory]
    [InlineData("renamed, and a new file")]
    [InlineData("renamed to a name that fits, and a new file")]
    [InlineData("copied and truncated")]
    [InlineData("a link that points elsewhere")]
    [InlineData("deleted, and a new file")]
    [InlineData("renamed over")]
    public void Log_Rotated_IsFollowed(string how)
    {
        var isLink = how.StartsWith("a link", StringComparison.Ordinal);
        var log = PathOf("app.log");
        var first = isLink ? PathOf("2026-1.txt") : log;
        File.WriteAllText(first, "FATAL old\n");
        if (isLink)
        {
            File.CreateSymbolicLink(log, first);
        }

        Follow("*.log", count: 5, destination: "guide-a");
        File.AppendAllText(first, "FATAL 1\nFATAL 2\n");
        Turn();

        // What comes after the last look and before the rotation is read all the same, but where the file itself was emptied.
        var copies = how.StartsWith("copied", StringComparison.Ordinal);
        File.AppendAllText(first, "FATAL 3\n");
        if (copies)
        {
            Turn();
        }

        switch (how)
        {
            case "renamed, and a new file":
                File.Move(log, PathOf("app.log.1"));
                break;
            case "renamed to a name that fits, and a new file":
                File.Move(log, PathOf("app-1.log"));
                break;
            case "copied and truncated":
                File.Copy(log, PathOf("app.log.1"));
                File.WriteAllText(log, "");
                break;
            case "a link that points elsewhere":
                File.WriteAllText(PathOf("2026-2.txt"), "");
                File.CreateSymbolicLink(PathOf("new"), PathOf("2026-2.txt"));
                File.Move(PathOf("new"), log, overwrite: true);
                break;
            case "deleted, and a new file":
                File.Delete(log);
                break;
            default:
                File.WriteAllText(PathOf("new"), "");
                File.Move(PathOf("new"), log, overwrite: true);
                break;
        }

        File.AppendAllText(log, "FATAL 4\n");
        Turn();
        Turn();
        Assert.Equal("c??", States());
        Assert.Equal("4 matching lines in 30 s", _last["guide-a"].Value);
        File.AppendAllText(log, "FATAL 5\n");
        Turn();
        Assert.Equal("F??", States());
    }

    [Fact]
    public void Log_PackedOrLargeOrFast_IsBounded()
    {
        File.WriteAllText(PathOf("app.log"), "");
        Follow("app*", count: 1, destination: "guide-a");
        using (var packed = new GZipStream(File.Create(PathOf("app.log.gz")), CompressionLevel.Fastest))
        {
            packed.Write("FATAL\n"u8);
        }

        File.WriteAllText(PathOf("app.zip"), "FATAL\n");
        Turn();
        Assert.Equal("c??", States());

        // A line without an end: its beginning is looked at, once; and much more than is read in a turn is left out.
        File.AppendAllText(PathOf("app.log"), new string('x', 3 * LogReader.MostBytes));
        File.AppendAllText(PathOf("app.log"), " FATAL in the middle of it\n");
        Turn();
        Turn();
        Assert.Equal("c??", States());
        File.AppendAllText(PathOf("app.log"), "FATAL after it\n");
        Turn();
        Turn();
        Assert.Equal("F??", States());
    }

    // What fits the pattern and is no file to read; the one beside it is read all the same.
    [Theory]
    [InlineData("mkfifo b.log")]
    [InlineData("mkfifo pipe && ln -s pipe b.log")]
    [InlineData("ln -s /dev/zero b.log")]
    [InlineData("ln -s b.log c.log && ln -s c.log b.log")]
    [InlineData("ln -s nowhere b.log")]
    [InlineData("mkdir b.log")]
    [InlineData("mkdir folder && ln -s folder b.log")]
    public async Task Log_BesideWhatIsNoFile_IsRead(string command)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync(PathOf("a.log"), "", cancellationToken);
        using (var shell = Process.Start("/bin/sh", ["-c", $"cd '{_folder.Path}' && {command}"]))
        {
            await shell.WaitForExitAsync(cancellationToken);
            Assert.Equal(0, shell.ExitCode);
        }

        // On a thread of its own: a pipe that is opened would hold it.
        var turns = Task.Run(
            () =>
            {
                Follow("*.log", count: 1, destination: "guide-a");
                File.AppendAllText(PathOf("a.log"), "FATAL\n");
                Turn();
            },
            cancellationToken);
        await turns.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, cancellationToken);
        Assert.Equal("F??", States());
    }

    // More files than are followed, all written to in turn: a line counts at most once, and old ones never.
    [Fact]
    public void Log_MoreFilesThanAreFollowed_CountsNoLineTwice()
    {
        const int files = LogFiles.MostFiles + 8;
        for (var i = 0; i < files; i++)
        {
            Write(i, "FATAL old\n");
        }

        Follow("app-*.log", count: 1_000, destination: "guide-a");
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < files; i++)
        {
            Write(i, "FATAL\n");
            Turn();
        }

        Assert.Equal($"{files} matching lines in 1000 s", _last["guide-a"].Value);

        // A new one, though there are too many, is read from its beginning.
        Write(files, "FATAL\n");
        Turn();
        Assert.Equal($"{files + 1} matching lines in 1000 s", _last["guide-a"].Value);

        void Write(int file, string text)
        {
            var path = PathOf(string.Create(CultureInfo.InvariantCulture, $"app-{file}.log"));
            File.AppendAllText(path, text);
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch + _time.GetElapsedTime(0) + TimeSpan.FromMilliseconds(file));
        }
    }

    [Fact]
    public void Log_NotThere_IsUnknownUntilItComes()
    {
        Follow("sub/app.log", count: 1, destination: "guide-a");
        Turn();
        Assert.Equal("???", States());
        Directory.CreateDirectory(PathOf("sub"));
        File.WriteAllText(PathOf("sub/app.log"), "FATAL at its first line\n");
        Turn();
        Assert.Equal("F??", States());
    }

    [Fact]
    public void Reading_AnyLines_RepeatsNoneOfThem()
    {
        File.WriteAllText(PathOf("a.log"), "");
        Follow("a.log", "FATAL", count: 1, "guide-a");
        File.AppendAllText(PathOf("a.log"), "FATAL password=hunter2\n");
        Turn();
        Assert.Equal("F??", States());
        Assert.DoesNotContain("hunter2", _last["guide-a"].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_AnyBytes_ThrowNothing()
    {
        File.WriteAllText(PathOf("a.log"), "");
        Follow("a.log", "FATAL", count: 1, "guide-a");
        var random = new Random(3);
        var bytes = new byte[100_000];
        random.NextBytes(bytes);
        File.AppendAllText(PathOf("a.log"), "{\"a\":" + new string('[', 500) + "\n{}\n{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":1}}}}}}\n");
        using (var file = new FileStream(PathOf("a.log"), FileMode.Append))
        {
            file.Write(bytes);
            file.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\nFATAL\n")));
        }

        Turn();
        Turn();
        Assert.Equal("F??", States());
    }
}
