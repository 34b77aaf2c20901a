using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Fleet;

namespace Gateway.Notifications.Runbooks;

/// <summary>What runbooks ask of the other rooms. Reading delegates answer at once.</summary>
internal sealed record RunbookSources
{
    /// <summary>Those of the configuration in force.</summary>
    public required Func<IReadOnlyList<RunbookConfig>> Runbooks { get; init; }

    /// <summary>The clusters as they are.</summary>
    public required Func<IReadOnlyList<ClusterView>> Clusters { get; init; }

    /// <summary>Carries out a command as an operator's is, here and at the other gateways.</summary>
    public required Func<Command, CancellationToken, Task<CommandResult>> Command { get; init; }

    /// <summary>The other gateways; null: none by the configuration.</summary>
    public Func<FleetView>? Fleet { get; init; }
}
