using System.Collections.Concurrent;
using Gateway.LastGood;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.LastGood;

[Trait("kind", "unit")]
public sealed class WriteBehindTests
{
    private readonly global::Gateway.Configuration.Model.RouteConfig _route = Guide.Route();

    [Fact]
    public async Task Enqueue_StoreHangs_OldestAreDroppedCountedAndEvictionsAreNot()
    {
        var backing = new FaultyBacking();
        var time = new ManualTime();
        await using var store = Guide.Store(time, backing, new LastGoodOptions { QueueLength = 16, WithdrawalsOver = TimeSpan.Zero });
        store.Start();
        await store.ReadAhead;

        // 1. The first write hangs; everything after it waits in a queue of sixteen.
        backing.Hang();
        store.Respond(_route, Guide.Get("/first"), "x");
        await backing.Hanging.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        store.Respond(_route, Guide.Get("/evicted"), "x");
        time.Advance(TimeSpan.FromSeconds(1));
        store.Withdraw(_route, Guide.Get("/evicted"));
        for (var i = 0; i < 100; i++)
        {
            store.Respond(_route, Guide.Get($"/{i}"), "x");
        }

        Assert.InRange(store.Counters.Unwritten, 80, 90);
        Assert.Equal(101, store.Entries);

        // 2. Once it goes on, the eviction that was pushed out of the queue is made up for.
        backing.Release();
        await store.FlushAsync(TestContext.Current.CancellationToken);
        store.Respond(_route, Guide.Get("/last"), "x");
        await Guide.Until(() => backing.Changes.Any(c => c.Kind == ChangeKind.Evict
            && c.Text.Contains("/evicted", StringComparison.Ordinal)), "the eviction is done");
        await Guide.Until(() => backing.Changes.Any(c => c.Text.Contains("/last", StringComparison.Ordinal)), "the last is written");
        Assert.Contains(backing.Changes, c => c.Text.Contains("/99 ", StringComparison.Ordinal));
        Assert.DoesNotContain(backing.Changes, c => c.Text.Contains("/5 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Failure_AlarmShows_AndWhatMemoryHoldsIsWrittenOnceItPasses()
    {
        var backing = new FaultyBacking { Fails = true };
        await using var store = Guide.Store(TimeProvider.System, backing);
        store.Start();
        await store.ReadAhead;
        store.Respond(_route, Guide.Get("/a"), "x");
        Assert.Contains("the twin", store.Alarm, StringComparison.Ordinal);
        Assert.NotNull(store.Find(_route, Guide.Get("/a")));
        backing.Fails = false;
        await Guide.Until(() => store.Alarm is null, "the alarm goes");
        Assert.Contains(backing.Changes, c => c.Kind == ChangeKind.Put && c.Response is not null);
    }

    [Fact]
    public async Task Dispose_StoreHangs_EndsAnyway()
    {
        var backing = new FaultyBacking();
        var store = Guide.Store(TimeProvider.System, backing);
        store.Start();
        await store.ReadAhead;
        backing.Hang();
        store.Respond(_route, Guide.Get("/a"), "x");
        await backing.Hanging.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        await store.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.True(backing.IsDisposed);
    }

    [Fact]
    public async Task FindAsync_SharedStoreHangs_ReturnsWithinItsDeadline()
    {
        var backing = new FaultyBacking { IsShared = true };
        await using var store = Guide.Store(TimeProvider.System, backing);
        store.Start();
        await store.ReadAhead;
        backing.Hang();
        var began = TimeProvider.System.GetTimestamp();
        Assert.Null(await store.FindAsync(_route, Guide.Get("/a"), TestContext.Current.CancellationToken));
        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds, 40, 1000);
        backing.Release();
    }

    /// <summary>After a restart of all: what the shared store has is true, and where it has nothing, what this gateway kept is.</summary>
    [Theory]
    [InlineData(true, false, "shared")]
    [InlineData(false, false, "copy")]
    [InlineData(false, true, "copy")]
    public async Task Copy_IsReadWhereTheSharedStoreHasNothing_WhichItThenFills(bool has, bool fails, string body)
    {
        var (shared, copy) = (new FaultyBacking { IsShared = true, Fails = fails }, new FaultyBacking());
        if (has)
        {
            shared.Records.Add(await RecordAsync("shared"));
        }

        copy.Records.Add(await RecordAsync("copy"));
        await using var store = Guide.Store(TimeProvider.System, shared, copy);
        store.Start();
        await store.ReadAhead;

        Assert.Equal(body, store.BodyFor(_route, Guide.Get("/a")));
        if (fails)
        {
            Assert.Contains("(the twin) cannot be used", store.Alarm, StringComparison.Ordinal);
            Assert.Contains("Responses are kept in memory and in the twin;", store.Alarm, StringComparison.Ordinal);
        }

        shared.Fails = false;
        await Guide.Until(() => shared.Changes.Any(static c => c.Kind == ChangeKind.Put) == !has, "the shared one is filled");
        await Guide.Until(() => store.Alarm is null, "the alarm goes");
        store.Respond(_route, Guide.Get("/b"), "x");
        foreach (var backing in (FaultyBacking[])[shared, copy])
        {
            await Guide.Until(
                () => backing.Changes.Any(static c => c.Text.Contains("/b ", StringComparison.Ordinal)), "both are written to");
        }
    }

    /// <summary>What another gateway has learned meanwhile is not overwritten by what is older.</summary>
    [Theory]
    [InlineData(-60_000, true)]
    [InlineData(60_000, false)]
    public async Task Failure_Passes_OlderResponsesDoNotReplaceNewerOnes(long laterByMilliseconds, bool isWritten)
    {
        var ours = await RecordAsync("ours");
        var shared = new FaultyBacking { IsShared = true, Fails = true };
        shared.Records.Add(ours with { BeganUnixMs = ours.BeganUnixMs + laterByMilliseconds });
        await using var store = Guide.Store(TimeProvider.System, shared);
        store.Start();
        await store.ReadAhead;
        store.Respond(_route, Guide.Get("/a"), "ours");
        store.Respond(_route, Guide.Get("/b"), "x");
        await Guide.Until(() => store.Alarm is not null, "it fails");

        shared.Fails = false;
        await Guide.Until(() => store.Alarm is null, "it is used again");

        var written = shared.Changes.Where(static c => c.Kind == ChangeKind.Put).Select(static c => c.Text).ToArray();
        Assert.Contains(written, static key => key.Contains("/b ", StringComparison.Ordinal));
        Assert.Equal(isWritten, written.Contains(ours.Key, StringComparer.Ordinal));
    }

    private async Task<StoredResponse> RecordAsync(string body)
    {
        var backing = new FaultyBacking();
        await using (var store = Guide.Store(TimeProvider.System, backing))
        {
            store.Start();
            store.Respond(_route, Guide.Get("/a"), body);
            await Guide.Until(() => !backing.Changes.IsEmpty, "it is written");
        }

        return backing.Changes.First().Response!;
    }

    /// <summary>A store that fails or hangs when it is told to.</summary>
    private sealed class FaultyBacking : ILastGoodStore
    {
        private readonly TaskCompletionSource _hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile TaskCompletionSource? _gate;

        public ConcurrentQueue<BackingChange> Changes { get; } = new();

        public List<StoredResponse> Records { get; } = [];

        public bool Fails { get; set; }

        public bool IsDisposed { get; private set; }

        public Task Hanging => _hanging.Task;

        public string Name => "the twin";

        public bool IsShared { get; init; }

        public bool IsUp => !Fails;

        public int MaxRecord => 1 << 20;

        public long CorruptTotal => 0;

        public void Hang() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _gate!.TrySetResult();

        public Task OpenAsync(CancellationToken cancellationToken) => PassAsync(cancellationToken);

        public async Task ReadAheadAsync(Func<StoredResponse, bool> admit, CancellationToken cancellationToken)
        {
            await PassAsync(cancellationToken);
            Assert.All(Records, record => admit(record));
        }

        public async Task WriteAsync(IReadOnlyList<BackingChange> changes, CancellationToken cancellationToken)
        {
            await PassAsync(cancellationToken);
            foreach (var change in changes)
            {
                Changes.Enqueue(change);
            }
        }

        public async Task<IReadOnlyList<StoredResponse>> LookAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
        {
            await PassAsync(CancellationToken.None);
            return [.. Records.Where(record => keys.Contains(record.Key, StringComparer.Ordinal))];
        }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }

        private async Task PassAsync(CancellationToken cancellationToken)
        {
            if (Fails)
            {
                throw new IOException("It fails because it was told to.");
            }

            if (_gate is { } gate)
            {
                _hanging.TrySetResult();
                await gate.Task.WaitAsync(cancellationToken);
            }
        }
    }
}
