using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Redis;

/// <summary>
/// What leases in Redis have in common: one gateway of a fleet holds one and renews it; one that dies with it delays the others by at most
/// its length. Each lease is taken by a script of its own, which writes <see cref="Id"/> under the lease's name.
/// </summary>
/// <param name="redis">The connection.</param>
/// <param name="time">The clock.</param>
internal sealed class RedisLease(RedisConnection redis, TimeProvider time)
{
    /// <summary>A lease that is not renewed ends by itself after this.</summary>
    public static readonly TimeSpan LastsFor = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(2);

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

    /// <summary>This holder, drawn anew with each start.</summary>
    public byte[] Id { get; } = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));

    /// <summary>
    /// Renews a lease until it is cancelled; false: it was lost, because another gateway has it or Redis did not respond for so long that
    /// another may.
    /// </summary>
    public async Task<bool> KeepAsync(string name, CancellationToken cancellationToken)
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
            var said = await RunAsync(Renew, [name], [Id, Number(LastsFor.TotalMilliseconds)], cancellationToken).ConfigureAwait(false);
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

    /// <summary>Gives a lease back.</summary>
    public Task ReleaseAsync(string name) => RunAsync(Release, [name], [Id], CancellationToken.None);

    /// <summary>Runs a script, and gives the word that it says; null: Redis did not respond within 2 s.</summary>
    public async Task<string?> RunAsync(string script, IReadOnlyList<string> names, byte[][] values, CancellationToken cancellationToken)
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

    /// <summary>A name for any text, of fixed length.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];

    /// <summary>A whole number for a script.</summary>
    public static byte[] Number(double number) => Encoding.ASCII.GetBytes(((long)number).ToString(CultureInfo.InvariantCulture));
}
