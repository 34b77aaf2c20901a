using System.Collections.Concurrent;

namespace Gateway.Forwarding.Attempts;

/// <summary>
/// A timer that raises a signal, kept and used again: arming one that exists is much cheaper than making one, and one that
/// is not disarmed but armed anew by its next user is cheaper still. A late or stray tick only wakes somebody to look again.
/// </summary>
internal sealed class PooledTimer
{
    private const int Kept = 1024;

    private static readonly ConcurrentBag<PooledTimer> Pool = [];

    private readonly ITimer _timer;
    private AsyncAutoResetEvent? _signal;

    private PooledTimer(TimeProvider time)
    {
        Time = time;
        // Without a captured context: a pooled timer must not keep its first user's alive.
        using (ExecutionContext.SuppressFlow())
        {
            _timer = time.CreateTimer(
                static timer => ((PooledTimer)timer!).Tick(),
                this,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
        }
    }

    private TimeProvider Time { get; }

    /// <summary>Takes one from the pool or makes one.</summary>
    public static PooledTimer Rent(TimeProvider time, AsyncAutoResetEvent signal)
    {
        if (!Pool.TryTake(out var timer) || !ReferenceEquals(timer.Time, time))
        {
            timer = new PooledTimer(time);
        }

        Volatile.Write(ref timer._signal, signal);
        return timer;
    }

    /// <summary>Raises the signal after <paramref name="delay"/>; an earlier arming is forgotten.</summary>
    public void Arm(TimeSpan delay) => _timer.Change(delay < TimeSpan.Zero ? TimeSpan.Zero : delay, Timeout.InfiniteTimeSpan);

    /// <summary>Gives it back.</summary>
    public void Return()
    {
        Volatile.Write(ref _signal, null);
        if (Pool.Count < Kept)
        {
            Pool.Add(this);
        }
        else
        {
            _timer.Dispose();
        }
    }

    private void Tick() => Volatile.Read(ref _signal)?.Raise();
}
