using System.Collections.Concurrent;
using Gateway.Configuration.Model;
using Gateway.Observability;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood;

/// <summary>Keeps the last-good responses: learns from live ones (<see cref="OnAnswer(RouteConfig, HttpRequest, int, IHeaderDictionary, string, TimeSpan, bool)"/>) and finds them when no tier can serve.</summary>
/// <remarks>Memory answers; a store behind it (SQLite or Redis) is written behind and read ahead, and may be away at any time. No call waits for it, except one bounded look in <see cref="FindAsync"/>.</remarks>
internal sealed partial class LastGoodStore : IAsyncDisposable
{
    private const int KeyOnStack = 512;

    // A copy that has not ended by then (a client that reads a byte a second) no longer keeps others from refreshing the key.
    private const int ClaimSeconds = 10;
    private readonly LastGoodOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<LastGoodStore> _logger;
    private readonly LastGoodMemory _memory;
    private readonly WriteBehind? _behind;
    private readonly Withdrawals _withdrawals = new();
    private readonly ConcurrentDictionary<string, Coverage> _coverage = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SplitHeaders> _splits = new(StringComparer.Ordinal);
    private long _copying;
    private int _looking;

    public LastGoodStore(LastGoodOptions options, TimeProvider time, ILogger<LastGoodStore> logger, ILastGoodStore? backing = null, Instruments? instruments = null)
    {
        Counters = new LastGoodCounters(instruments);
        _options = options;
        _time = time;
        _logger = logger;
        _memory = new LastGoodMemory(options.MemoryCap);
        _behind = backing is null ? null : new WriteBehind(backing, _memory, Counters, options, time, logger);
    }

    /// <summary>What has happened since the start.</summary>
    public LastGoodCounters Counters { get; }

    /// <summary>Answers in memory (<c>gateway_last_good_entries</c>).</summary>
    public long Entries => _memory.Entries;

    /// <summary>Bytes in memory (<c>gateway_last_good_bytes</c>).</summary>
    public long Bytes => _memory.Bytes;

    /// <summary>What is wrong with the store behind, in a sentence for operators; null: nothing, or there is none.</summary>
    public string? Alarm => _behind?.Alarm;

    /// <summary>Records that the store behind dropped because they were corrupt, truncated or foreign.</summary>
    public long CorruptTotal => _behind?.CorruptTotal ?? 0;

    /// <summary>Whether the store behind answers at the moment; null: there is none.</summary>
    public bool? IsStoreUp => _behind?.IsUp;

    /// <summary>Completed once the store behind has been read ahead, or has failed for the first time.</summary>
    public Task ReadAhead => _behind?.ReadAhead ?? Task.CompletedTask;

    /// <summary>Begins to read ahead and to write behind; returns at once.</summary>
    public void Start() => _behind?.Start();

    /// <summary>Waits until everything that was kept so far is in the store behind, or the store is away. For tests and an orderly end.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) => _behind?.FlushAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_behind is not null)
        {
            await _behind.DisposeAsync();
        }
    }

    /// <summary>Reserves memory for a copy.</summary>
    internal bool TryReserveCopy(int size)
    {
        if (Interlocked.Add(ref _copying, size) <= _options.CopyCap)
        {
            return true;
        }

        Interlocked.Add(ref _copying, -size);
        return false;
    }

    /// <summary>Gives it back.</summary>
    internal void ReleaseCopy(int size) => Interlocked.Add(ref _copying, -size);

    /// <summary>Checks a whole response and keeps it.</summary>
    internal void Keep(CaptureHead head, ReadOnlyMemory<byte> body)
    {
        if (BodyCheck.Judge(head.ContentType, head.ContentEncoding, body) is not StoreRejection.None and var refusal)
        {
            Counters.CountRefused(refusal);
            return;
        }

        var answer = head.Answer with { Body = body.ToArray() };
        if (!Put(answer))
        {
            return;
        }

        Counters.CountStored();
        foreach (var (key, baseKey) in head.Nearest)
        {
            if (_memory.Peek(key)?.Live is not { } there || there.Answer.Began < answer.Began - head.RefreshTicks)
            {
                Put(answer with { Key = key, BaseKey = baseKey, FilledBy = answer.BaseKey });
            }
        }
    }

    /// <summary>Tells of an error that must not reach a request.</summary>
    internal void Report(Exception exception) => KeepingFailed(exception);

    private bool Put(StoredResponse answer)
    {
        if (answer.Vary.Length > 0 && !PutMarker(answer))
        {
            return false;
        }

        if (_memory.Put(answer) is not StoreRejection.None and var refusal)
        {
            Counters.CountRefused(refusal);
            return false;
        }

        _behind?.Enqueue(new BackingChange(ChangeKind.Put, answer.Key, answer.BeganUnixMs));
        return true;
    }

    // The note which headers choose between a key's variants. One with the same names stays, because variants older than their note are not found.
    private bool PutMarker(StoredResponse answer)
    {
        if (_memory.Find(answer.BaseKey)?.Live is { Answer: { IsMarker: true } known } && known.Vary.AsSpan().SequenceEqual(answer.Vary))
        {
            return true;
        }

        var marker = answer with { Key = answer.BaseKey, IsMarker = true, Headers = [], ETag = null, Body = [] };
        if (_memory.Put(marker) is not StoreRejection.None and var refusal)
        {
            Counters.CountRefused(refusal);
            return false;
        }

        _behind?.Enqueue(new BackingChange(ChangeKind.Put, marker.Key, marker.BeganUnixMs));
        return true;
    }

    private ClockReading Now() => ClockReading.Of(_time);

    [LoggerMessage(5001, LogLevel.Error, "A response could not be kept because of an error of the gateway itself; users are not affected. Please report it.")]
    private partial void KeepingFailed(Exception exception);
}
