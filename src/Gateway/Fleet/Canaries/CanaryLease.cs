using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Redis;

namespace Gateway.Fleet.Canaries;

/// <summary>What the gateways that share a Redis say of one configuration.</summary>
internal enum CanaryState
{
    /// <summary>It is this gateway's: it has the lease.</summary>
    Ours,

    /// <summary>Another gateway has it as a canary.</summary>
    Running,

    /// <summary>Another gateway had it as a canary, and nothing spoke against it.</summary>
    Passed,

    /// <summary>Another gateway had it as a canary and rolled it back.</summary>
    Failed,

    /// <summary>Redis cannot be asked: each gateway has it as a canary of its own.</summary>
    Unknown,
}

/// <summary>What is known of a canary.</summary>
/// <param name="State">How far it is.</param>
/// <param name="Gateway">The gateway that has it, or had; empty: it is not known.</param>
/// <param name="Text">Why it was rolled back; empty: it was not.</param>
internal readonly record struct CanaryNews(CanaryState State, string Gateway, string Text);

/// <summary>
/// Gives a changed configuration to one gateway of a fleet as a canary before the others take it. A gateway that dies
/// meanwhile delays them by the length of the lease at most, and the next one has it.
/// </summary>
/// <param name="redis">The connection.</param>
/// <param name="name">This gateway's, for people; asked after the start.</param>
/// <param name="time">The clock.</param>
internal sealed class CanaryLease(RedisConnection redis, Func<string> name, TimeProvider time)
{
    /// <summary>What came of a canary is known to the fleet for so long.</summary>
    public static readonly TimeSpan KnownFor = TimeSpan.FromDays(7);

    // Beyond the canary's time: for a rollback that takes its time.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(2);

    // A value is a letter, the identity of the gateway, and lines for people.
    private const string Take = """
        local held = redis.call('GET', KEYS[1])
        if held == false or (string.sub(held, 1, 1) == 'R' and string.sub(held, 2, 17) == ARGV[1]) then
          redis.call('SET', KEYS[1], 'R' .. ARGV[1] .. ARGV[2], 'PX', ARGV[3])
          return {'ours'}
        end
        return {held}
        """;

    private const string End = """
        local held = redis.call('GET', KEYS[1])
        if held == false or string.sub(held, 2, 17) == ARGV[1] then
          if ARGV[3] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[3] .. ARGV[1] .. ARGV[2], 'PX', ARGV[4]) end
        end
        return {'done'}
        """;

    private readonly byte[] _id = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));

    /// <summary>Asks for a configuration as a canary.</summary>
    /// <param name="revision">What the gateways' configurations have in common of it.</param>
    /// <param name="length">For how long.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<CanaryNews> TakeAsync(string revision, TimeSpan length, CancellationToken cancellationToken)
    {
        byte[][] values = [_id, Bytes(name()), Milliseconds(length + Grace)];
        var said = await RunAsync(Take, revision, values, cancellationToken).ConfigureAwait(false);
        if (said is not { Length: > 17 } held)
        {
            return new CanaryNews(said is "ours" ? CanaryState.Ours : CanaryState.Unknown, "", "");
        }

        var lines = held[17..].Split('\n', 2);
        CanaryState? state = held[0] switch { 'R' => CanaryState.Running, 'P' => CanaryState.Passed, 'F' => CanaryState.Failed, _ => null };
        return state is { } known
            ? new CanaryNews(known, FleetPayload.Clean(lines[0]), FleetPayload.Clean(lines.ElementAtOrDefault(1)))
            : new CanaryNews(CanaryState.Unknown, "", "");
    }

    /// <summary>Nothing spoke against it: the others may take it.</summary>
    public Task PassAsync(string revision, CancellationToken cancellationToken) =>
        RunAsync(End, revision, [_id, Bytes(name()), "P"u8.ToArray(), Milliseconds(KnownFor)], cancellationToken);

    /// <summary>It was rolled back: the others are not to take it.</summary>
    public Task FailAsync(string revision, string why, CancellationToken cancellationToken) =>
        RunAsync(End, revision, [_id, Bytes($"{name()}\n{why}"), "F"u8.ToArray(), Milliseconds(KnownFor)], cancellationToken);

    /// <summary>It ended without a result: another gateway may have it.</summary>
    public Task LeaveAsync(string revision, CancellationToken cancellationToken) =>
        RunAsync(End, revision, [_id, [], [], Milliseconds(KnownFor)], cancellationToken);

    private async Task<string?> RunAsync(string script, string revision, byte[][] values, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Within, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            var reply = redis.IsUp
                ? await redis.ScriptAsync(script, [$"{redis.Prefix}canary:{revision}"], values, deadline.Token).ConfigureAwait(false)
                : [];
            return reply is [{ } word, ..] ? Encoding.UTF8.GetString(word) : null;
        }
        catch (Exception e) when (e is RedisFailedException or OperationCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Milliseconds(TimeSpan span) => Bytes(((long)span.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
}
