using System.Numerics;

namespace Gateway.Health.Model;

/// <summary>
/// Latencies on a logarithmic scale (eight steps an octave, so at most 12 % off) from 125 us to 60 s. <see cref="Record"/> is one increment
/// and safe from any thread; <see cref="Quantile"/> and <see cref="Decay"/> belong to the failover loop.
/// </summary>
internal sealed class LatencyHistogram
{
    private const long UnitTicks = TimeSpan.TicksPerMillisecond / 8;
    private const long MaxUnits = 60_000 * 8;

    private readonly int[] _counts = new int[IndexOf(MaxUnits) + 1];

    /// <summary>How many latencies it holds, older ones already faded.</summary>
    public long Count
    {
        get
        {
            long sum = 0;
            foreach (ref var count in _counts.AsSpan())
            {
                sum += Volatile.Read(ref count);
            }

            return sum;
        }
    }

    /// <summary>Adds one latency.</summary>
    public void Record(TimeSpan latency) => Interlocked.Increment(ref _counts[IndexOf(Math.Clamp(latency.Ticks / UnitTicks, 0, MaxUnits))]);

    /// <summary>
    /// Where the share <paramref name="share"/> of all latencies is reached, those of one step taken as spread evenly over it; zero when
    /// empty.
    /// </summary>
    public TimeSpan Quantile(double share)
    {
        var total = Count;
        if (total == 0)
        {
            return TimeSpan.Zero;
        }

        var needed = (long)Math.Ceiling(total * Math.Clamp(share, 0, 1));
        long seen = 0;
        for (var index = 0; index < _counts.Length; index++)
        {
            var here = Volatile.Read(ref _counts[index]);
            if (here > 0 && seen + here >= needed)
            {
                var below = (index > 0 ? UpperUnitsOf(index - 1) : 0) * UnitTicks;
                return new TimeSpan(below + (((UpperUnitsOf(index) * UnitTicks) - below) * Math.Max(1, needed - seen) / here));
            }

            seen += here;
        }

        return new TimeSpan(MaxUnits * UnitTicks);
    }

    /// <summary>Halves every count, so that the past fades. Increments that run at the same time are kept.</summary>
    public void Decay()
    {
        foreach (ref var count in _counts.AsSpan())
        {
            var now = Volatile.Read(ref count);
            if (now > 0)
            {
                Interlocked.Add(ref count, -((now + 1) / 2));
            }
        }
    }

    private static int IndexOf(long units)
    {
        if (units < 8)
        {
            return (int)units;
        }

        var octave = BitOperations.Log2((ulong)units);
        return ((octave - 2) * 8) + (int)((units >> (octave - 3)) & 7);
    }

    private static long UpperUnitsOf(int index)
    {
        if (index < 8)
        {
            return index + 1;
        }

        var octave = (index / 8) + 2;
        return (8L + (index % 8) + 1) << (octave - 3);
    }
}
