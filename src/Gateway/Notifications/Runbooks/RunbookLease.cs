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

    private readonly RedisLease _lease = new(redis, time);

    /// <summary>Asks to be the one.</summary>
    public async Task<RunbookPermit> TakeAsync(RunbookFault fault, TimeSpan age, CancellationToken cancellationToken)
    {
        var key = fault.Key;
        var said = await _lease.RunAsync(
            Take,
            [LeaseOf(key.Cluster), NameOf("runs", $"{key.Runbook}\n{key.Cluster}"), NameOf("tried", $"{key.Id}")],
            [
                _lease.Id,
                RedisLease.Number(RedisLease.LastsFor.TotalMilliseconds),
                RedisLease.Number(fault.Runbook.Limits.PerHour),
                RedisLease.Number(age.TotalMilliseconds),
            ],
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

    /// <summary>Renews the lease until it is cancelled; false: it was lost.</summary>
    public Task<bool> KeepAsync(string cluster, CancellationToken cancellationToken) =>
        _lease.KeepAsync(LeaseOf(cluster), cancellationToken);

    /// <summary>Gives the lease back.</summary>
    public Task ReleaseAsync(string cluster) => _lease.ReleaseAsync(LeaseOf(cluster));

    private static string LeaseOf(string cluster) => "runbook:lease:" + cluster;

    private static string NameOf(string what, string text) => $"runbook:{what}:{RedisLease.Hash(text)}";
}
