using System.Diagnostics;
using System.Text;
using Gateway.Fallback;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Fallback;

[Trait("kind", "process")]
public sealed class FallbackFilesTests : IDisposable
{
    private readonly TemporaryFolder _outside = new();
    private readonly TemporaryFolder _folder = new();
    private readonly FallbackFiles _files;

    public FallbackFilesTests() => _files = NewFiles(_folder.Path);

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
        _outside.Dispose();
    }

    [Fact]
    public async Task Look_PlainFiles_AreInForceByTheirExactNames()
    {
        _folder.Write("recommend.json", "{\"a\":1}");
        _folder.Write("trending/any.json", "[]");
        _folder.Write("page.html", "<p>");
        await LookAsync();

        Assert.Equal(["page.html", "recommend.json", "trending/any.json"], _files.Snapshot.Files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("{\"a\":1}", Content("recommend.json"));
        Assert.Null(Content("Recommend.json"));
        Assert.Null(Content("trending\\any.json"));
        Assert.Null(Content("./recommend.json"));
        Assert.Null(Content("trending/../recommend.json"));
        Assert.Empty(_files.Snapshot.Problems);
    }

    [Theory]
    [InlineData("a.json", "application/json", false)]
    [InlineData("a.JSON", "application/json", false)]
    [InlineData("a.html", "text/html; charset=utf-8", true)]
    [InlineData("a.htm", "text/html; charset=utf-8", true)]
    [InlineData("a.xhtml", "application/xhtml+xml", true)]
    [InlineData("a.sse", "text/event-stream", false)]
    [InlineData("a.txt", "text/plain; charset=utf-8", false)]
    [InlineData("a.xml", "application/xml", false)]
    [InlineData("a.svg", "image/svg+xml", false)]
    [InlineData("a.css", "text/css; charset=utf-8", false)]
    [InlineData("a.js", "text/javascript; charset=utf-8", false)]
    [InlineData("a.exe", "application/octet-stream", false)]
    [InlineData("a", "application/octet-stream", false)]
    public void Type_Extension_GivesContentType(string name, string contentType, bool isPage) =>
        Assert.Equal(new FallbackFileType(contentType, isPage), FallbackFileType.Of(name));

    [Fact]
    public async Task Look_FileChanged_TakesTheNewContent()
    {
        _folder.Write("a.json", "1");
        await LookAsync();
        _folder.Write("a.json", "22");
        await LookAsync();

        Assert.Equal("22", Content("a.json"));
    }

    [Fact]
    public async Task Look_FileChangedWithinTheSameTick_TakesTheNewContent()
    {
        string path = _folder.Write("a.json", "1");
        DateTime written = File.GetLastWriteTimeUtc(path);
        await LookAsync();
        _folder.Write("a.json", "2");
        File.SetLastWriteTimeUtc(path, written);
        await LookAsync();

        Assert.Equal("2", Content("a.json"));
    }

    [Fact]
    public async Task Look_OldTimeAndLengthKept_TakesTheNewContentAtTheNextFullReading()
    {
        string path = _folder.Write("a.json", "1");
        File.SetLastWriteTimeUtc(path, ManualTime.Start.UtcDateTime.AddDays(-1));
        await LookAsync();
        _folder.Write("a.json", "2");
        File.SetLastWriteTimeUtc(path, ManualTime.Start.UtcDateTime.AddDays(-1));
        await LookAsync();
        Assert.Equal("1", Content("a.json"));

        for (int i = 0; i < 60; i++)
        {
            await LookAsync();
        }

        Assert.Equal("2", Content("a.json"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"a\":")]
    [InlineData("not json")]
    public async Task Look_BrokenContent_KeepsTheLastGood(string broken)
    {
        _folder.Write("a.json", "{\"a\":1}");
        await LookAsync();
        _folder.Write("a.json", broken);
        await LookAsync();

        Assert.Equal("{\"a\":1}", Content("a.json"));
        Assert.Contains("stays in force", Assert.Single(_files.Snapshot.Problems).Problem, StringComparison.Ordinal);

        _folder.Write("a.json", "{\"a\":2}");
        await LookAsync();
        Assert.Equal("{\"a\":2}", Content("a.json"));
        Assert.Empty(_files.Snapshot.Problems);
    }

    [Fact]
    public async Task Look_FileDeleted_KeepsTheLastGood()
    {
        string path = _folder.Write("a.json", "1");
        await LookAsync();
        File.Delete(path);
        await LookAsync();

        Assert.Equal("1", Content("a.json"));
        Assert.Equal(
            "'a.json' is no longer in the folder; its last good content stays in force until a restart.",
            Assert.Single(_files.Snapshot.Problems).Problem);
    }

    [Fact]
    public async Task Look_WholeFolderDeletedAndRestored_NeverLosesAFile()
    {
        _folder.Write("a.json", "1");
        await LookAsync();
        Directory.Delete(_folder.Path, recursive: true);
        await LookAsync();
        Assert.Equal("1", Content("a.json"));
        Assert.Single(_files.Snapshot.Problems);

        _folder.Write("a.json", "2");
        await LookAsync();
        Assert.Equal("2", Content("a.json"));
        Assert.Empty(_files.Snapshot.Problems);
    }

    [Fact]
    public async Task Look_FolderMissingFromTheStart_SaysSoAndTakesItWhenItComes()
    {
        using FallbackFiles files = NewFiles(Path.Combine(_folder.Path, "later"));
        await files.LookAsync(TestContext.Current.CancellationToken);
        Assert.Empty(files.Snapshot.Files);
        Assert.Contains("cannot be read", Assert.Single(files.Snapshot.Problems).Problem, StringComparison.Ordinal);

        _folder.Write("later/a.json", "1");
        await files.LookAsync(TestContext.Current.CancellationToken);
        Assert.Single(files.Snapshot.Files);
        Assert.Empty(files.Snapshot.Problems);
    }

    [Fact]
    public async Task UseFolder_Another_ReplacesAllFilesOnceItCanBeRead()
    {
        _folder.Write("a.json", "1");
        await LookAsync();
        string missing = Path.Combine(_outside.Path, "new");
        _files.UseFolder(missing);
        await LookAsync();
        Assert.Equal("1", Content("a.json"));

        _outside.Write("new/b.json", "2");
        await LookAsync();
        Assert.Equal(["b.json"], _files.Snapshot.Files.Keys);
        Assert.Equal(missing, _files.Snapshot.Folder);
    }

    [Fact]
    public async Task Look_TooLarge_IsRefusedAndTheLimitItselfIsNot()
    {
        _folder.Write("fits.txt", new string('a', FallbackFiles.MostBytesOfFile));
        _folder.Write("large.txt", new string('a', FallbackFiles.MostBytesOfFile + 1));
        await LookAsync();

        Assert.Equal(["fits.txt"], _files.Snapshot.Files.Keys);
        Assert.Equal("large.txt", Assert.Single(_files.Snapshot.Problems).Name);
    }

    [Fact]
    public async Task Look_MoreThanAllMayHave_KeepsToTheLimit()
    {
        string content = new('a', FallbackFiles.MostBytesOfFile);
        for (int i = 0; i < 65; i++)
        {
            _folder.Write($"{i:D2}.txt", content);
        }

        await LookAsync();
        Assert.Equal(64, _files.Snapshot.Files.Count);
        Assert.Equal("64.txt", Assert.Single(_files.Snapshot.Problems).Name);
    }

    [Fact]
    public async Task Look_MoreFilesThanAllowed_ReadsTheFirstOnes()
    {
        for (int i = 0; i < FallbackFolder.MostFiles + 5; i++)
        {
            _folder.Write($"{i:D4}.txt", "a");
        }

        await LookAsync();
        Assert.Equal(FallbackFolder.MostFiles, _files.Snapshot.Files.Count);
        Assert.Single(_files.Snapshot.Problems);
    }

    [Fact]
    public async Task Look_HiddenEntries_AreNotRead()
    {
        _folder.Write(".env", "secret");
        _folder.Write(".git/config", "secret");
        await LookAsync();

        Assert.Empty(_files.Snapshot.Files);
    }

    [Fact]
    public async Task Look_LinksThatLeadOutside_AreRefused()
    {
        string secret = _outside.Write("secret.json", "{\"secret\":1}");
        _outside.Write("inner/secret.json", "{\"secret\":1}");
        Directory.CreateDirectory(_folder.Path + "-twin");
        try
        {
            File.WriteAllText(Path.Combine(_folder.Path + "-twin", "secret.json"), "{\"secret\":1}");
            Link("file.json", secret);
            Link("relative.json", Path.GetRelativePath(_folder.Path, secret));
            Link("folder", _outside.Path);
            Link("up", "..");
            Link("twin", "../" + Path.GetFileName(_folder.Path) + "-twin");
            Link("hop1.json", "hop2.json");
            Link("hop2.json", secret);
            Link("via", _outside.Path + "/inner");
            Link("through.json", "via/secret.json");
            Link("circle.json", "circle.json");
            Link("nowhere.json", "nothing.json");
            await LookAsync();
        }
        finally
        {
            Directory.Delete(_folder.Path + "-twin", recursive: true);
        }

        Assert.Empty(_files.Snapshot.Files);
        Assert.Equal(11, _files.Snapshot.Problems.Length);
        Assert.DoesNotContain(_files.Snapshot.Problems, p => p.Problem.Contains(_outside.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Look_LinksThatStayInside_AreFollowed()
    {
        _folder.Write("trending/shoes.json", "[1]");
        Link("trending/boots.json", "shoes.json");
        Link("hot", "trending");
        await LookAsync();

        Assert.Equal("[1]", Content("trending/boots.json"));
        Assert.Equal("[1]", Content("hot/shoes.json"));
    }

    [Fact]
    public async Task Look_LinksInACircle_Ends()
    {
        _folder.Write("a/b/x.json", "1");
        Link("a/b/back", "../../a");
        await LookAsync();

        Assert.Equal(["a/b/x.json"], _files.Snapshot.Files.Keys);
        Assert.NotEmpty(_files.Snapshot.Problems);
    }

    [Fact]
    public async Task Look_ConfigMapSwappedByItsLink_TakesTheNewGeneration()
    {
        // As the kubelet does it: equal names, lengths and times, and one link that changes.
        foreach ((string generation, string content) in new[] { ("..2026_1", "1"), ("..2026_2", "2") })
        {
            File.SetLastWriteTimeUtc(_folder.Write($"{generation}/a.json", content), ManualTime.Start.UtcDateTime.AddDays(-1));
        }

        Link("..data", "..2026_1");
        Link("a.json", "..data/a.json");
        await LookAsync();
        Assert.Equal("1", Content("a.json"));

        File.Delete(Path.Combine(_folder.Path, "..data"));
        Link("..data", "..2026_2");
        await LookAsync();
        Assert.Equal("2", Content("a.json"));
    }

    [Fact]
    public async Task Look_Pipe_IsNotOpened()
    {
        using (Process mkfifo = Process.Start("mkfifo", Path.Combine(_folder.Path, "pipe.json")))
        {
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await LookAsync().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Empty(_files.Snapshot.Files);
        Assert.Single(_files.Snapshot.Problems);
    }

    [Fact]
    public async Task Loop_FileChanged_TakesItWithoutBeingAsked()
    {
        _folder.Write("a.json", "1");
        using var files = new FallbackFiles(_folder.Path, TimeProvider.System, NullLogger<FallbackFiles>.Instance);
        await files.StartAsync(TestContext.Current.CancellationToken);
        try
        {
            await Eventually.BeTrueAsync(
                () => files.Snapshot.Find("a.json")?.Content.Span.SequenceEqual("1"u8) == true,
                TimeSpan.FromSeconds(30),
                "the first content is in force");
            _folder.Write("a.json", "2");
            await Eventually.BeTrueAsync(
                () => files.Snapshot.Find("a.json")!.Content.Span.SequenceEqual("2"u8),
                TimeSpan.FromSeconds(30),
                "the new content is in force");
        }
        finally
        {
            await files.StopAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Samples_OfTheRepository_AreAllTakenOver()
    {
        using FallbackFiles files = NewFiles(Repository.PathOf("static-fallback"));
        await files.LookAsync(TestContext.Current.CancellationToken);

        Assert.Empty(files.Snapshot.Problems);
        Assert.Superset(
            new HashSet<string>([
                "recommend.json",
                "guide-offline.html",
                "chat-offline.sse",
                "trending/any.json",
                "trending/shoes.json"
            ], StringComparer.Ordinal),
            new HashSet<string>(files.Snapshot.Files.Keys, StringComparer.Ordinal));
        string chat = Encoding.UTF8.GetString(files.Snapshot.Find("chat-offline.sse")!.Content.Span);
        Assert.StartsWith("retry: 10000\n\ndata: {\"token\":", chat, StringComparison.Ordinal);
        Assert.Matches("\n\nevent: done\ndata: {[^\n]*}\n\n$", chat);
        Assert.DoesNotContain(
            "http",
            Encoding.UTF8.GetString(files.Snapshot.Find("guide-offline.html")!.Content.Span),
            StringComparison.Ordinal);
    }

    // The manual clock stands long before the files' times, so every file counts as young unless a test makes it old.
    private static FallbackFiles NewFiles(string folder) => new(folder, new ManualTime(), NullLogger<FallbackFiles>.Instance);

    private Task LookAsync() => _files.LookAsync(TestContext.Current.CancellationToken);

    private string? Content(string name) => _files.Snapshot.Find(name) is { } file ? Encoding.UTF8.GetString(file.Content.Span) : null;

    private void Link(string name, string target) => File.CreateSymbolicLink(Path.Combine(_folder.Path, name), target);
}
