using System.Collections.Immutable;
using Gateway.Consensus;
using Gateway.Failover;
using Gateway.Fleet;

namespace Gateway.Tests.Exploration;

/// <summary>
/// The exchange of a gateway with Redis in its three parts, so that each can be lost or late: what is said, what Redis makes of it in one
/// script, what the gateway makes of the response.
/// </summary>
internal static class FleetExchange
{
    /// <summary>What a gateway says.</summary>
    public static FleetRequest Request(FleetRules rules, FleetState state, int gateway)
    {
        var member = state.Members[gateway];
        var vote = member.Machine.Settled
            ? VoteRule.Of(rules.Config, member.Machine, member.DownSince, aborted: null, FleetRules.ClockOf(gateway, state.Now))
            : null;
        return new FleetRequest(gateway, vote, member.Highest, member.Write);
    }

    /// <summary>What Redis makes of it, as FleetScript does; and what is broken by it.</summary>
    public static (FleetState State, string? Broken) Execute(FleetState state, FleetRequest request)
    {
        var store = state.Store with
        {
            Lives =
            [
                .. state.Store.Lives.Select(life => life?.EndsAt > state.Now ? life : null),
            ],
        };
        store = store with
        {
            Lives = store.Lives.SetItem(request.From, new FleetLife(request.Vote, request.Highest, state.Now + FleetLoop.LivesFor)),
        };
        string? broken = null;
        if (request.Write is { } write && store.Change == write.Expected)
        {
            broken = store.Change is { } before && write.Value.Epoch <= before.Epoch
                ? $"epochs-grow: agreement {before.Epoch} became {write.Value.Epoch}"
                : null;
            store = store with { Change = write.Value, EndsAt = state.Now + write.KeepFor };
        }

        return (state with { Store = store }, broken);
    }

    /// <summary>What the gateway makes of the response.</summary>
    /// <param name="rules">What is given.</param>
    /// <param name="state">The world.</param>
    /// <param name="request">What it had said.</param>
    /// <param name="isProposed">Something is to be written that others wait for: the next exchange follows at once.</param>
    public static Outcome<FleetState> Receive(FleetRules rules, FleetState state, FleetRequest request, out bool isProposed)
    {
        var (gateway, store) = (request.From, state.Store);
        var now = FleetRules.ClockOf(gateway, state.Now);
        var member = state.Members[gateway] with { Write = null };
        var epoch = new FleetEpoch();
        epoch.See(member.Highest);
        isProposed = false;

        // 1. Who lives.
        var gateways = ImmutableArray.CreateBuilder<GatewayView>();
        for (var id = 0; id < store.Lives.Length; id++)
        {
            if (id == gateway)
            {
                gateways.Add(ViewOf(id, isSelf: true, request.Vote));
            }
            else if (store.Lives[id] is { } life)
            {
                epoch.See(life.Highest);
                gateways.Add(ViewOf(id, isSelf: false, life.Vote));
            }
        }

        // 2. What was agreed.
        epoch.See(store.Change?.Epoch ?? 0);
        var (known, restoreFor) = KnownChange.Take(member.Known, store.Change, store.EndsAt - state.Now, now);
        var grew = member.Known is null || known is null || known.Change.Epoch >= member.Known.Change.Epoch;
        member = member with
        {
            Known = known,
            Write = restoreFor is { } left ? new FleetWrite(store.Change, known!.Change, left) : null,
        };

        // 3. What is to be done.
        string? broken = !grew ? "epochs-grow: an older agreement took the place of one that is known"
            : store.Change is { } stored && known?.Change.Epoch == stored.Epoch && known.Change != stored
                ? $"epochs-grow: agreement {stored.Epoch} is another one here than in Redis"
            : null;
        FleetGuidance? guidance = null;
        if (request.Vote is { } mine)
        {
            ClusterVote[] others = [.. FleetMembers.VotersOf(gateways.ToImmutable()).SelectMany(static g => g.Clusters)];
            var age = known is null ? TimeSpan.Zero : now - known.Since;
            var decision = QuorumRule.Decide(new FleetCase(mine, others, known?.Change, age));
            guidance = decision.Guidance;
            broken ??= guidance is null ? null : FleetInvariants.OfGuidance(guidance, mine, others);
            if (decision.Kind is { } kind)
            {
                var proposed = new AgreedChange(epoch.Next(), mine.Cluster, kind, decision.From, decision.To);
                broken ??= FleetInvariants.OfProposal(rules, member, proposed, others);
                member = member with { Write = new FleetWrite(store.Change, proposed, KnownChange.Keep) };
                isProposed = true;
            }
        }

        member = member with { Guidance = guidance, GuidedAt = now, Highest = epoch.Highest };
        var turn = FleetTurn.Take(rules, member, now);
        return new Outcome<FleetState>(
            state with { Members = state.Members.SetItem(gateway, turn.State) },
            turn.Announced,
            broken ?? turn.Broken);
    }

    private static GatewayView ViewOf(int id, bool isSelf, ClusterVote? vote) =>
        new(id.ToString(), $"gateway {id}", isSelf, "1", "1", vote is null ? [] : [vote]);
}
