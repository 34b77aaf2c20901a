using System.Globalization;
using Gateway.Redis;

namespace Gateway.Notifications.Drills;

/// <summary>
/// Lets one gateway of a fleet run one drill at a time, and each drill once in a window. Without Redis none runs.
/// </summary>
/// <param name="redis">The connection.</param>
/// <param name="time">The clock.</param>
internal sealed class DrillLease(RedisConnection redis, TimeProvider time)
{
    private const string Name = "drill:lease";

    // Longer than any window and what its end takes.
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(2);

    // KEYS: the lease, the drill's mark of this window.
    private const string Take = """
        local held = redis.call('GET', KEYS[1])
        if held and held ~= ARGV[1] then return {'others'} end
        if redis.call('EXISTS', KEYS[2]) == 1 then return {'done'} end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[3])
        return {'ours'}
        """;

    private readonly RedisLease _lease = new(redis, time);

    /// <summary>Asks to be the one, and marks the window as used.</summary>
    public async Task<DrillPermit> TakeAsync(string drill, DateTimeOffset window, CancellationToken cancellationToken)
    {
        var said = await _lease.RunAsync(
            Take,
            [Name, MarkOf(drill, window)],
            [
                _lease.Id,
                RedisLease.Number(RedisLease.LastsFor.TotalMilliseconds),
                RedisLease.Number(Remembered.TotalMilliseconds),
            ],
            cancellationToken).ConfigureAwait(false);
        return said switch
        {
            "ours" => DrillPermit.Granted,
            "others" => DrillPermit.Others,
            "done" => DrillPermit.Done,
            _ => DrillPermit.Unreachable,
        };
    }

    /// <summary>Renews the lease until it is cancelled; false: it was lost.</summary>
    public Task<bool> KeepAsync(CancellationToken cancellationToken) => _lease.KeepAsync(Name, cancellationToken);

    /// <summary>The window was not used after all: the drill may begin in it, here or elsewhere.</summary>
    public Task ForgetAsync(string drill, DateTimeOffset window) => _lease.ReleaseAsync(MarkOf(drill, window));

    /// <summary>Gives back what was taken for a drill that does not begin.</summary>
    public async Task GiveUpAsync(string drill, DateTimeOffset window)
    {
        await ForgetAsync(drill, window).ConfigureAwait(false);
        await ReleaseAsync().ConfigureAwait(false);
    }

    /// <summary>Gives the lease back.</summary>
    public Task ReleaseAsync() => _lease.ReleaseAsync(Name);

    private static string MarkOf(string drill, DateTimeOffset window) =>
        "drill:ran:" + RedisLease.Hash(string.Create(CultureInfo.InvariantCulture, $"{drill}\n{window.ToUnixTimeSeconds()}"));
}
