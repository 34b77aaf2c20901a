using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Fleet;
using Gateway.Forwarding.Requests;
using Gateway.Fuzzing.Engine;
using Gateway.Redis;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// Other replies of Redis and its sentinels: an address of a master has a host and a port, in the same way however the reply arrives, and
/// no count that another gateway reports of a sender makes it wait for longer than an empty bucket does. The first byte chooses.
/// </summary>
internal sealed class RedisReplyTarget : IFuzzTarget
{
    private const int Count = 10;

    private readonly RateLimit _limit = new(
        new RateLimitConfig
        {
            Count = Count,
            Per = TimeSpan.FromSeconds(1),
        },
        TimeProvider.System);

    /// <inheritdoc/>
    public string Name => "redis-replies";

    /// <inheritdoc/>
    public int MostBytes => 512;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds =>
    [
        "S*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n"u8.ToArray(),
        "S*2\r\n$3\r\n::1\r\n$4\r\n6379\r\n"u8.ToArray(),
        "S*-1\r\n"u8.ToArray(),
        "S-NOAUTH Authentication required.\r\n"u8.ToArray(),
        [(byte)'R', 1, 2, 3, 4, 5, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 127],
    ];

    /// <inheritdoc/>
    public IEnumerable<string> Words => ["*2\r\n", "*-1\r\n", "$-1\r\n", "_\r\n", "$", "\r\n", "6379", "65536", "+6379", "\0", "::1"];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 64 * 1024 + (4096L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        if (input.Span[0] == 'S')
        {
            Sentinel(input.Span[1..]);
        }
        else
        {
            Charge(input.Span[1..]);
        }
    }

    // Once it says something, more bytes say nothing else.
    private static void Sentinel(ReadOnlySpan<byte> reply)
    {
        var whole = SentinelQuestion.Read(Encoding.UTF8.GetString(reply));
        if (!string.IsNullOrEmpty(whole))
        {
            var port = whole.AsSpan(whole.LastIndexOf(':') + 1);
            Invariant.Holds(
                !port.ContainsAnyExceptInRange('0', '9')
                    && int.Parse(port, NumberStyles.None, CultureInfo.InvariantCulture) is > 0 and < 65536,
                "a master has a port");
        }

        var step = Math.Max(1, reply.Length / 16);
        for (var received = 0; received < reply.Length; received += step)
        {
            if (SentinelQuestion.Read(Encoding.UTF8.GetString(reply[..received])) is { } early)
            {
                Invariant.Same(whole, early, "a reply that is whole stays the same");
            }
        }
    }

    private void Charge(ReadOnlySpan<byte> counts)
    {
        var now = TimeProvider.System.GetTimestamp();
        for (; counts.Length >= 8; counts = counts[8..])
        {
            _limit.Charge(
                new TakenTokens(BinaryPrimitives.ReadUInt32LittleEndian(counts), BinaryPrimitives.ReadInt32LittleEndian(counts[4..])), now);
            Invariant.Holds(
                _limit.Take(BinaryPrimitives.ReadUInt64LittleEndian(counts), now) is not { } wait || wait <= TimeSpan.FromSeconds(1),
                "no client waits for longer than an empty bucket takes");
        }
    }
}
