using System.Threading.Channels;
using Gateway.LastGood.InMemory;

namespace Gateway.LastGood.Stores;

/// <summary>Carries changes from memory to the store behind it: one bounded queue, one task, and no one ever waits for either.</summary>
/// <remarks>
/// <para>The queue holds keys, not bodies: what is written is what memory holds when its turn comes, so a queue of any length costs little
/// and repeated changes of a key cost one write each batch.</para>
/// <para>A dropped put is only counted. A dropped eviction must not be forgotten, or a restart would bring back what the service took back:
/// it is set aside and done as soon as the store takes it.</para>
/// </remarks>
internal sealed partial class WriteBehind : IAsyncDisposable
{
    private static readonly TimeSpan RetryFirst = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RetryMost = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan LookAfterStore = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(3);

    private readonly ILastGoodStore _backing;
    private readonly ReadAheadState _ahead;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WriteBehind? _before;
    private readonly Channel<BackingChange> _queue;
    private readonly OwedChanges _owed;
    private readonly BackingWriter _writer;
    private readonly CancellationTokenSource _end = new();
    private Task _loop = Task.CompletedTask;
    private volatile string? _failure;
    private long _enqueued;
    private long _done;
    private int _started;
    private volatile bool _ending;
    private volatile bool _isIncomplete;

    /// <param name="before">The store of which this is a copy: read ahead only if that one had nothing; null: there is none.</param>
    public WriteBehind(
        ILastGoodStore backing,
        LastGoodMemory memory,
        LastGoodCounters counters,
        LastGoodOptions options,
        TimeProvider time,
        ILogger logger,
        WriteBehind? before = null)
    {
        (_backing, _before) = (backing, before);
        _ahead = new ReadAheadState(memory, counters);
        _time = time;
        _logger = logger;
        _owed = new OwedChanges(counters, backing.IsShared);
        _writer = new BackingWriter(backing, memory, _owed, time);
        _queue = Channel.CreateBounded<BackingChange>(
            new BoundedChannelOptions(options.QueueLength) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            Dropped);
    }

    /// <summary>What operators read: "the store file", "Redis".</summary>
    public string Name => _backing.Name;

    /// <summary>Several gateways share it.</summary>
    public bool IsShared => _backing.IsShared;

    /// <summary>Records dropped as corrupt.</summary>
    public long CorruptTotal => _backing.CorruptTotal;

    /// <summary>Completed once read ahead, or once that has failed.</summary>
    public Task ReadAhead => _ahead.Ended;

    /// <summary>It answers at the moment.</summary>
    public bool IsUp => _backing.IsUp;

    /// <summary>A request may look.</summary>
    public bool CanLook => _backing is { IsShared: true, IsUp: true };

    /// <summary>The store may hold keys that memory does not.</summary>
    public bool KeepsMoreThanMemory => _backing.IsShared || _ahead.MayHaveLeftSome;

    /// <summary>Why the store cannot be used; null: it can.</summary>
    public string? Failure => _failure;

    /// <summary>Its task ended by itself.</summary>
    public bool HasEnded => _loop.IsCompleted && !ReferenceEquals(_loop, Task.CompletedTask) && !_ending;

    /// <summary>Starts the one task.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            _loop = Task.Run(RunAsync);
        }
    }

    /// <summary>Adds a change; never waits.</summary>
    public void Enqueue(BackingChange change)
    {
        Interlocked.Increment(ref _enqueued);
        if (!_queue.Writer.TryWrite(change))
        {
            Dropped(change);
        }
    }

    /// <summary>Looks for keys and takes what is found into memory.</summary>
    public async Task LookAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        foreach (var stored in await _backing.LookAsync(keys, cancellationToken))
        {
            _ahead.Admit(stored);
        }
    }

    /// <summary>Waits until what was added so far is done or the store is away.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var target = Interlocked.Read(ref _enqueued);
        while (Interlocked.Read(ref _done) < target && _failure is null && !_loop.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // What waits is written if that is possible soon; a store that is away does not hold up the end.
        _ending = true;
        _queue.Writer.TryComplete();
        try
        {
            if (_failure is not null)
            {
                await _end.CancelAsync();
            }

            await _loop.WaitAsync(EndWithin, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            EndedWithoutStore(_backing.Name);
        }

        await _end.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _backing.DisposeAsync();
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        var retry = RetryFirst;
        while (!_end.IsCancellationRequested)
        {
            try
            {
                // 1. Open, settle what is owed, and read ahead (first) or write everything again (after an absence).
                await _backing.OpenAsync(_end.Token);
                await _writer.SettleAsync(_end.Token);
                if (!_ahead.HasRead)
                {
                    await ReadAheadAsync();
                    _ahead.End(hasRead: true);
                }

                if (_failure is not null)
                {
                    await CatchUpAsync();
                    _failure = null;
                    StoreIsBack(_backing.Name);
                }

                // 2. Write behind until it fails.
                while (await WaitForWorkAsync())
                {
                    await _writer.SettleAsync(_end.Token);
                    await (_isIncomplete ? CatchUpAsync() : WriteBatchAsync(takesPuts: true));
                    retry = RetryFirst;
                }

                return;
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // 3. The store is away, whatever the reason: memory goes on, operators are told, and it is tried again.
                // The alarm stands before anyone who waited for the read-ahead goes on.
                OnFailure(exception);
                _ahead.End(hasRead: false);
                if (_ending)
                {
                    return;
                }

                await Task.Delay(retry, _time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                retry = retry * 2 < RetryMost ? retry * 2 : RetryMost;
            }
        }
    }

    private async Task ReadAheadAsync()
    {
        await _ahead.ReadAsync(_backing, _before?._ahead, _time, _end.Token);
        if (_before is { _ahead.HasFound: false } && _ahead.HasFound)
        {
            _before._isIncomplete = true;
        }
    }

    // Without work too it must come out that the store is away: in an outage nothing is written, and requests want to look.
    private async ValueTask<bool> WaitForWorkAsync()
    {
        var work = _queue.Reader.WaitToReadAsync(_end.Token).AsTask();
        while (true)
        {
            await Task.WhenAny(work, Task.Delay(LookAfterStore, _time, _end.Token));
            if (work.IsCompleted)
            {
                return await work;
            }

            if (_isIncomplete)
            {
                return true;
            }

            if (!_backing.IsUp)
            {
                throw new TimeoutException("It does not answer");
            }
        }
    }

    // What leaves is told in its order; what waits to be put is among what memory holds.
    private async Task CatchUpAsync()
    {
        while (_queue.Reader.TryPeek(out _))
        {
            await WriteBatchAsync(takesPuts: false);
        }

        _isIncomplete = false;
        await _writer.WriteEverythingAsync(_end.Token);
    }

    private async Task WriteBatchAsync(bool takesPuts)
    {
        var taken = 0;
        while (taken < BackingWriter.BatchSize && _queue.Reader.TryRead(out var change))
        {
            taken++;
            if (takesPuts || change.Kind != ChangeKind.Put)
            {
                _writer.Add(change);
            }
        }

        try
        {
            await _writer.WriteBatchAsync(_end.Token);
        }
        finally
        {
            Interlocked.Add(ref _done, taken);
        }
    }

    private void Dropped(BackingChange change)
    {
        Interlocked.Increment(ref _done);
        _owed.Add(change);
    }

    private void OnFailure(Exception exception)
    {
        if (_failure is null)
        {
            StoreIsAway(exception, _backing.Name);
        }

        _failure = exception.Message.TrimEnd('.');
    }

    [LoggerMessage(5010, LogLevel.Error, "The store of last-good responses ({Store}) cannot be used. Responses are kept in memory and "
        + "would be lost by a restart; it is tried again.")]
    private partial void StoreIsAway(Exception exception, string store);

    [LoggerMessage(5011, LogLevel.Information, "The store of last-good responses ({Store}) can be used again.")]
    private partial void StoreIsBack(string store);

    [LoggerMessage(5012, LogLevel.Warning, "The gateway ends while the store of last-good responses ({Store}) is away: what was waiting "
        + "for it is lost.")]
    private partial void EndedWithoutStore(string store);
}
