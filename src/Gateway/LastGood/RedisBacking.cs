using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Configuration;
using StackExchange.Redis;

namespace Gateway.LastGood;

/// <summary>The store that several gateways share: Redis. The one file of this room that knows the client library.</summary>
/// <remarks>
/// <para>Keys: <c>PREFIX lg:SHA256</c> holds a record with the time to live that its <c>maxAge</c> leaves, <c>PREFIX lgw:SHA256</c> the moment of the last write to a path.</para>
/// <para>Every call has a deadline of its own. A heartbeat a second says whether Redis answers; three failed ones in a row and the connection is given up and made anew,
/// because the client library can hang on to a dead one for minutes.</para>
/// </remarks>
internal sealed partial class RedisBacking : ILastGoodBacking
{
    private const int HeartbeatsToLose = 3;
    private static readonly TimeSpan CallWithin = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(2);
    private const int ReadAheadMost = 20_000;
    private const long ReadAheadBytes = 64L * 1024 * 1024;
    private static readonly TimeSpan ReadAheadFor = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    // A record never outlives the note of a write to its path.
    private static readonly TimeSpan KeepMost = TimeSpan.FromDays(7);
    private static readonly TimeSpan KeepWrites = TimeSpan.FromDays(8);

    private readonly RedisConfig _config;
    private readonly string _answers;
    private readonly string _writes;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _end = new();
    private volatile Link? _link;
    private Task _heart = Task.CompletedTask;
    private long _corrupt;

    public RedisBacking(RedisConfig config, TimeProvider time, ILogger<RedisBacking> logger)
    {
        _config = config;
        _answers = config.Prefix + "lg:";
        _writes = config.Prefix + "lgw:";
        _time = time;
        _logger = logger;
    }

    /// <inheritdoc/>
    public string Name => "Redis";

    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public bool IsUp => _link is { Missed: 0 };

    /// <inheritdoc/>
    public int MaxRecord => 256 * 1024;

    /// <inheritdoc/>
    public long CorruptTotal => Interlocked.Read(ref _corrupt);

    /// <inheritdoc/>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_link is { } known)
        {
            await Within(known.Database.PingAsync(), cancellationToken);
            known.Missed = 0;
            return;
        }

        var options = new ConfigurationOptions
        {
            AbortOnConnectFail = true,
            ConnectTimeout = (int)ConnectWithin.TotalMilliseconds,
            ConnectRetry = 1,
            SyncTimeout = (int)CallWithin.TotalMilliseconds,
            Password = _config.Password,
            ClientName = "gateway",
            AllowAdmin = false,
        };
        foreach (var endpoint in _config.Endpoints)
        {
            options.EndPoints.Add(endpoint);
        }

        // Connecting resolves names and may block: never on a thread of requests, and not for longer than we say.
        var connecting = Task.Run(() => ConnectionMultiplexer.ConnectAsync(options), cancellationToken);
        try
        {
            var link = new Link(await connecting.WaitAsync(ConnectWithin + CallWithin, _time, cancellationToken));
            await Within(link.Database.PingAsync(), cancellationToken);
            _link = link;
            _heart = Task.Run(() => BeatAsync(link), cancellationToken);
        }
        catch (Exception)
        {
            GiveUp(connecting);
            throw;
        }
    }

    /// <summary>Hands over some of what Redis holds, in Redis' own order and within bounds of count, bytes and time: it may hold far more than one memory, and the look finds the rest.</summary>
    public async Task ReadAheadAsync(Func<StoredAnswer, bool> admit, CancellationToken cancellationToken)
    {
        if (_link is not { } link)
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
                (cursor, var names) = await ScanAsync(link.Database, cursor, both.Token);
                foreach (var chunk in names.Chunk(16))
                {
                    foreach (var answer in await ReadAsync(link.Database, chunk, both.Token))
                    {
                        count++;
                        bytes += answer.Cost;
                        if (count > ReadAheadMost || bytes > ReadAheadBytes || !admit(answer))
                        {
                            return;
                        }
                    }
                }
            }
            while (!string.Equals(cursor, "0", StringComparison.Ordinal));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && exception is RedisException or TimeoutException or OperationCanceledException or InvalidCastException)
        {
            // What was read is of use, and what was not is found by the look; whether Redis is away is for the heartbeat to say.
            ReadAheadEnded(exception.GetType().Name);
        }
    }

    /// <inheritdoc/>
    public async Task WriteAsync(IReadOnlyList<BackingChange> changes, CancellationToken cancellationToken)
    {
        var link = _link ?? throw new TimeoutException("Redis does not answer");
        try
        {
            // Sent in order over one connection, awaited together: one deadline for each chunk bounds the bytes on their way too.
            foreach (var chunk in changes.Chunk(16))
            {
                await Within(Task.WhenAll(chunk.Select(change => WriteAsync(link.Database, change))), cancellationToken);
            }

            foreach (var change in changes)
            {
                if (change.Search is { } rule)
                {
                    await PurgeAsync(link.Database, rule, change.AtUnixMs, cancellationToken);
                }
            }
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            // A late answer says as much as a missed heartbeat; OpenAsync decides by the heartbeat when to connect anew.
            throw new TimeoutException("Redis refused or missed a write (" + exception.GetType().Name + ")", exception);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredAnswer>> LookAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        if (_link is not { } link)
        {
            return [];
        }

        return await ReadAsync(link.Database, [.. keys.Select(key => (RedisKey)NameOf(_answers, key))], cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _heart.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_link is { } link)
        {
            _link = null;
            GiveUp(Task.FromResult(link.Connection));
        }

        _end.Dispose();
    }

    // The name is a digest of the key, and anyone may have written the value: only the key inside tells whose answer it is.
    private async Task<IReadOnlyList<StoredAnswer>> ReadAsync(IDatabase database, RedisKey[] names, CancellationToken cancellationToken)
    {
        var values = await Within(database.StringGetAsync(names), cancellationToken);
        var found = new List<StoredAnswer>(names.Length);
        for (var i = 0; i < names.Length; i++)
        {
            if (Decode(values[i]) is not { } answer)
            {
                continue;
            }

            if (string.Equals(NameOf(_answers, answer.Key), names[i], StringComparison.Ordinal))
            {
                found.Add(answer);
            }
            else
            {
                Interlocked.Increment(ref _corrupt);
            }
        }

        if (found.Count == 0)
        {
            return found;
        }

        var writes = await Within(database.StringGetAsync([.. found.Select(answer => (RedisKey)NameOf(_writes, answer.Place))]), cancellationToken);
        var alive = new List<StoredAnswer>(found.Count);
        for (var i = 0; i < found.Count; i++)
        {
            if (!long.TryParse((string?)writes[i], NumberStyles.Integer, CultureInfo.InvariantCulture, out var written) || written < found[i].BeganUnixMs)
            {
                alive.Add(found[i]);
            }
        }

        return alive;
    }

    private static string NameOf(string kind, string text) => kind + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private Task WriteAsync(IDatabase database, BackingChange change)
    {
        switch (change.Kind)
        {
            case ChangeKind.Put:
                var answer = change.Answer!;
                var left = TimeSpan.FromMilliseconds(answer.BeganUnixMs - _time.GetUtcNow().ToUnixTimeMilliseconds()) + answer.KeepFor;
                left = left < KeepMost ? left : KeepMost;
                var record = left > TimeSpan.FromSeconds(1) ? LastGoodRecord.Encode(answer) : null;
                return record is null || record.Length > MaxRecord ? Task.CompletedTask : database.StringSetAsync(NameOf(_answers, answer.Key), record, left);
            case ChangeKind.Evict or ChangeKind.PurgeKey:
                return database.KeyDeleteAsync(NameOf(_answers, change.Text));
            case ChangeKind.Invalidate:
                return database.StringSetAsync(NameOf(_writes, change.Text), change.AtUnixMs.ToString(CultureInfo.InvariantCulture), KeepWrites);
            default:
                return Task.CompletedTask;
        }
    }

    // Rare, and in the background: names are digests, so what a rule means is found by reading every record of ours.
    private async Task PurgeAsync(IDatabase database, PurgeRule rule, long atUnixMs, CancellationToken cancellationToken)
    {
        var cursor = "0";
        do
        {
            (cursor, var names) = await ScanAsync(database, cursor, cancellationToken);
            foreach (var name in names)
            {
                var value = await Within(database.StringGetAsync(name), cancellationToken);
                if (Decode(value) is not { } answer || (answer.BeganUnixMs <= atUnixMs && rule.Matches(answer)))
                {
                    await Within(database.KeyDeleteAsync(name), cancellationToken);
                }
            }
        }
        while (!string.Equals(cursor, "0", StringComparison.Ordinal));
    }

    private async Task<(string Cursor, RedisKey[] Names)> ScanAsync(IDatabase database, string cursor, CancellationToken cancellationToken)
    {
        var page = (RedisResult[])await Within(database.ExecuteAsync("SCAN", cursor, "MATCH", Escaped(_answers) + "*", "COUNT", "200"), cancellationToken);
        return ((string)page[0], (RedisKey[])page[1]);
    }

    private static string Escaped(string glob) => glob.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal).Replace("?", "\\?", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal);

    private StoredAnswer? Decode(RedisValue value)
    {
        if (value.IsNull)
        {
            return null;
        }

        if (LastGoodRecord.TryDecode((byte[])value, ClockReading.Of(_time), out var answer))
        {
            return answer;
        }

        Interlocked.Increment(ref _corrupt);
        return null;
    }

    private async Task BeatAsync(Link link)
    {
        while (!_end.IsCancellationRequested)
        {
            await Task.Delay(Heartbeat, _time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await Within(link.Database.PingAsync(), _end.Token);
                link.Missed = 0;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // Whatever the reason: no answer in time is a missed beat.
                if (++link.Missed >= HeartbeatsToLose)
                {
                    ConnectionLost(exception.GetType().Name);
                    _link = null;
                    GiveUp(Task.FromResult(link.Connection));
                    return;
                }
            }
        }
    }

    private async Task<T> Within<T>(Task<T> call, CancellationToken cancellationToken)
    {
        Observe(call);
        return await call.WaitAsync(CallWithin, _time, cancellationToken);
    }

    private async Task Within(Task call, CancellationToken cancellationToken)
    {
        Observe(call);
        await call.WaitAsync(CallWithin, _time, cancellationToken);
    }

    // A call that outlives its deadline fails later, unheard: its exception is looked at here so that it does not surface as nobody's.
    private static void Observe(Task call) => _ = call.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    // The library's own end may wait for what never comes: it has the pool, and no one waits for it.
    private static void GiveUp(Task<ConnectionMultiplexer> connecting) => _ = Task.Run(async () =>
    {
        try
        {
            (await connecting).Close(allowCommandsToComplete: false);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // It never was connected, or is broken: there is nothing to end then.
        }
    });

    [LoggerMessage(5030, LogLevel.Warning, "Redis has missed three heartbeats ({Reason}): the connection is made anew. Last-good answers go on from memory.")]
    private partial void ConnectionLost(string reason);

    [LoggerMessage(5031, LogLevel.Information, "Reading last-good answers ahead from Redis ended early ({Reason}); what is missing is looked up when it is needed.")]
    private partial void ReadAheadEnded(string reason);

    private sealed class Link(ConnectionMultiplexer connection)
    {
        private int _missed;

        public ConnectionMultiplexer Connection { get; } = connection;

        public IDatabase Database { get; } = connection.GetDatabase();

        public int Missed
        {
            get => Volatile.Read(ref _missed);
            set => Volatile.Write(ref _missed, value);
        }
    }
}
