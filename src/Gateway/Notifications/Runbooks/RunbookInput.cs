using Gateway.Configuration.Model;
using Gateway.Failover;

namespace Gateway.Notifications.Runbooks;

/// <summary>What one turn of the runbooks sees.</summary>
/// <param name="Runbooks">The configuration in force.</param>
/// <param name="Clusters">The clusters as they are.</param>
/// <param name="IsHistoryRead">The runs of earlier processes are known.</param>
/// <param name="Fleet">What the other gateways say of a fault; null: this gateway decides alone, by its configuration.</param>
/// <param name="Now">The loop's clock.</param>
/// <param name="Utc">The wall clock.</param>
internal sealed record RunbookInput(
    IReadOnlyList<RunbookConfig> Runbooks,
    IReadOnlyList<ClusterView> Clusters,
    bool IsHistoryRead,
    Func<FaultKey, FleetFacts>? Fleet,
    TimeSpan Now,
    DateTimeOffset Utc);

/// <summary>What the fleet says to the gateway that wants to act.</summary>
internal enum RunbookPermit
{
    /// <summary>It is the one.</summary>
    Granted,

    /// <summary>Another one acts in this cluster.</summary>
    Others,

    /// <summary>One has acted since the destination was last well.</summary>
    Tried,

    /// <summary>As many runs as an hour may have.</summary>
    TooMany,

    /// <summary>Redis gave no response.</summary>
    Unreachable,
}
