using System.Text;
using Gateway.Configuration.History;
using Gateway.Configuration.Including;
using Gateway.Configuration.Reading;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Configuration;

/// <summary>Revisions in the state folder: what was kept is found again byte by byte, and damage loses that revision alone.</summary>
[Trait("kind", "unit")]
public sealed class ConfigHistoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private ConfigHistory History => new(_folder.Path, NullLogger.Instance);

    private string Revisions => Path.Combine(_folder.Path, "revisions");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("version: 1\n")]
    [InlineData("\uFEFFversion: 1 # Größe, 漢字, 🎈\r\n")]
    [InlineData("no newline, \"quotes\" and \\ and \t and \u2028")]
    [InlineData("")]
    public void Kept_IsFoundAgain_ByteByByte(string text)
    {
        History.Keep(Revision(7, text) with { Who = "ann", Reason = "a <reason>", RollbackTo = 3, Instead = "abc" });

        var found = History.Find(7);

        Assert.NotNull(found);
        Assert.Equal(("ann", "a <reason>", 3, "abc"), (found.Who, found.Reason, found.RollbackTo, found.Instead));
        var set = found.SetAt("elsewhere/gateway.yaml");
        Assert.Equal(Encoding.UTF8.GetBytes(text), set.Main.Content);
        Assert.Equal("elsewhere/gateway.yaml", set.Main.Path);
        Assert.Equal(found.Hash, set.Hash);
    }

    [Fact]
    public void Kept_WithIncludedFiles_HasThemInTheirOrder()
    {
        var set = ConfigSet.Of(
            File("a.yaml", "version: 1\n"), [File("conf.d/z.yaml", "drain: 1s\n"), File("conf.d/a.yaml", "levels: {}\n")]);
        History.Keep(Of(1, set));

        var found = History.Newest()!.SetAt("a.yaml");

        Assert.Equal(set.Hash, found.Hash);
        Assert.Equal(["conf.d/z.yaml", "conf.d/a.yaml"], found.Included.Select(static file => file.Path));
    }

    [Fact]
    public void Read_ListsTheNewestFirst_AndTheNewestFiftyAlone()
    {
        for (var number = 1; number <= 60; number++)
        {
            History.Keep(Revision(number, $"# {number}\n"));
        }

        Assert.Equal(Enumerable.Range(11, 50).Reverse().Select(static n => (long)n), History.Read().Select(static one => one.Number));
        Assert.Equal(60, History.HighestNumber());
        Assert.Null(History.Alarm);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[1,2]")]
    [InlineData("""{"number":2}""")]
    [InlineData("""{"number":3,"at":"2026-01-01T00:00:00Z","hash":"x","origin":"file","files":[{"path":"a","content":"b"}]}""")]
    [InlineData("""{"number":2,"at":"2026-01-01T00:00:00Z","hash":"x","origin":"file","files":[]}""")]
    [InlineData("""{"number":2,"at":"2026-01-01T00:00:00Z","hash":"x","origin":"file","files":[null]}""")]
    [InlineData("""{"number":2,"at":"2026-01-01T00:00:00Z","hash":"x","origin":"file","files":[{"path":"a","content":"changed"}]}""")]
    public void Damage_LosesThatRevisionAlone(string content)
    {
        History.Keep(Revision(1, "# one\n"));
        History.Keep(Revision(3, "# three\n"));
        System.IO.File.WriteAllText(Path.Combine(Revisions, "000002.json"), content);
        System.IO.File.WriteAllText(Path.Combine(Revisions, "notes.json"), "mine");

        Assert.Equal([3, 1], History.Read().Select(static one => one.Number));
        Assert.Null(History.Find(2));
    }

    // As after a crash, or a bad disk: whatever one byte becomes, what is read is right or left out.
    [Fact]
    public void EachByte_ThatIsDamaged_IsNoticedOrHarmless()
    {
        History.Keep(Revision(1, "version: 1\n"));
        var path = Path.Combine(Revisions, "000001.json");
        var sound = System.IO.File.ReadAllBytes(path);
        for (var at = 0; at < sound.Length; at++)
        {
            var damaged = (byte[])sound.Clone();
            damaged[at] ^= 0x15;
            System.IO.File.WriteAllBytes(path, damaged);

            var found = History.Find(1);

            Assert.True(found is null || found.SetAt("x").Main.Content.AsSpan().SequenceEqual("version: 1\n"u8), $"Byte {at}.");
        }
    }

    [Fact]
    public void Keep_WhereNothingCanBeWritten_RaisesAnAlarm_AndTheNextOneEndsIt()
    {
        _folder.Write("revisions", "a file, no folder");
        var history = History;
        history.Keep(Revision(1, "# one\n"));
        Assert.Contains("cannot be kept in the state folder", history.Alarm, StringComparison.Ordinal);

        System.IO.File.Delete(Revisions);
        history.Keep(Revision(2, "# two\n"));
        Assert.Null(history.Alarm);
        Assert.Equal([2], history.Read().Select(static one => one.Number));
    }

    // What came last is not known then: an older rollback must not be taken for it.
    [Fact]
    public void Newest_ThatIsDamaged_IsNotReplacedByAnOlderOne()
    {
        History.Keep(Revision(1, "# one\n"));
        History.Keep(Revision(2, "# two\n") with { RollbackTo = 1, Instead = "abc" });
        Assert.Equal(2, History.Newest()?.Number);
        System.IO.File.WriteAllText(Path.Combine(Revisions, "000003.json"), "{");

        Assert.Null(History.Newest());
        Assert.Equal(3, History.HighestNumber());
    }

    // A pipe that nobody opens at the other end hangs as a dead disk does.
    [Fact]
    public async Task Disk_ThatHangs_HoldsUpNoReader()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It takes a named pipe.");
        History.Keep(Revision(1, "# one\n"));
        var pipe = Path.Combine(Revisions, "000002.json");
        Assert.Equal(0, MakePipe(pipe, 0x180));

        Assert.Null(await History.FindAsync(2, TimeProvider.System));
        Assert.Null(await History.SelectAsync(static one => one.Number, TimeProvider.System));
        Assert.Equal(1, (await History.FindAsync(1, TimeProvider.System))?.Number);
        await ReleaseAsync(pipe, FileAccess.Write);
    }

    [Fact]
    public async Task Disk_ThatHangs_HoldsUpNoChange_AndRaisesAnAlarm()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It takes a named pipe.");
        var history = History;
        history.Keep(Revision(1, "# one\n"));
        var pipe = Path.Combine(Revisions, "000002.json.next");
        Assert.Equal(0, MakePipe(pipe, 0x180));

        await history.KeepAsync(Revision(2, "# two\n"), TimeProvider.System);
        Assert.Contains("the disk does not respond", history.Alarm, StringComparison.Ordinal);
        await history.KeepAsync(Revision(3, "# three\n"), TimeProvider.System);
        Assert.Contains("revision 3", history.Alarm, StringComparison.Ordinal);

        await ReleaseAsync(pipe, FileAccess.Read);
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                await history.KeepAgainAsync(TimeProvider.System);
                return history.Alarm is null && history.Find(3) is not null;
            },
            TimeSpan.FromSeconds(20),
            "the last one is kept");
    }

    [Fact]
    public void Files_AreForTheirOwnerAlone()
    {
        History.Keep(Revision(1, "# one\n"));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(Path.Combine(Revisions, "000001.json")));
        }
    }

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "mkfifo",
        CharSet = System.Runtime.InteropServices.CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [System.Runtime.InteropServices.DefaultDllImportSearchPaths(System.Runtime.InteropServices.DllImportSearchPath.SafeDirectories)]
    private static extern int MakePipe(string path, uint mode);

    // All that wait at the pipe are let go.
    private static Task ReleaseAsync(string pipe, FileAccess access) => Task.Run(() =>
    {
        using var end = new FileStream(pipe, FileMode.Open, access, FileShare.ReadWrite, 0);
        if (access == FileAccess.Read)
        {
            end.CopyTo(Stream.Null);
        }
    }).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);

    private static ConfigFile File(string path, string text) => ConfigFile.Of(path, Encoding.UTF8.GetBytes(text));

    private static ConfigRevision Revision(long number, string text) => Of(number, ConfigSet.Of(File("gateway.yaml", text)));

    private static ConfigRevision Of(long number, ConfigSet set) => new()
    {
        Number = number,
        At = DateTimeOffset.UnixEpoch.AddDays(number),
        Hash = set.Hash,
        Origin = RevisionOrigin.File,
        Files = ConfigRevision.FilesOf(set),
    };
}
