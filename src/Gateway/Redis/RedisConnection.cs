using Gateway.Configuration.Model;
using StackExchange.Redis;

namespace Gateway.Redis;

/// <summary>
/// The one connection to the Redis that gateways share, in the one room that knows the client library. Last-good responses and the fleet's
/// agreement both go through it. Every call has its own deadline and fails by <see cref="RedisFailedException"/>; none is made on a
/// request's way, but for the one bounded look.
/// </summary>
/// <remarks>
/// A heartbeat a second writes a key: only that shows a replica, a full or a frozen server alike. Three failed ones in a row and the
/// connection is made anew, because the client library can hang on to a dead one for minutes. With sentinels the master is asked for with
/// every heartbeat and followed.
/// </remarks>
internal sealed partial class RedisConnection : IAsyncDisposable
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan KeepBeat = TimeSpan.FromSeconds(10);

    private readonly RedisConfig _config;
    private readonly RedisTls? _tls;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _end = new();
    private readonly RedisHealth _health;
    private volatile RedisLink? _link;
    private readonly RedisMaster _master;
    private Task _running = Task.CompletedTask;

    public RedisConnection(RedisConfig config, TimeProvider time, ILogger<RedisConnection> logger)
    {
        _config = config;
        _tls = RedisTls.For(config);
        _time = time;
        _logger = logger;
        _health = new RedisHealth(time);
        _master = new RedisMaster(config, _tls, _health, time);
    }

    /// <summary>Put before every key.</summary>
    public string Prefix => _config.Prefix;

    /// <summary>It answers: reading may be tried.</summary>
    public bool Answers => _link is { Missed: 0 } link && !_health.IsOverdue(link.LastBeat);

    /// <summary>It answers and takes writes (<c>gateway_redis_up</c>).</summary>
    public bool IsUp => Answers && _health.Fault is null;

    /// <summary>What is wrong, in a sentence for operators; null: nothing.</summary>
    public string? Alarm => _health.AlarmOf(_link?.LastBeat);

    /// <summary>Connects, and stays connected, until the end; returns at once.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>The values of names; null where there is none, or none that is a text.</summary>
    public Task<byte[]?[]> GetAsync(IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        CallAsync(database => RedisCommands.GetAsync(database, names), cancellationToken);

    /// <summary>Sets values, in order and sent together, each with its time to live. No value: the name is deleted.</summary>
    public Task SetAsync(IReadOnlyList<(string Name, byte[]? Value, TimeSpan KeepFor)> values, CancellationToken cancellationToken) =>
        CallAsync(database => RedisCommands.SetAsync(database, values), cancellationToken);

    /// <summary>Some names that match a pattern, and where to go on; the end is "0".</summary>
    public Task<(string Cursor, string[] Names)> ScanAsync(string pattern, string cursor, CancellationToken cancellationToken) =>
        CallAsync(database => RedisCommands.ScanAsync(database, pattern, cursor), cancellationToken);

    /// <summary>Runs a script on the master; it gives a list of texts.</summary>
    public Task<byte[]?[]> ScriptAsync(
        string script, IReadOnlyList<string> keys, IReadOnlyList<byte[]> values, CancellationToken cancellationToken) =>
        CallAsync(database => RedisCommands.ScriptAsync(database, script, keys, values), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            RedisLink? link = null;
            try
            {
                link = await ConnectAsync().ConfigureAwait(false);
                _link = link;
                await KeepAsync(link).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                // The end.
            }
            catch (RedisFailedException failed)
            {
                Failed(failed.Fault);
            }
            catch (Exception e)
            {
                // Whatever it is, the owner of the connection must outlive it.
                ConnectionBroke(e);
                Failed(RedisFault.Unreachable);
            }

            _link = null;
            if (link is not null)
            {
                RedisConnector.GiveUp(Task.FromResult(link.Connection));
            }

            await Task.Delay(RetryEvery, _time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<RedisLink> ConnectAsync()
    {
        // 1. Where to.
        var endpoints = await _master.EndpointsAsync(_end.Token).ConfigureAwait(false);

        // 2. Not for longer than we say.
        var connecting = RedisConnector.ConnectAsync(_config, endpoints, _end.Token);
        try
        {
            var longest = RedisConnector.Within + RedisConnector.CallWithin;
            var connected = await connecting.WaitAsync(longest, _time, _end.Token).ConfigureAwait(false);
            var link = new RedisLink(connected, endpoints, _time.GetTimestamp());

            // 3. It counts as connected once it took a first heartbeat, whatever it says to it.
            await BeatAsync(link).ConfigureAwait(false);
            return link;
        }
        catch (Exception e)
        {
            RedisConnector.GiveUp(connecting);
            if (e is OperationCanceledException && _end.IsCancellationRequested)
            {
                throw;
            }

            throw await ExplainedAsync(RedisFailure.Of(e), endpoints).ConfigureAwait(false);
        }
    }

    // Returns when the connection is to be made anew.
    private async Task KeepAsync(RedisLink link)
    {
        while (true)
        {
            await Task.Delay(Heartbeat, _time, _end.Token).ConfigureAwait(false);
            var asking = _master.HasSentinels ? _master.AskAsync(_end.Token) : null;
            try
            {
                await BeatAsync(link).ConfigureAwait(false);
            }
            catch (RedisFailedException failed)
            {
                link.Missed++;
                Failed(failed.Fault);
                if (link.Missed >= RedisHealth.HeartbeatsToLose)
                {
                    ConnectionLost(RedisFailedException.WordsOf(failed.Fault));
                    return;
                }
            }

            if (asking is not null && _master.HasMoved(await asking.ConfigureAwait(false)))
            {
                MasterMoved();
                return;
            }

            if (link.Refusals >= RedisHealth.HeartbeatsToAlarm && _health.Fault is RedisFault.ReadOnly or RedisFault.WrongPassword)
            {
                // It was the master once: find the current one.
                return;
            }
        }
    }

    // Throws when it does not answer. What it refuses is a fault too, but it is there.
    private async Task BeatAsync(RedisLink link)
    {
        try
        {
            await WithinAsync(
                link.Database.StringSetAsync(_config.Prefix + "beat", "1", KeepBeat),
                CancellationToken.None).ConfigureAwait(false);
            link.Missed = 0;
            link.Refusals = 0;
            link.LastBeat = _time.GetTimestamp();
            if (_health.OnBeat())
            {
                Back();
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            var failure = await ExplainedAsync(RedisFailure.Of(e), link.Endpoints).ConfigureAwait(false);
            if (failure.Fault is not (RedisFault.ReadOnly or RedisFault.Full or RedisFault.WrongPassword
                or RedisFault.NoPermission or RedisFault.Refused))
            {
                throw failure;
            }

            link.Missed = failure.Fault is RedisFault.WrongPassword or RedisFault.NoPermission ? 1 : 0;
            link.Refusals++;
            link.LastBeat = _time.GetTimestamp();
            Failed(failure.Fault, isCertain: true);
        }
    }

    // A certificate that does not verify is an authentication failure to the client library, as a refused password is.
    private async Task<RedisFailedException> ExplainedAsync(RedisFailedException failure, IReadOnlyList<string> endpoints) =>
        (failure.Fault == RedisFault.Unreachable || (_tls is not null && failure.Fault == RedisFault.WrongPassword))
            && await RedisDiagnosis.AskAsync(endpoints, _config, _time, _end.Token).ConfigureAwait(false) is { } known
            ? new RedisFailedException(known, failure)
            : failure;

    private void Failed(RedisFault fault, bool isCertain = false)
    {
        if (_health.OnFailure(fault, isCertain))
        {
            Unusable(RedisFailedException.WordsOf(fault));
        }
    }

    private async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        if (_link is not { } link)
        {
            throw new RedisFailedException(_health.Fault ?? RedisFault.Unreachable);
        }

        try
        {
            return await WithinAsync(call(link.Database), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException
            && !(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw RedisFailure.Of(e);
        }
    }

    private async Task<T> WithinAsync<T>(Task<T> call, CancellationToken cancellationToken)
    {
        // A call that outlives its deadline fails later, unheard: its exception is looked at here so that it does not surface as
        // unobserved.
        _ = call.ContinueWith(
            static late => late.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return await call.WaitAsync(RedisConnector.CallWithin, _time, cancellationToken).ConfigureAwait(false);
    }

    [LoggerMessage(2101, LogLevel.Error, "Redis cannot be used: {Reason}. The gateway decides alone and keeps responses in memory; it is "
        + "tried again.")]
    private partial void Unusable(string reason);

    [LoggerMessage(2102, LogLevel.Information, "Redis can be used again.")]
    private partial void Back();

    [LoggerMessage(2103, LogLevel.Warning, "Redis has missed three heartbeats ({Reason}): the connection is made anew.")]
    private partial void ConnectionLost(string reason);

    [LoggerMessage(2104, LogLevel.Warning, "The sentinels name another Redis master: the gateway follows.")]
    private partial void MasterMoved();

    [LoggerMessage(2105, LogLevel.Error, "The connection to Redis broke in a way that was not foreseen, and is made anew; please report "
        + "it.")]
    private partial void ConnectionBroke(Exception exception);
}
