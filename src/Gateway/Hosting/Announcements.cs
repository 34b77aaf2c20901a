using Gateway.Admin.Status;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Forwarding.Mirroring;
using Gateway.Notifications;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;

namespace Gateway.Hosting;

/// <summary>What follows from an event: its counter, its journal entry, and the notification of its receivers.</summary>
/// <param name="instruments">The figures.</param>
/// <param name="journal">The journal.</param>
/// <param name="notifier">The receivers.</param>
/// <param name="time">The clock.</param>
/// <param name="isFleet">There may be other gateways.</param>
/// <param name="othersServe">Most other gateways serve a cluster: receivers are not told of what this one alone cannot reach.</param>
/// <param name="sinceIsolation">How long ago this gateway alone reached nothing; null: it never did.</param>
internal sealed class Announcements(
    Instruments instruments,
    Journal journal,
    Notifier notifier,
    TimeProvider time,
    bool isFleet,
    Func<string, bool> othersServe,
    Func<TimeSpan?> sinceIsolation)
{
    private readonly HealthNotices _health = new(notifier, sinceIsolation, time);

    /// <summary>Tells what waits to be told, until it is stopped.</summary>
    public Task RunAsync(CancellationToken stopping) => _health.RunAsync(stopping);

    /// <summary>A tier took over, or none did.</summary>
    public void Announce(Transition transition)
    {
        StatusProjections.Count(instruments, transition);
        journal.Append(StatusProjections.Entry(transition));

        // The last gateway that loses all, and the first that gets something back, tell it.
        if (transition is { From: not null, To: not null } || !othersServe(transition.Cluster))
        {
            notifier.Publish(transition);
        }
    }

    /// <summary>A destination's or a tier's health changed.</summary>
    public void Announce(HealthChange change)
    {
        journal.Append(StatusProjections.Entry(change));
        _health.Publish(change, isFleet);
    }

    /// <summary>An alarm of a forecast was made, or is over.</summary>
    public void Announce(ForecastChange change)
    {
        journal.Append(StatusProjections.Entry(change));
        notifier.Publish(change);
    }

    /// <summary>Mirrored reads show a difference, or one is over.</summary>
    public void Announce(MirrorChange change)
    {
        journal.Append(StatusProjections.Entry(change));
        notifier.Publish(change);
    }

    /// <summary>A configuration was put in force.</summary>
    public void Announce(ConfigChange change) => journal.Append(StatusProjections.Entry(change, time.GetUtcNow()));

    /// <summary>A configuration was refused.</summary>
    public void Announce(RejectedConfig rejected)
    {
        journal.Append(StatusProjections.Entry(rejected));
        notifier.Publish(Notification.Of(rejected));
    }

    /// <summary>An operator's command was carried out here; its journal entry is the admin endpoint's.</summary>
    public void Announce(Command command) => notifier.Commanded(command);

    /// <summary>A command that was given at another gateway was carried out here.</summary>
    public void Announce(Command command, CommandResult result) =>
        journal.Append(StatusProjections.Entry(command, result, time.GetUtcNow()));

    /// <summary>An operator's command of before a restart was carried out again, or could not be.</summary>
    public void Restored(Command command, CommandResult result) =>
        journal.Append(StatusProjections.Entry(command, result, time.GetUtcNow()) with
        {
            Text = $"After the restart: {result.Message}",
            Who = command.By,
        });

    /// <summary>The gateway starts.</summary>
    public void Started(string version, long revision) => journal.Append(
        new JournalEntry(time.GetUtcNow(), "start", $"The gateway {version} started with configuration revision {revision}."));

    /// <summary>The gateway stops.</summary>
    public void Stopping() =>
        journal.Append(new JournalEntry(time.GetUtcNow(), "stop", "The gateway stops; requests in flight finish."));
}
