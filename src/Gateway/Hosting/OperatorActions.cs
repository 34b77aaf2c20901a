using Gateway.Failover;
using Gateway.LastGood.Policy;

namespace Gateway.Hosting;

/// <summary>What operators may do: it is done here, and passed on to the other gateways.</summary>
/// <param name="loop">Carries out commands.</param>
/// <param name="stored">What can be purged.</param>
/// <param name="fleet">The other gateways; null: there are none.</param>
/// <param name="announcements">Told of commands.</param>
internal sealed class OperatorActions(FailoverLoop loop, StoredResponses stored, FleetMembership? fleet, Announcements announcements)
{
    /// <summary>Carries out a command.</summary>
    public async Task<CommandResult> CommandAsync(Command command, CancellationToken cancellationToken)
    {
        var result = await loop.CommandAsync(command, cancellationToken).ConfigureAwait(false);
        if (result.Done)
        {
            announcements.Announce(command);
            fleet?.Publish(command);
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
