using Gateway.Failover;
using Gateway.Fleet;
using Gateway.LastGood.Policy;

namespace Gateway.Hosting;

/// <summary>What operators may do: it is done here, and passed on to the other gateways.</summary>
/// <param name="loop">Carries out commands.</param>
/// <param name="stored">What can be purged.</param>
/// <param name="fleet">The other gateways; null: there are none.</param>
/// <param name="announcements">Told of commands.</param>
/// <param name="folder">The state folder, which keeps what is in force over restarts where Redis does not.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
internal sealed class OperatorActions(
    FailoverLoop loop,
    StoredResponses stored,
    FleetMembership? fleet,
    Announcements announcements,
    string folder,
    TimeProvider time,
    GatewayLog log)
{
    private readonly OrderFile? _orders = fleet is null ? new OrderFile(folder, time, log.For<OrderFile>()) : null;
    private readonly SavedStateKeeper? _saved = fleet is null ? new SavedStateKeeper(loop, folder, time, log) : null;

    /// <summary>Why orders, or the active tier, would not outlive a restart; null: they do.</summary>
    public string? Alarm => _orders?.Alarm ?? _saved?.Alarm;

    /// <summary>
    /// Lets clusters go on where they were before the restart. Begin it before the loop starts, and wait for it after that.
    /// </summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        foreach (var (command, result) in _saved is null ? [] : await _saved.ResumeAsync(cancellationToken).ConfigureAwait(false))
        {
            announcements.Restored(command, result);
        }
    }

    /// <summary>Keeps what a restart must not forget until the gateway stops.</summary>
    public Task SaveAsync(CancellationToken stopping)
    {
        if (_saved is not null)
        {
            return _saved.RunAsync(stopping);
        }

        // The fleet remembers; a task that ended would be an alarm.
        var stopped = new TaskCompletionSource();
        stopping.Register(stopped.SetResult);
        return stopped.Task;
    }

    /// <summary>Puts the orders of before the restart in force again, as far as their time is not over.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        foreach (var command in _orders?.Read() ?? [])
        {
            announcements.Restored(command, await loop.CommandAsync(command, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Carries out a command.</summary>
    public async Task<CommandResult> CommandAsync(Command command, CancellationToken cancellationToken)
    {
        var result = await loop.CommandAsync(command, cancellationToken).ConfigureAwait(false);
        if (result.Done)
        {
            announcements.Announce(command);
            fleet?.Publish(command);
            _orders?.Keep(command);
        }

        return result;
    }

    /// <summary>Forgets stored responses and says how many.</summary>
    public long Purge(PurgeRule rule)
    {
        var purged = stored.Store.Purge(rule);
        fleet?.Publish(rule);
        return purged;
    }
}
