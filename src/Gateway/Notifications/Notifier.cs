using System.Collections.Concurrent;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Forwarding.Mirroring;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;

namespace Gateway.Notifications;

/// <summary>Tells every configured receiver what happened, once per fleet. Telling never waits.</summary>
internal sealed class Notifier(Instruments instruments, Journal journal, TimeProvider time, ILoggerFactory log, NotifyLease? lease = null)
    : IAsyncDisposable
{
    private const string Drill = "drill";

    private readonly NotifyLease _lease = lease ?? new NotifyLease(redis: null, time);

    private readonly ConcurrentDictionary<string, bool> _drills = new(StringComparer.Ordinal);
    private Dictionary<string, NotifyWorker> _workers = new(StringComparer.Ordinal);

    /// <summary>Takes over a configuration's receivers; those that stay keep their queue. One caller at a time.</summary>
    public async Task UseAsync(IReadOnlyList<NotifyConfig> receivers)
    {
        var before = _workers;
        var after = new Dictionary<string, NotifyWorker>(StringComparer.Ordinal);
        foreach (var receiver in receivers)
        {
            var key = KeyOf(receiver);
            if (!after.ContainsKey(key))
            {
                after.Add(key, before.TryGetValue(key, out var stays) ? stays : Create(receiver));
            }
        }

        Volatile.Write(ref _workers, after);
        await EndAsync(before.Where(w => !after.ContainsKey(w.Key)).Select(static w => w.Value)).ConfigureAwait(false);
    }

    /// <summary>Notifications that are queued or under way.</summary>
    public int Waiting => Volatile.Read(ref _workers).Values.Sum(static w => w.Waiting);

    /// <summary>A transition was announced.</summary>
    public void Publish(Transition transition)
    {
        if (Notification.Of(transition) is { } notification)
        {
            Publish(notification);
        }
    }

    /// <summary>A change of health was announced.</summary>
    public void Publish(HealthChange change)
    {
        if (Notification.Of(change) is { } notification)
        {
            Publish(notification);
        }
    }

    /// <summary>Mirrored reads show a difference, or one is over.</summary>
    public void Publish(MirrorChange change)
    {
        if (Notification.Of(change) is { } notification)
        {
            Publish(notification);
        }
    }

    /// <summary>An alarm of a forecast was made, or is over.</summary>
    public void Publish(ForecastChange change)
    {
        if (Notification.Of(change) is { } notification)
        {
            Publish(notification);
        }
    }

    /// <summary>Something happened.</summary>
    public void Publish(Notification notification)
    {
        foreach (var worker in Volatile.Read(ref _workers).Values)
        {
            worker.Publish(notification);
        }
    }

    /// <summary>An operator's command was carried out: a hold whose reason begins with "drill" is one, until its release.</summary>
    public void Commanded(Command command)
    {
        switch (command)
        {
            case HoldCommand hold when hold.Reason.StartsWith(Drill, StringComparison.OrdinalIgnoreCase):
                _drills[hold.Cluster] = true;
                Publish(Notification.DrillBegan(hold, time.GetUtcNow()));
                break;
            case ReleaseCommand { HeldBy: not null }:
                // A scheduled drill's own: how it ended is told when all is as before.
                _drills.TryRemove(command.Cluster, out _);
                break;
            case HoldCommand or ReleaseCommand when _drills.TryRemove(command.Cluster, out _):
                Publish(Notification.DrillEnded(command.Cluster, time.GetUtcNow()));
                break;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var workers = Interlocked.Exchange(ref _workers, new(StringComparer.Ordinal));
        await EndAsync(workers.Values).ConfigureAwait(false);
    }

    private static Task EndAsync(IEnumerable<NotifyWorker> workers) => Task.WhenAll(workers.Select(static w => w.DisposeAsync().AsTask()));

    /// <summary>What makes a receiver the same over reloads, and for every gateway of a fleet.</summary>
    public static string KeyOf(NotifyConfig receiver) =>
        $"{receiver.Webhook}\n{string.Join('\0', receiver.Exec)}\n{string.Join(',', receiver.Events)}\n{receiver.Timeout}";

    private NotifyWorker Create(NotifyConfig receiver) => new(
        receiver,
        KeyOf(receiver),
        _lease,
        receiver.Webhook is { } webhook ? new WebhookDelivery(webhook) : new ExecDelivery(receiver.Exec),
        instruments,
        journal,
        time,
        log.CreateLogger<NotifyWorker>());
}
