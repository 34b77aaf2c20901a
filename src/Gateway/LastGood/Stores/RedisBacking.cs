using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.LastGood.Policy;
using Gateway.Observability.Metrics;
using Gateway.Redis;

namespace Gateway.LastGood.Stores;

/// <summary>The store that several gateways share: Redis, over the one connection of <see cref="RedisConnection"/>.</summary>
/// <remarks>
/// Keys: <c>PREFIX lg:SHA256</c> holds a record with the time to live that its <c>maxAge</c> leaves, <c>PREFIX lgw:SHA256</c> the moment of
/// the last write to a path. With a secret each record is signed for its key (<see cref="RecordSeal"/>); without one, any process that can
/// write to Redis decides what users get.
/// </remarks>
internal sealed partial class RedisBacking : ILastGoodStore
{
    private const int ReadAheadMost = 20_000;
    private const long ReadAheadBytes = 64L * 1024 * 1024;
    private static readonly TimeSpan ReadAheadFor = TimeSpan.FromSeconds(3);

    // The first connection is made while the gateway starts: its first responses are worth a short wait of the one task that writes behind.
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    // A record never outlives the note of a write to its path.
    private static readonly TimeSpan KeepMost = TimeSpan.FromDays(7);
    private static readonly TimeSpan KeepWrites = TimeSpan.FromDays(8);

    private readonly RedisConnection _redis;
    private readonly string _responses;
    private readonly string _writes;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SignedRecords _records;

    /// <param name="secret">Signs the records; null: they are not signed, and Redis is trusted.</param>
    public RedisBacking(
        RedisConnection redis, TimeProvider time, ILogger<RedisBacking> logger, string? secret = null, Instruments? instruments = null)
    {
        _redis = redis;
        _records = new SignedRecords(secret is null ? null : new RecordSeal(secret), instruments, time, logger);
        _responses = redis.Prefix + "lg:";
        _writes = redis.Prefix + "lgw:";
        _time = time;
        _logger = logger;
    }

    /// <inheritdoc/>
    public string Name => "Redis";

    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public bool IsUp => _redis.Answers;

    /// <inheritdoc/>
    public int MaxRecord => 256 * 1024;

    /// <inheritdoc/>
    public long CorruptTotal => _records.CorruptTotal;

    /// <summary>Records without a valid signature, which were not used.</summary>
    public long UnsignedTotal => _records.UnsignedTotal;

    /// <inheritdoc/>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (!_redis.Answers)
        {
            if (_time.GetElapsedTime(began) > ConnectWithin || _redis.Alarm is not null)
            {
                throw new RedisFailedException(RedisFault.Unreachable);
            }

            await Task.Delay(LookAgain, _time, cancellationToken);
        }
    }

    /// <summary>Hands over some of what Redis holds, within bounds of count, bytes and time; the look finds the rest.</summary>
    public async Task ReadAheadAsync(Func<StoredResponse, bool> admit, CancellationToken cancellationToken)
    {
        if (!_redis.Answers)
        {
            return;
        }

        using var enough = new CancellationTokenSource(ReadAheadFor, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancellationToken);
        try
        {
            var (cursor, count, bytes) = ("0", 0, 0L);
            do
            {
                (cursor, var names) = await ScanAsync(cursor, both.Token);
                foreach (var chunk in names.Chunk(16))
                {
                    foreach (var stored in await ReadAsync(chunk, both.Token))
                    {
                        count++;
                        bytes += stored.Cost;
                        if (count > ReadAheadMost || bytes > ReadAheadBytes || !admit(stored))
                        {
                            return;
                        }
                    }
                }
            }
            while (!string.Equals(cursor, "0", StringComparison.Ordinal));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested
            && exception is RedisFailedException or OperationCanceledException)
        {
            // What was read is of use, and what was not is found by the look; whether Redis is away is for the heartbeat to say.
            ReadAheadEnded(exception.GetType().Name);
        }
    }

    /// <inheritdoc/>
    public async Task WriteAsync(IReadOnlyList<BackingChange> changes, CancellationToken cancellationToken)
    {
        // Sent in order over one connection, awaited together: one deadline for each chunk bounds the bytes on their way too.
        foreach (var chunk in changes.Chunk(16))
        {
            (string, byte[]?, TimeSpan)[] values = [.. chunk.Select(ValueOf).OfType<(string, byte[]?, TimeSpan)>()];
            if (values.Length > 0)
            {
                await _redis.SetAsync(values, cancellationToken);
            }
        }

        foreach (var change in changes)
        {
            if (change.Search is { } rule)
            {
                await PurgeAsync(rule, change.AtUnixMs, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredResponse>> LookAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        if (!_redis.Answers)
        {
            return [];
        }

        try
        {
            return await ReadAsync([.. keys.Select(key => NameOf(_responses, key))], cancellationToken);
        }
        catch (RedisFailedException)
        {
            // A look that fails found nothing; whether Redis is away is for the heartbeat to say.
            return [];
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // The name is a digest of the key, and anyone may have written the value: only the key inside tells whose response it is.
    private async Task<IReadOnlyList<StoredResponse>> ReadAsync(string[] names, CancellationToken cancellationToken)
    {
        var values = await _redis.GetAsync(names, cancellationToken);
        var found = new List<StoredResponse>(names.Length);
        for (var i = 0; i < names.Length; i++)
        {
            if (_records.Decode(names[i], values[i]) is not { } stored)
            {
                continue;
            }

            if (string.Equals(NameOf(_responses, stored.Key), names[i], StringComparison.Ordinal))
            {
                found.Add(stored);
            }
            else
            {
                _records.CountCorrupt();
            }
        }

        if (found.Count == 0)
        {
            return found;
        }

        var writes = await _redis.GetAsync([.. found.Select(stored => NameOf(_writes, stored.Place))], cancellationToken);
        var alive = new List<StoredResponse>(found.Count);
        for (var i = 0; i < found.Count; i++)
        {
            if (!long.TryParse(writes[i], NumberStyles.Integer, CultureInfo.InvariantCulture, out var written)
                || written < found[i].BeganUnixMs)
            {
                alive.Add(found[i]);
            }
        }

        return alive;
    }

    private static string NameOf(string kind, string text) =>
        kind + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    // What a change sets; without a value its name is deleted. Null: nothing to do.
    private (string, byte[]?, TimeSpan)? ValueOf(BackingChange change)
    {
        switch (change.Kind)
        {
            case ChangeKind.Put:
                var stored = change.Response!;
                var left = TimeSpan.FromMilliseconds(stored.BeganUnixMs - _time.GetUtcNow().ToUnixTimeMilliseconds()) + stored.KeepFor;
                left = left < KeepMost ? left : KeepMost;
                var name = NameOf(_responses, stored.Key);
                var record = left > TimeSpan.FromSeconds(1) ? LastGoodRecord.Encode(stored) : null;
                return record is null || record.Length > MaxRecord ? null : (name, _records.Seal(name, record), left);
            case ChangeKind.Evict or ChangeKind.PurgeKey:
                return (NameOf(_responses, change.Text), null, TimeSpan.Zero);
            case ChangeKind.Invalidate:
                return (
                    NameOf(_writes, change.Text),
                    Encoding.ASCII.GetBytes(change.AtUnixMs.ToString(CultureInfo.InvariantCulture)),
                    KeepWrites);
            default:
                return null;
        }
    }

    // Rare, and in the background: names are digests, so what a rule means is found by reading every record of ours.
    private async Task PurgeAsync(PurgeRule rule, long atUnixMs, CancellationToken cancellationToken)
    {
        var cursor = "0";
        do
        {
            (cursor, var names) = await ScanAsync(cursor, cancellationToken);
            foreach (var chunk in names.Chunk(16))
            {
                var values = await _redis.GetAsync(chunk, cancellationToken);
                (string, byte[]?, TimeSpan)[] gone =
                [
                    .. chunk
                        .Where((name, i) => _records.Decode(name, values[i]) is not { } stored
                            || (stored.BeganUnixMs <= atUnixMs && rule.Matches(stored)))
                        .Select(static name => (name, (byte[]?)null, TimeSpan.Zero)),
                ];
                if (gone.Length > 0)
                {
                    await _redis.SetAsync(gone, cancellationToken);
                }
            }
        }
        while (!string.Equals(cursor, "0", StringComparison.Ordinal));
    }

    private Task<(string Cursor, string[] Names)> ScanAsync(string cursor, CancellationToken cancellationToken) =>
        _redis.ScanAsync(Escaped(_responses) + "*", cursor, cancellationToken);

    private static string Escaped(string glob) =>
        glob.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("*", "\\*", StringComparison.Ordinal)
            .Replace("?", "\\?", StringComparison.Ordinal)
            .Replace("[", "\\[", StringComparison.Ordinal);

    [LoggerMessage(5031, LogLevel.Information, "Reading last-good responses ahead from Redis ended early ({Reason}); what is missing is "
        + "looked up when it is needed.")]
    private partial void ReadAheadEnded(string reason);
}
