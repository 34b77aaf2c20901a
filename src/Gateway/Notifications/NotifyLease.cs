using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Redis;

namespace Gateway.Notifications;

/// <summary>What the gateways that share a Redis say of one notification to one receiver.</summary>
internal enum LeaseState
{
    /// <summary>This gateway is to send it: it has the lease, or Redis cannot be asked.</summary>
    Ours,

    /// <summary>Another gateway is sending it.</summary>
    Others,

    /// <summary>Another gateway has sent it.</summary>
    Sent,
}

/// <summary>
/// Lets one gateway of a fleet send a notification that all of them see: the first takes a lease in Redis, and leaves a mark there once the
/// receiver has it. A gateway that dies while sending delays the others by at most the lease. Without Redis, and while it cannot be used,
/// each gateway sends for itself.
/// </summary>
/// <param name="redis">The connection; null: there is no fleet.</param>
/// <param name="time">The clock.</param>
internal sealed class NotifyLease(RedisConnection? redis, TimeProvider time)
{
    /// <summary>A lease that is not renewed ends by itself after this.</summary>
    public static readonly TimeSpan LastsFor = TimeSpan.FromSeconds(15);

    /// <summary>A gateway that sees the same event within this time of its sending does not send it again.</summary>
    public static readonly TimeSpan MarkedFor = TimeSpan.FromSeconds(60);

    // One's own mark is no obstacle: what the same gateway sees twice has happened twice.
    private const string Take = """
        local held = redis.call('GET', KEYS[1])
        if held == false or string.sub(held, 3) == ARGV[1] then
          redis.call('SET', KEYS[1], 'L ' .. ARGV[1], 'PX', ARGV[2])
          return {'ours'}
        end
        if string.sub(held, 1, 1) == 'S' then return {'sent'} end
        return {'others'}
        """;

    private const string End = """
        if redis.call('GET', KEYS[1]) == 'L ' .. ARGV[1] then
          if ARGV[3] == '1' then redis.call('SET', KEYS[1], 'S ' .. ARGV[1], 'PX', ARGV[2]) else redis.call('DEL', KEYS[1]) end
        end
        return {'done'}
        """;

    // Redis that hiccups is asked again; one that is away does not hold up what people wait for.
    private const int Tries = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly byte[] _id = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));

    /// <summary>Takes or renews the lease of one notification to one receiver.</summary>
    public async Task<LeaseState> TakeAsync(string receiver, Notification notification, CancellationToken cancellationToken)
    {
        var reply = await RunAsync(Take, NameOf(receiver, notification),
        [
            _id,
            Milliseconds(LastsFor)
        ], cancellationToken).ConfigureAwait(false);
        return reply switch { "others" => LeaseState.Others, "sent" => LeaseState.Sent, _ => LeaseState.Ours };
    }

    /// <summary>Ends the lease: <paramref name="delivered"/> keeps the others from sending, else one of them may try.</summary>
    public Task EndAsync(string receiver, Notification notification, bool delivered, CancellationToken cancellationToken) =>
        RunAsync(End, NameOf(receiver, notification), [_id, Milliseconds(MarkedFor), delivered
            ? "1"u8.ToArray()
            : "0"u8.ToArray()], cancellationToken);

    /// <summary>Renews the lease until it is cancelled.</summary>
    public async Task KeepAsync(string receiver, Notification notification, CancellationToken cancellationToken)
    {
        while (redis is not null && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(LastsFor / 3, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!cancellationToken.IsCancellationRequested)
            {
                await TakeAsync(receiver, notification, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task<string?> RunAsync(string script, string name, byte[][] values, CancellationToken cancellationToken)
    {
        for (var tried = 0; redis is not null && tried < Tries; tried++)
        {
            try
            {
                if (redis.IsUp)
                {
                    var reply = await redis.ScriptAsync(script, [redis.Prefix + name], values, cancellationToken).ConfigureAwait(false);
                    return reply is [{ } word, ..] ? Encoding.ASCII.GetString(word) : null;
                }
            }
            catch (RedisFailedException)
            {
                // As when it is known to be away.
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }

        // Twice is better than never.
        return null;
    }

    private static string NameOf(string receiver, Notification notification) =>
        "notify:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{receiver}\n{notification.Identity}")))[..32];

    private static byte[] Milliseconds(TimeSpan span) =>
        Encoding.ASCII.GetBytes(((long)span.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
}
