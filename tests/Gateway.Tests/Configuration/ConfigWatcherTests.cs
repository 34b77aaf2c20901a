using System.Threading.Channels;
using Gateway.Configuration;
using Gateway.Configuration.Reload;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Configuration;

/// <summary>The watcher on real files with the real clock; every wait is for an announcement and has a deadline.</summary>
[Trait("kind", "unit")]
public sealed class ConfigWatcherTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Change_Valid_IsAppliedSoon()
    {
        await using var watched = new Watched();
        var start = TimeProvider.System.GetTimestamp();
        watched.Write(With("1MiB"));
        Assert.Equal(1 << 20, (await watched.AppliedAsync()).New.Limits.RequestBody);
        // The timer may fire a tick early.
        Assert.True(
            TimeProvider.System.GetElapsedTime(start) >= ConfigWatcher.Debounce * 0.9,
            "A content is taken only when two readings agree.");
        Assert.Equal(2, watched.Store.Revision);
    }

    [Theory]
    [InlineData("")]
    [InlineData("version: 1\nlisten: [ { url: \"http://127.0.0.1")]
    [InlineData("version: 1\nfrobnicate: true\n")]
    [InlineData("\0\0\0\0")]
    public async Task Change_Unusable_KeepsTheOldUntilTheNextGoodOne(string broken)
    {
        await using var watched = new Watched();
        var before = watched.Store.Current;

        watched.Write(broken);
        Assert.NotEmpty((await watched.RejectedAsync()).Problems);
        Assert.Same(before, watched.Store.Current);
        Assert.False(watched.Store.State.FileIsInForce);

        watched.Write(With("2MiB"));
        await watched.AppliedAsync();
        Assert.Equal(2 << 20, watched.Store.Current.Limits.RequestBody);
        Assert.True(watched.Store.State.FileIsInForce);
    }

    [Fact]
    public async Task File_DeletedAndPutBack_IsFollowed()
    {
        await using var watched = new Watched();
        File.Delete(watched.Path);
        Assert.StartsWith(
            "There is no such file.",
            Assert.Single((await watched.RejectedAsync()).Problems).Message,
            StringComparison.Ordinal);
        watched.Write(With("3MiB"));
        await watched.AppliedAsync();
    }

    [Fact]
    public async Task File_ReplacedByAFolderAndBack_IsFollowed()
    {
        await using var watched = new Watched();
        File.Delete(watched.Path);
        Directory.CreateDirectory(watched.Path);
        // Between the two steps the file may have been seen missing.
        while (!(await watched.RejectedAsync()).Problems[0].Message.StartsWith("This is a folder", StringComparison.Ordinal)) { }
        Directory.Delete(watched.Path);
        watched.Write(With("3MiB"));
        await watched.AppliedAsync();
    }

    [Fact]
    public async Task Symlink_SwappedAsAConfigMapIs_IsFollowed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("v1/gateway.yaml", ConfigLoaderTests.Smallest);
        folder.Write("v2/gateway.yaml", With("4MiB"));
        var data = Path.Combine(folder.Path, "..data");
        Directory.CreateSymbolicLink(data, "v1");
        var path = Path.Combine(folder.Path, "mount", "gateway.yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, Path.Combine(data, "gateway.yaml"));
        await using var watched = new Watched(path);

        // The rename of a link over a link is one step, and happens outside the folder that is watched.
        Directory.CreateSymbolicLink(data + "_tmp", "v2");
        Assert.Equal(0, Rename(data + "_tmp", data));

        Assert.Equal(4 << 20, (await watched.AppliedAsync()).New.Limits.RequestBody);
    }

    [Fact]
    public async Task Included_ChangedAddedBrokenAndRemoved_IsFollowed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("gateway.yaml", "include: conf.d/*.yaml\n" + ConfigLoaderTests.Smallest);
        folder.Write("conf.d/limits.yaml", "limits: { requestBody: 1MiB }\n");
        await using var watched = new Watched(path);
        Assert.Equal(1 << 20, watched.Store.Current.Limits.RequestBody);

        folder.Write("conf.d/limits.yaml", "limits: { requestBody: 2MiB }\n");
        Assert.Equal(2 << 20, (await watched.AppliedAsync()).New.Limits.RequestBody);

        folder.Write("conf.d/more.yaml", "drain: 5s\n");
        Assert.Equal(TimeSpan.FromSeconds(5), (await watched.AppliedAsync()).New.Drain);

        folder.Write("conf.d/broken.yaml", "limits: { requestBody: 3MiB\n");
        var problem = (await watched.RejectedAsync()).Problems[0];
        Assert.EndsWith("conf.d/broken.yaml", problem.File, StringComparison.Ordinal);
        Assert.Equal(
            (2 << 20, TimeSpan.FromSeconds(5), false),
            (watched.Store.Current.Limits.RequestBody, watched.Store.Current.Drain, watched.Store.State.FileIsInForce));

        File.Delete(Path.Combine(folder.Path, "conf.d/broken.yaml"));
        File.Delete(Path.Combine(folder.Path, "conf.d/more.yaml"));
        Assert.Equal(TimeSpan.FromSeconds(1), (await watched.AppliedAsync()).New.Drain);
        Assert.True(watched.Store.State.FileIsInForce);
    }

    [Fact]
    public async Task Included_SwappedAsAConfigMapIs_IsFollowed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("..v1/limits.yaml", "limits: { requestBody: 1MiB }\n");
        folder.Write("..v2/limits.yaml", "limits: { requestBody: 4MiB }\n");
        folder.Write("..v2/more.yaml", "drain: 5s\n");
        var data = Path.Combine(folder.Path, "..data");
        Directory.CreateSymbolicLink(data, "..v1");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "limits.yaml"), "..data/limits.yaml");
        var path = folder.Write("main/gateway.yaml", "include: ../*.yaml\n" + ConfigLoaderTests.Smallest);
        await using var watched = new Watched(path);
        Assert.Equal(1 << 20, watched.Store.Current.Limits.RequestBody);

        // As the kubelet does it: the swap first, then the links of new files.
        Directory.CreateSymbolicLink(data + "_tmp", "..v2");
        Assert.Equal(0, Rename(data + "_tmp", data));
        File.CreateSymbolicLink(Path.Combine(folder.Path, "more.yaml"), "..data/more.yaml");

        // Both changes may be seen at once.
        var change = await watched.AppliedAsync();
        while (change.New.Drain != TimeSpan.FromSeconds(5))
        {
            change = await watched.AppliedAsync();
        }

        Assert.Equal(4 << 20, change.New.Limits.RequestBody);
    }

    [Fact]
    public async Task Refusal_ForAMissingStaticFile_EndsWhenTheFileAppears()
    {
        using var folder = new TemporaryFolder();
        folder.Write("static/other.json", "{}");
        await using var watched = new Watched();
        var text = ConfigLoaderTests.Smallest.Replace(
            "cluster: guide }",
            "cluster: guide, fallback: [ { file: a.json } ] }",
            StringComparison.Ordinal) + $"staticFallback: \"{folder.Path}/static\"\n";
        watched.Write(text);
        Assert.Contains("a.json", (await watched.RejectedAsync()).Problems[0].Message, StringComparison.Ordinal);

        folder.Write("static/a.json", "{}");

        Assert.Single((await watched.AppliedAsync()).New.Routes[0].Fallback);
    }

    [Fact]
    public async Task Reload_AskedFor_GivesTheOutcome()
    {
        await using var watched = new Watched();
        Assert.False((await watched.ReloadAsync()).Applied);

        watched.Write("version: 1\nfrobnicate: 1\n");
        Assert.NotEmpty((await watched.ReloadAsync()).Problems);

        watched.Write(ConfigLoaderTests.Smallest + "state: elsewhere\n");
        var outcome = await watched.ReloadAsync();
        Assert.Empty(outcome.Problems);
        Assert.Equal(2, outcome.Revision);
        Assert.Equal(["state"], outcome.RestartNeeded);
    }

    [Fact]
    public async Task Reloads_ManyAtOnce_AllEnd()
    {
        await using var watched = new Watched();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => watched.ReloadAsync()));
        Assert.All(outcomes, outcome => Assert.Empty(outcome.Problems));
    }

    [Fact]
    public async Task Reload_AfterTheEnd_DoesNotHang()
    {
        var watched = new Watched();
        await watched.DisposeAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(watched.ReloadAsync);
    }

    private static string With(string requestBody) => ConfigLoaderTests.Smallest + $"limits: {{ requestBody: {requestBody} }}\n";

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "rename",
        CharSet = System.Runtime.InteropServices.CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [System.Runtime.InteropServices.DefaultDllImportSearchPaths(System.Runtime.InteropServices.DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(string from, string to);

    private sealed class Watched : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly CancellationTokenSource _end = new();
        private readonly Channel<ConfigChange> _applied = Channel.CreateUnbounded<ConfigChange>();
        private readonly Channel<RejectedConfig> _rejected = Channel.CreateUnbounded<RejectedConfig>();
        private readonly ConfigWatcher _watcher;
        private readonly Task _loop;

        public Watched(string? path = null)
        {
            Path = path ?? _folder.Write("gateway.yaml", ConfigLoaderTests.Smallest);
            Store = new ConfigStore(ConfigLoader.Load(Path, _ => null), TimeProvider.System, NullLogger<ConfigStore>.Instance);
            Store.WhenApplied(change => _applied.Writer.TryWrite(change));
            Store.WhenRejected(rejected => _rejected.Writer.TryWrite(rejected));
            _watcher = new ConfigWatcher(Path, Store, _ => null, TimeProvider.System, NullLogger<ConfigWatcher>.Instance);
            _loop = _watcher.RunAsync(_end.Token);
        }

        public string Path { get; }

        public ConfigStore Store { get; }

        public void Write(string text) => File.WriteAllText(Path, text);

        public Task<ConfigChange> AppliedAsync() => _applied.Reader.ReadAsync().AsTask().WaitAsync(Deadline);

        public Task<RejectedConfig> RejectedAsync() => _rejected.Reader.ReadAsync().AsTask().WaitAsync(Deadline);

        public Task<ReloadOutcome> ReloadAsync() => _watcher.ReloadAsync(ReloadRequest.OfFile, CancellationToken.None).WaitAsync(Deadline);

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _loop.WaitAsync(Deadline);
            _end.Dispose();
            _folder.Dispose();
        }
    }
}
