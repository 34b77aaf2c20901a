using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Redis;

namespace Gateway.Notifications.Runbooks;

/// <summary>
/// Lets one gateway of a fleet act in a cluster, and not oftener than an hour may have, by the clock of Redis. Without Redis
/// none acts: a run too few is better than one too many. A gateway that dies with the lease delays the others by at most its length.
/// </summary>
/// <param name="redis">The connection.</param>
/// <param name="time">The clock.</param>
internal sealed class RunbookLease(RedisConnection redis, TimeProvider time)
{
    /// <summary>A lease that is not renewed ends by itself after this.</summary>
    public static readonly TimeSpan LastsFor = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(2);

    // KEYS: the cluster's lease, the runbook's runs in the cluster, the destination's last try. The destination has not been well since
    // that try when its fault is older than it.
    private const string Take = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local held = redis.call('GET', KEYS[1])
        if held and held ~= ARGV[1] then return {'others'} end
        local tried = tonumber(redis.call('GET', KEYS[3]) or '')
        if tried and now - tried <= tonumber(ARGV[4]) then return {'tried'} end
        redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - 3600000))
        if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then return {'limit'} end
        local ms = string.format('%.0f', now)
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        redis.call('ZADD', KEYS[2], ms, ARGV[1] .. ms)
        redis.call('PEXPIRE', KEYS[2], 3600000)
        redis.call('SET', KEYS[3], ms, 'PX', 86400000)
        return {'ours'}
        """;

    private const string Renew = """
        local held = redis.call('GET', KEYS[1])
        if held and held ~= ARGV[1] then return {'others'} end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return {'ours'}
        """;

    private const string Release = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
        return {'done'}
        """;

    private readonly byte[] _id = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));

    /// <summary>Asks to be the one.</summary>
    public async Task<RunbookPermit> TakeAsync(RunbookFault fault, TimeSpan age, CancellationToken cancellationToken)
    {
        var key = fault.Key;
        var said = await RunAsync(
            Take,
            [LeaseOf(key.Cluster), NameOf("runs", $"{key.Runbook}\n{key.Cluster}"), NameOf("tried", $"{key.Id}")],
            [_id, Number(LastsFor.TotalMilliseconds), Number(fault.Runbook.Limits.PerHour), Number(age.TotalMilliseconds)],
            cancellationToken).ConfigureAwait(false);
        return said switch
        {
            "ours" => RunbookPermit.Granted,
            "others" => RunbookPermit.Others,
            "tried" => RunbookPermit.Tried,
            "limit" => RunbookPermit.TooMany,
            _ => RunbookPermit.Unreachable,
        };
    }

    /// <summary>
    /// Renews the lease until it is cancelled; false: it was lost, because another gateway has it or Redis did not respond for so long
    /// that another may.
    /// </summary>
    public async Task<bool> KeepAsync(string cluster, CancellationToken cancellationToken)
    {
        var renewed = time.GetTimestamp();
        while (true)
        {
            await Task.Delay(LastsFor / 6, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
            {
                return true;
            }

            var asked = time.GetTimestamp();
            var said = await RunAsync(
                Renew, [LeaseOf(cluster)], [_id, Number(LastsFor.TotalMilliseconds)], cancellationToken).ConfigureAwait(false);
            if (said is "ours")
            {
                renewed = asked;
            }
            else if (said is "others" || time.GetElapsedTime(renewed) > LastsFor / 2)
            {
                return cancellationToken.IsCancellationRequested;
            }
        }
    }

    /// <summary>Gives the lease back.</summary>
    public Task ReleaseAsync(string cluster) => RunAsync(Release, [LeaseOf(cluster)], [_id], CancellationToken.None);

    private async Task<string?> RunAsync(string script, IReadOnlyList<string> names, byte[][] values, CancellationToken cancellationToken)
    {
        if (!redis.IsUp)
        {
            return null;
        }

        using var late = new CancellationTokenSource(Within, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            var reply = await redis.ScriptAsync(script, [.. names.Select(n => redis.Prefix + n)], values, deadline.Token)
                .ConfigureAwait(false);
            return reply is [{ } word, ..] ? Encoding.ASCII.GetString(word) : null;
        }
        catch (Exception e) when (e is RedisFailedException or OperationCanceledException)
        {
            return null;
        }
    }

    private static string LeaseOf(string cluster) => "runbook:lease:" + cluster;

    private static string NameOf(string what, string text) =>
        $"runbook:{what}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32]}";

    private static byte[] Number(double number) => Encoding.ASCII.GetBytes(((long)number).ToString(CultureInfo.InvariantCulture));
}
