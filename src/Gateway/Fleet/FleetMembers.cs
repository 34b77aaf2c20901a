using System.Collections.Immutable;
using Gateway.Consensus;
using Gateway.Fleet.Canaries;

namespace Gateway.Fleet;

/// <summary>The gateways that live, from what an exchange brought. Pure.</summary>
internal static class FleetMembers
{
    /// <summary>All of them, this one too, by name.</summary>
    /// <param name="self">This one.</param>
    /// <param name="lives">Each living gateway's identity and sign of life, this one's too.</param>
    /// <param name="epoch">Sees theirs.</param>
    /// <param name="garbage">True: a sign of life is not of this kind.</param>
    public static ImmutableArray<GatewayView> Of(
        GatewayView self,
        IReadOnlyList<(string Id, byte[] Life)> lives,
        FleetEpoch epoch,
        out bool garbage)
    {
        garbage = false;
        List<GatewayView> gateways = [self];
        foreach (var (id, payload) in lives.Take(FleetScript.MostGateways))
        {
            if (string.Equals(id, self.Id, StringComparison.Ordinal))
            {
                continue;
            }

            if (FleetPayload.Decode<Heartbeat>(payload) is not { IsSound: true } life)
            {
                garbage = true;
                continue;
            }

            epoch.See(life.Epoch);
            gateways.Add(new GatewayView(
                FleetPayload.Clean(id), FleetPayload.Clean(life.Name), Self: false, FleetPayload.Clean(life.Version),
                FleetPayload.Clean(life.Revision), [.. KnownVotes(life.Clusters, self.Clusters)])
            {
                Faults = life.Faults ?? [],
                Outcomes = life.Outcomes,
                AskedRoutes = life.AskedRoutes ?? [],
                Routes = life.Routes ?? [],
                Beat = life.Beat,
            });
        }

        return [.. gateways.OrderBy(static g => g.Name, StringComparer.Ordinal).ThenBy(static g => g.Id, StringComparer.Ordinal)];
    }

    /// <summary>
    /// The others whose votes count. A gateway that reaches nothing, while another does, can say nothing of destinations.
    /// </summary>
    public static GatewayView[] VotersOf(ImmutableArray<GatewayView> gateways)
    {
        var isAnyServing = gateways.Any(static g => IsolationRule.ReachesSomething(g.Clusters));
        return [.. gateways.Where(g => !g.Self && !(isAnyServing && IsolationRule.ReachesNothing(g.Clusters)))];
    }

    /// <summary>The routes that the canaries of others ask for.</summary>
    public static ImmutableArray<string> RoutesAskedFor(ImmutableArray<GatewayView> gateways) =>
    [
        .. gateways.Where(static g => !g.Self).SelectMany(static g => g.AskedRoutes).Distinct(StringComparer.Ordinal)
            .Take(RouteOutcome.Most),
    ];

    // Names that this gateway's configuration does not know mean nothing here.
    private static IEnumerable<ClusterVote> KnownVotes(ImmutableArray<ClusterVote> votes, ImmutableArray<ClusterVote> mine)
    {
        foreach (var vote in votes)
        {
            if (mine.FirstOrDefault(m => string.Equals(m.Cluster, vote.Cluster, StringComparison.Ordinal)) is { } known)
            {
                yield return vote with
                {
                    Active = known.Tiers.Any(t => string.Equals(t.Tier, vote.Active, StringComparison.Ordinal)) ? vote.Active : null,
                    Tiers = [.. known.Tiers.Select(t => vote.Of(t.Tier))],
                };
            }
        }
    }
}
