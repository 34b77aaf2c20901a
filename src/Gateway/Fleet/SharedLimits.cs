using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Redis;

namespace Gateway.Fleet;

/// <summary>
/// Makes the rate limits of several gateways one: four times a second each tells the others, through a stream in Redis, what senders took
/// of their buckets, and takes as much of its own. No request waits for it: a limit is exceeded by what the other gateways let pass in a
/// quarter of a second, and without Redis each gateway counts alone.
/// </summary>
internal sealed partial class SharedLimits(
    RedisConnection redis,
    Func<IReadOnlyList<SharedLimit>> limits,
    TimeProvider time,
    ILogger<SharedLimits> logger) : IAsyncDisposable
{
    /// <summary>From one exchange to the next while requests are limited.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    /// <summary>Without an exchange for this long the gateway counts alone.</summary>
    public static readonly TimeSpan ValidFor = TimeSpan.FromSeconds(3);

    /// <summary>Senders that are told of at once for each limit; those that took most go first.</summary>
    public const int MostSenders = 2048;

    private static readonly TimeSpan WhenIdle = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _end = new();
    private readonly string _id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private string _seed = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private readonly long _began = time.GetTimestamp();
    private string _read = "";
    private long _lastExchange;
    private bool _isShared;
    private Task _running = Task.CompletedTask;

    /// <summary>Null: no route has a limit. True: all gateways count together. False: this one counts alone.</summary>
    public bool? IsShared => limits().Count == 0 ? null : Volatile.Read(ref _isShared);

    /// <summary>What is wrong, in a sentence for operators; null: nothing.</summary>
    public string? Alarm => IsShared is false && time.GetElapsedTime(_began) > ValidFor
        ? "Rate limits are not shared: the gateways do not hear one another through Redis, and each counts its own requests."
        : null;

    /// <summary>Begins to exchange; returns at once.</summary>
    public void Start() => _running = Task.Run(RunAsync);

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
            try
            {
                await ExchangeAsync(limits()).ConfigureAwait(false);
            }
            catch (RedisFailedException)
            {
                // The connection says what is wrong with Redis; what was collected for this exchange counts here only.
            }
            catch (Exception e) when (!_end.IsCancellationRequested)
            {
                ExchangeFailed(e);
            }

            var isShared = _lastExchange != 0 && time.GetElapsedTime(_lastExchange) < ValidFor;
            if (isShared != _isShared)
            {
                Volatile.Write(ref _isShared, isShared);
                if (isShared)
                {
                    Shared();
                }
                else
                {
                    Alone();
                }
            }

            await Task.Delay(Every, time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ExchangeAsync(IReadOnlyList<SharedLimit> shared)
    {
        if (shared.Count == 0)
        {
            return;
        }

        // 1. What was taken here.
        List<byte[]> values = [Bytes(_id), Bytes(_read), Bytes(_seed)];
        foreach (var limit in shared)
        {
            if (limit.Collect(MostSenders) is { Count: > 0 } taken)
            {
                values.Add(Bytes(limit.Name));
                values.Add(Encode(taken));
            }
        }

        if (values.Count == 3 && _lastExchange != 0 && time.GetElapsedTime(_lastExchange) < WhenIdle)
        {
            return;
        }

        // 2. What was taken elsewhere.
        var reply = await redis.ScriptAsync(RateScript.Text,
        [
            redis.Prefix + "fleet:rates",
            redis.Prefix + "fleet:rate-seed"
        ], values, _end.Token).ConfigureAwait(false);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (reply is not [{ } seedText, { } read, ..]
            || !ulong.TryParse(Encoding.ASCII.GetString(seedText), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var seed))
        {
            throw new RedisFailedException(RedisFault.Refused);
        }

        foreach (var limit in shared)
        {
            limit.Share(seed);
        }

        for (var i = 2; i + 1 < reply.Length; i += 2)
        {
            var name = Encoding.UTF8.GetString(reply[i] ?? []);
            if (shared.FirstOrDefault(limit => string.Equals(limit.Name, name, StringComparison.Ordinal)) is { } limit)
            {
                Charge(limit, reply[i + 1] ?? []);
            }
        }

        // A Redis that was emptied gets the seed that is in use, so that no bucket is full again.
        _seed = Encoding.ASCII.GetString(seedText);
        _read = Encoding.ASCII.GetString(read);
        Volatile.Write(ref _lastExchange, time.GetTimestamp());
    }

    private static byte[] Encode(List<TakenTokens> taken)
    {
        var bytes = new byte[taken.Count * 8];
        for (var i = 0; i < taken.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 8), taken[i].Sender);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan((i * 8) + 4), taken[i].Count);
        }

        return bytes;
    }

    /// <summary>
    /// What stands in Redis may be anyone's: a count is bounded by the bucket, and a length that is not ours ends the reading.
    /// </summary>
    private static void Charge(SharedLimit limit, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            limit.Charge(new TakenTokens(
                BinaryPrimitives.ReadUInt32LittleEndian(bytes),
                BinaryPrimitives.ReadInt32LittleEndian(bytes[4..])));
        }
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [LoggerMessage(EventId = 7320, Level = LogLevel.Information, Message = "Rate limits are shared with the other gateways.")]
    private partial void Shared();

    [LoggerMessage(EventId = 7321, Level = LogLevel.Warning, Message = "Rate limits are not shared: the other gateways cannot be heard "
        + "through Redis. This gateway counts its own requests only.")]
    private partial void Alone();

    [LoggerMessage(EventId = 7322, Level = LogLevel.Error, Message = "The exchange of rate limits failed because of an error of the "
        + "gateway itself.")]
    private partial void ExchangeFailed(Exception exception);
}
