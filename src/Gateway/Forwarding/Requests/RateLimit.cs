using System.Security.Cryptography;
using Gateway.Configuration.Model;
using Gateway.Fleet;
using Gateway.Forwarding.Attempts;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// A token bucket for each sender, as the generic cell rate algorithm has it: one number says when a sender's bucket will be full again. A
/// table of fixed size holds these numbers, and each
/// is changed by one exchange: no lock, no garbage, no cleaning up, and as much memory under an attack by a million addresses as at rest.
/// </summary>
/// <remarks>
/// A place holds 18 bits that tell a sender from the others of its row, and the time in units of 4 µs (46 bits, nine years). A sender
/// without a place takes an empty one, or that of the row's sender
/// whose bucket is nearest to full: who sends most is remembered longest. A full row cannot hide a sender from the limit for longer than
/// that. Pure but for the table: the time comes with the question.
/// </remarks>
internal sealed class RateLimit
{
    /// <summary>Senders that it remembers; 8 bytes each.</summary>
    public const int Places = Rows * RowLength;

    private const int RowBits = 14;
    private const int Rows = 1 << RowBits;
    private const int RowLength = 8;
    private const int TimeBits = 46;
    private const long TimeMask = (1L << TimeBits) - 1;
    private const double UnitsPerSecond = 250_000;

    private readonly long[] _places = new long[Places];
    private ulong _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
    private int[]? _taken;
    private readonly long _interval;
    private readonly long _tolerance;
    private readonly double _unitsPerTimestamp;
    private readonly long _start;

    public RateLimit(RateLimitConfig config, TimeProvider time)
    {
        Config = config;
        _interval = Math.Max(1, (long)Math.Round(config.Per.TotalSeconds * UnitsPerSecond / config.Count));
        _tolerance = _interval * (config.Burst - 1);
        _unitsPerTimestamp = UnitsPerSecond / time.TimestampFrequency;
        _start = time.GetTimestamp();
        Policy = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"\"default\";q={config.Burst};w={Math.Max(1, (long)Math.Ceiling(config.Per.TotalSeconds * config.Burst / config.Count))}");
    }

    /// <summary>The limit as written.</summary>
    public RateLimitConfig Config { get; }

    /// <summary>The value of <c>RateLimit-Policy</c>.</summary>
    public string Policy { get; }

    /// <summary>
    /// Shares the buckets with other gateways: what is taken here is counted from now on, and senders are told apart by the fleet's
    /// seed. Under another seed every bucket is full again.
    /// </summary>
    public void Share(ulong seed)
    {
        _taken ??= new int[Places];
        if (Volatile.Read(ref _seed) != seed)
        {
            Volatile.Write(ref _seed, seed);
            Array.Clear(_places);
            Array.Clear(_taken);
        }
    }

    /// <summary>What senders have taken here since the last call, those first that took most.</summary>
    /// <param name="most">No more senders than these are told of; the rest is forgotten, and counts here only.</param>
    public List<TakenTokens> Collect(int most)
    {
        var all = new List<TakenTokens>();
        if (_taken is not { } taken)
        {
            return all;
        }

        for (var i = 0; i < taken.Length; i++)
        {
            if (Volatile.Read(ref taken[i]) > 0 && Interlocked.Exchange(ref taken[i], 0) is > 0 and var count)
            {
                var tag = (uint)((ulong)Volatile.Read(ref _places[i]) >> TimeBits);
                all.Add(new TakenTokens((uint)(i / RowLength) | (tag << RowBits), count));
            }
        }

        if (all.Count > most)
        {
            all.Sort(static (one, other) => other.Count.CompareTo(one.Count));
            all.RemoveRange(most, all.Count - most);
        }

        return all;
    }

    /// <summary>
    /// Takes what a sender took at another gateway. A bucket is empty at most: no sender waits longer for having been counted late.
    /// </summary>
    public void Charge(TakenTokens tokens, long timestamp)
    {
        var now = Units(timestamp);
        var row = (int)(tokens.Sender % Rows) * RowLength;
        var tag = (long)((ulong)(tokens.Sender >> RowBits) << TimeBits);
        while (true)
        {
            var at = Find(row, tag, now, out var seen);
            var fullAt = (seen & ~TimeMask) == tag ? Math.Max(seen & TimeMask, now) : now;
            var charged = Math.Min(fullAt
                + (_interval * Math.Clamp(tokens.Count, 0, Config.Burst)), Math.Max(fullAt, now + _tolerance + _interval));
            if (Interlocked.CompareExchange(ref _places[at], tag | (charged & TimeMask), seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>A number for a header's or cookie's value: the same at every gateway that shares the buckets, unknown to clients.</summary>
    public ulong SenderOf(ReadOnlySpan<char> value)
    {
        var hash = Volatile.Read(ref _seed);
        foreach (var letter in value)
        {
            hash = (hash ^ letter) * 0x9e3779b97f4a7c15;
            hash ^= hash >> 29;
        }

        return BitMixing.Mix(hash) | (1UL << 63);
    }

    /// <summary>Takes a token of a sender's bucket.</summary>
    /// <param name="sender">A hash or an address; of all bits.</param>
    /// <param name="timestamp">Now, by the clock of the constructor.</param>
    /// <returns>Null: it may go on; else how long until it may.</returns>
    public TimeSpan? Take(ulong sender, long timestamp)
    {
        var now = Units(timestamp);

        // The seed keeps clients from choosing their row.
        var mixed = BitMixing.Mix(sender ^ Volatile.Read(ref _seed));
        var row = (int)(mixed % Rows) * RowLength;
        var tag = (long)(mixed >> TimeBits) << TimeBits;
        while (true)
        {
            var at = Find(row, tag, now, out var seen);
            var fullAt = (seen & ~TimeMask) == tag ? Math.Max(seen & TimeMask, now) : now;
            var wait = fullAt - now - _tolerance;
            if (wait > 0)
            {
                return TimeSpan.FromSeconds(wait / UnitsPerSecond);
            }

            if (Interlocked.CompareExchange(ref _places[at], tag | ((fullAt + _interval) & TimeMask), seen) == seen)
            {
                if (_taken is { } taken)
                {
                    Interlocked.Increment(ref taken[at]);
                }

                return null;
            }
        }
    }

    private long Units(long timestamp) => (long)((timestamp - _start) * _unitsPerTimestamp) + 1;

    /// <summary>The sender's place, or the one that it takes.</summary>
    private int Find(int row, long tag, long now, out long seen)
    {
        var best = row;
        var least = long.MaxValue;
        seen = 0;
        for (var i = row; i < row + RowLength; i++)
        {
            var value = Volatile.Read(ref _places[i]);
            if (value != 0 && (value & ~TimeMask) == tag)
            {
                seen = value;
                return i;
            }

            // A full bucket is as good as none.
            var fullAt = Math.Max(value & TimeMask, now);
            if (fullAt < least)
            {
                (best, least, seen) = (i, fullAt, value);
            }
        }

        return best;
    }
}
