using System.Threading.Channels;
using Gateway.Failover;

namespace Gateway.Notifications;

/// <summary>
/// Tells receivers of changes of health. In a fleet each waits <see cref="Held"/> first: a gateway that is cut off loses its destinations
/// one by one, and only after the last of them does it know that the fault is its own. What it lost by then is not told, nor that it came
/// back.
/// </summary>
/// <param name="notifier">The receivers.</param>
/// <param name="sinceIsolation">How long ago this gateway alone reached nothing; zero: it does so now; null: it never did.</param>
/// <param name="time">The clock.</param>
internal sealed class HealthNotices(Notifier notifier, Func<TimeSpan?> sinceIsolation, TimeProvider time)
{
    /// <summary>As long as it may take until a gateway knows that it is cut off.</summary>
    public static readonly TimeSpan Held = TimeSpan.FromSeconds(3);

    private const int MaxWaiting = 1_000;

    private readonly Channel<(HealthChange Change, long At)> _waiting =
        Channel.CreateBounded<(HealthChange, long)>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    // Of destinations whose loss was not told.
    private readonly HashSet<(string Cluster, string? Tier, string? Destination)> _untold = [];

    /// <summary>A change was announced. Never waits.</summary>
    /// <param name="change">What changed.</param>
    /// <param name="isFleet">Other gateways may see it otherwise; else it is told at once.</param>
    public void Publish(HealthChange change, bool isFleet)
    {
        if (!isFleet || Notification.Of(change) is null || !_waiting.Writer.TryWrite((change, time.GetTimestamp())))
        {
            notifier.Publish(change);
        }
    }

    /// <summary>Tells until it is stopped, and then what still waits.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var (change, at) in _waiting.Reader.ReadAllAsync(stopping).ConfigureAwait(false))
            {
                var rest = Held - time.GetElapsedTime(at);
                if (rest > TimeSpan.Zero)
                {
                    await Task.Delay(rest, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                Tell(change, at);
            }
        }
        catch (OperationCanceledException)
        {
            while (_waiting.Reader.TryRead(out var left))
            {
                Tell(left.Change, left.At);
            }
        }
    }

    private void Tell(HealthChange change, long at)
    {
        var key = (change.Cluster, change.Tier, change.Destination);
        var wasIsolated = sinceIsolation() <= time.GetElapsedTime(at);
        if (wasIsolated && change.Kind != HealthChangeKind.DestinationUp)
        {
            if (change.Kind == HealthChangeKind.DestinationDown && _untold.Count < MaxWaiting)
            {
                _untold.Add(key);
            }

            return;
        }

        // A loss that was not told has no return either.
        var wasUntold = _untold.Remove(key);
        if (!wasUntold || change.Kind != HealthChangeKind.DestinationUp)
        {
            notifier.Publish(change);
        }
    }
}
