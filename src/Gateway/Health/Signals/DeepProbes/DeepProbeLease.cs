using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Redis;

namespace Gateway.Health.Signals.DeepProbes;

/// <summary>
/// Lets one gateway of a fleet have the conversations of a signal, and the others take its results: a lease in Redis and what it found.
/// Without Redis, and while it cannot be used, each gateway has its own. Not thread-safe.
/// </summary>
/// <param name="redis">The connection; null: there is no fleet.</param>
/// <param name="name">What the conversations are about, the same at each gateway.</param>
/// <param name="lastsFor">The lease ends by itself after this, and results count for as long.</param>
internal sealed class DeepProbeLease(RedisConnection? redis, string name, TimeSpan lastsFor)
{
    private const int LongestResults = 16 * 1024;

    private const string Take = """
        local held = redis.call('GET', KEYS[1])
        if held == false or held == ARGV[1] then
          redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
          return {'ours'}
        end
        return {'others'}
        """;

    private readonly byte[] _id = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
    private readonly string _key = "deep-probe:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..32];

    /// <summary>Takes or renews the lease. True: the conversations are this gateway's.</summary>
    public async Task<bool> TakeAsync(CancellationToken cancellationToken)
    {
        if (redis is not { IsUp: true })
        {
            return true;
        }

        try
        {
            var milliseconds = ((long)lastsFor.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            var reply = await redis.ScriptAsync(
                Take, [redis.Prefix + _key], [_id, Encoding.ASCII.GetBytes(milliseconds)], cancellationToken).ConfigureAwait(false);
            return reply is not [{ } word, ..] || !word.AsSpan().SequenceEqual("others"u8);
        }
        catch (RedisFailedException)
        {
            return true;
        }
    }

    /// <summary>Writes what the conversations have shown, for the others.</summary>
    public async Task WriteAsync(IReadOnlyDictionary<string, bool> fires, CancellationToken cancellationToken)
    {
        if (redis is not { IsUp: true })
        {
            return;
        }

        try
        {
            var results = JsonSerializer.SerializeToUtf8Bytes(fires);
            if (results.Length <= LongestResults)
            {
                await redis.SetAsync([(redis.Prefix + _key + ":results", results, lastsFor)], cancellationToken).ConfigureAwait(false);
            }
        }
        catch (RedisFailedException)
        {
            // The others know nothing then, which is no evidence.
        }
    }

    /// <summary>What the conversations of the gateway with the lease have shown: whether the signal fires, by destination.</summary>
    public async Task<IReadOnlyDictionary<string, bool>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (redis is { IsUp: true }
                && await redis.GetAsync([redis.Prefix + _key + ":results"], cancellationToken).ConfigureAwait(false)
                    is [{ Length: > 0 and <= LongestResults } results]
                && JsonSerializer.Deserialize<Dictionary<string, bool>>(results) is { } fires)
            {
                return fires;
            }
        }
        catch (Exception e) when (e is RedisFailedException || UntrustedJson.IsInvalid(e))
        {
            // Nothing is known.
        }

        return new Dictionary<string, bool>(StringComparer.Ordinal);
    }
}
