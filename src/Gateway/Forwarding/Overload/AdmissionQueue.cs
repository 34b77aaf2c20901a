using System.Collections.Concurrent;
using Gateway.Configuration.Model;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Overload;

/// <summary>
/// Where requests of a cluster wait for a place while every tier that may take them is full (<c>queue</c>): in the order of their levels,
/// and inside a level of their arrival, for <see cref="QueueConfig.Wait"/> at most.
/// </summary>
/// <remarks>
/// Each place that is given back lets one request go on. What gives a place back never waits here: one of those that do so at the same
/// moment works for all of them. Without a request that waits it costs one read.
/// </remarks>
internal sealed class AdmissionQueue(QueueConfig config, ClusterMeter meter, TimeProvider time)
{
    /// <summary>Places can come without a request that ends: a tier that can serve again, a reload.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentQueue<QueuedRequest>[] _byLevel = [new(), new(), new()];
    private int _waiting;
    private int _signals;

    /// <summary>As configured.</summary>
    public QueueConfig Config => config;

    /// <summary>Requests wait: one that arrives now does not pass them.</summary>
    public bool HasWaiting => Volatile.Read(ref _waiting) > 0;

    /// <summary>Waits for a place.</summary>
    /// <param name="level">The request's level.</param>
    /// <param name="place">What it waits for. Admitted, the caller holds it.</param>
    /// <param name="cancellationToken">The client disconnected.</param>
    /// <returns>How the wait ended.</returns>
    /// <exception cref="OperationCanceledException">The client disconnected.</exception>
    public async ValueTask<QueueResult> WaitAsync(Level level, IQueuedPlace place, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > config.Max)
        {
            Interlocked.Decrement(ref _waiting);
            return Count(QueueResult.Full);
        }

        var began = time.GetTimestamp();
        meter.QueueEntered();
        var request = new QueuedRequest(place);
        _byLevel[(int)level].Enqueue(request);
        try
        {
            while (true)
            {
                // What was given back between the look for a place and the entry is not told again.
                Signal();
                var left = config.Wait - time.GetElapsedTime(began);
                if (await request.AdmittedWithinAsync(left < LookEvery ? left : LookEvery, time, cancellationToken).ConfigureAwait(false))
                {
                    return Count(QueueResult.Admitted);
                }

                if (place.IsPointless())
                {
                    return Count(request.TryLeave() ? QueueResult.Drained : QueueResult.Admitted);
                }

                if (time.GetElapsedTime(began) >= config.Wait)
                {
                    return Count(request.TryLeave() ? QueueResult.TimedOut : QueueResult.Admitted);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // A place that it was given meanwhile goes to the next one.
            Count(QueueResult.ClientLeft);
            if (!request.TryLeave())
            {
                place.Dispose();
            }

            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
            meter.QueueLeft(time.GetElapsedTime(began));
        }
    }

    /// <summary>A place was given back. Never waits.</summary>
    public void Signal()
    {
        if (!HasWaiting || Interlocked.Increment(ref _signals) != 1)
        {
            // No request waits, or the caller that works now sees the signal.
            return;
        }

        int seen;
        do
        {
            seen = Volatile.Read(ref _signals);
            for (var i = 0; i < seen && AdmitOne(); i++)
            {
                // One place, one request.
            }
        }
        while (Interlocked.Add(ref _signals, -seen) > 0);
    }

    // Only the caller that works takes requests out, so that a head that was looked at is the one that leaves.
    private bool AdmitOne()
    {
        foreach (var level in _byLevel)
        {
            while (level.TryPeek(out var head))
            {
                if (head.IsOver)
                {
                    level.TryDequeue(out _);
                    continue;
                }

                if (!head.Place.TryTake())
                {
                    // Another level may be allowed less, never more. Requests of it that have gone must not pile up meanwhile.
                    Array.ForEach(_byLevel, ForgetGone);
                    return false;
                }

                level.TryDequeue(out _);
                if (head.TryAdmit())
                {
                    return true;
                }

                // It has just gone.
                head.Place.Dispose();
            }
        }

        return false;
    }

    private static void ForgetGone(ConcurrentQueue<QueuedRequest> level)
    {
        while (level.TryPeek(out var head) && head.IsOver)
        {
            level.TryDequeue(out _);
        }
    }

    private QueueResult Count(QueueResult result)
    {
        meter.Queued(result);
        return result;
    }
}
