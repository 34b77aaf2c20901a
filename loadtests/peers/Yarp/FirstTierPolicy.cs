using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace Yarp.Peer;

/// <summary>
/// YARP knows no tiers; a policy of one's own is its documented way to have them. At random among the primaries, else among the standbys.
/// </summary>
internal sealed class FirstTierPolicy : ILoadBalancingPolicy
{
    /// <summary>What the configuration calls it.</summary>
    public const string PolicyName = "FirstTier";

    /// <summary>How a standby's name begins.</summary>
    public const string Standby = "standby";

    /// <inheritdoc/>
    public string Name => PolicyName;

    /// <inheritdoc/>
    public DestinationState? PickDestination(
        HttpContext context,
        ClusterState cluster,
        IReadOnlyList<DestinationState> availableDestinations)
    {
        if (availableDestinations.Count == 0)
        {
            return null;
        }

        var primaries =
            availableDestinations.Where(destination => !destination.DestinationId.StartsWith(Standby, StringComparison.Ordinal)).ToList();
        var among = primaries.Count > 0 ? primaries : availableDestinations;
        return among[Random.Shared.Next(among.Count)];
    }
}
