using System.Collections.Immutable;
using Gateway.Failover;

namespace Gateway.Tests.Exploration;

/// <summary>
/// Several gateways that exchange through Redis, in any order: what each sees of each tier changes, exchanges are lost or late or
/// overtaken, gateways stand still or crash, Redis is emptied, operators hold and release.
/// </summary>
internal sealed class FleetWorld : IWorld<FleetState>
{
    private static readonly TierHealth[] Standings = [TierHealth.Unavailable, TierHealth.Degraded, TierHealth.Healthy];

    private readonly FleetRules _rules;
    private readonly FleetCodec _codec;
    private readonly List<(WorldAction Action, Func<FleetSteps, FleetSteps?> Take)> _actions = [];

    public FleetWorld(FleetRules rules)
    {
        _rules = rules;
        _codec = new FleetCodec(rules);
        Name = $"{rules.Gateways} gateways";
        foreach (var order in Orders([.. Enumerable.Range(0, rules.Gateways)]))
        {
            Add($"time passes, exchanges of {string.Join(", ", order)}", isDisturbance: false, steps => steps.Pass(order));
        }

        AddSights();
        AddExchanges();
        AddOrders();
        Actions = [.. _actions.Select(static entry => entry.Action)];
    }

    public string Name { get; }

    public IReadOnlyList<WorldAction> Actions { get; }

    public FleetState Start()
    {
        var members = Enumerable.Range(0, _rules.Gateways).Select(i => Fresh(i, [TierHealth.Healthy, TierHealth.Healthy]));
        return new FleetState(
            LoneGateway.Origin,
            [.. members],
            new FleetStore(null, TimeSpan.Zero, [.. new FleetLife?[_rules.Gateways * 2]]),
            Late: null);
    }

    public Outcome<FleetState>? Try(FleetState state, int action) =>
        _actions[action].Take(new FleetSteps(_rules, state)) is { } steps
            ? new Outcome<FleetState>(steps.State, steps.Announced, steps.Broken)
            : null;

    /// <summary>
    /// Each serves by what it sees, in no ramp and with no hold; those that see the same are all in the first tier that they see healthy.
    /// All know the agreement that stands in Redis, and none other.
    /// </summary>
    public bool IsAsItShouldBe(FleetState state)
    {
        var first = state.Members[0];
        var areAlike = true;
        foreach (var member in state.Members)
        {
            var (machine, sees) = (member.Machine, member.Sights);
            if (member.Known?.Change != state.Store.Change)
            {
                return false;
            }

            areAlike &= sees[0] == first.Sights[0] && sees[1] == first.Sights[1];
            var canServe = sees[0] > TierHealth.Unavailable || sees[1] > TierHealth.Unavailable;
            if (!machine.Settled || machine.Held is not null || machine.RampFrom >= 0
                || canServe != (machine.Active >= 0)
                || (canServe && sees[machine.Active] == TierHealth.Unavailable))
            {
                return false;
            }
        }

        var best = first.Sights.IndexOf(TierHealth.Healthy);
        return !areAlike || best < 0 || state.Members.All(member => member.Machine.Active == best);
    }

    public int Write(FleetState state, Span<byte> into) => _codec.Write(state, into);

    public FleetState Read(ReadOnlySpan<byte> from) => _codec.Read(from);

    public string Describe(FleetState state)
    {
        static string NameOf(int tier) => tier switch { 0 => "primary", 1 => "standby", _ => "none" };
        var members = state.Members.Select((member, i) =>
            $"{i} sees {member.Sights[0]}/{member.Sights[1]}, active {NameOf(member.Machine.Active)}"
                + (member.Machine.RampFrom >= 0 ? " in a ramp" : "")
                + (member.Machine.Held is { } held ? $" holds {NameOf(held.Tier)}" : "")
                + $" epoch {member.Machine.Epoch}"
                + (member.Write is { } write ? $" writes {write.Value.Kind} {write.Value.Epoch}" : ""));
        return string.Join("; ", members)
            + (state.Store.Change is { } change ? $"; Redis: {change.Kind} {change.Epoch}" : "; Redis: no agreement")
            + (state.Late is { } late ? $"; a request of {late.From} is late" : "");
    }

    private static FleetMember Fresh(int gateway, ImmutableArray<TierHealth> sights) => new()
    {
        Machine = new ClusterState { ActiveSince = FleetRules.ClockOf(gateway, LoneGateway.Origin) },
        Sights = sights,
    };

    private static IEnumerable<int[]> Orders(int[] gateways) => gateways.Length <= 1
        ? [gateways]
        : gateways.SelectMany(first => Orders([.. gateways.Where(other => other != first)]).Select(rest => (int[])[first, .. rest]));

    private void AddSights()
    {
        for (var tier = 0; tier < 2; tier++)
        {
            foreach (var standing in Standings)
            {
                var of = tier;
                var name = tier == 0 ? "primary" : "standby";
                int[] all = [.. Enumerable.Range(0, _rules.Gateways)];
                Add($"all see {name} {standing}", isDisturbance: true, steps => steps.See(all, of, standing));
                foreach (var i in all)
                {
                    Add($"{i} sees {name} {standing}", isDisturbance: true, steps => steps.See([i], of, standing));
                }
            }
        }
    }

    private void AddExchanges()
    {
        int[] all = [.. Enumerable.Range(0, _rules.Gateways)];
        foreach (var i in all)
        {
            int[] others = [.. all.Where(other => other != i)];
            Add($"time passes, the request of {i} is lost", isDisturbance: true, steps => steps.Pass(others));
            Add($"time passes, the response to {i} is lost", isDisturbance: true, steps => steps.Pass(others, unheard: i));
            Add($"time passes, the request of {i} is late", isDisturbance: true, steps => steps.Pass(others, late: i));
            Add($"time passes, {i} stands still", isDisturbance: true, steps => steps.Pass(others, still: i));
            Add($"{i} exchanges at once", isDisturbance: true, steps => steps.Exchange(i));
            Add($"{i} crashes and starts again", isDisturbance: true, steps =>
                steps.Restart(i, Fresh(i, steps.State.Members[i].Sights), crashed: true));
            Add($"{i} stops and starts again", isDisturbance: true, steps =>
                steps.Restart(i, Fresh(i, steps.State.Members[i].Sights), crashed: false));
        }

        Add("time passes, Redis does not respond", isDisturbance: true, steps => steps.Pass([]));
        Add("the late request arrives", isDisturbance: true, static steps => steps.Arrive());
        Add("Redis is emptied", isDisturbance: true, static steps => steps.Empty());
    }

    private void AddOrders()
    {
        int[] all = [.. Enumerable.Range(0, _rules.Gateways)];
        for (var tier = 0; tier < 2; tier++)
        {
            var of = tier;
            var name = tier == 0 ? "primary" : "standby";
            Add($"an operator holds {name} everywhere", isDisturbance: true, steps => steps.Order(all, of));
            foreach (var i in all)
            {
                Add($"an operator holds {name} at {i}", isDisturbance: true, steps => steps.Order([i], of));
            }
        }

        Add("an operator releases everywhere", isDisturbance: true, steps => steps.Order(all, tier: -1));
    }

    private void Add(string words, bool isDisturbance, Func<FleetSteps, FleetSteps?> take) =>
        _actions.Add((new WorldAction(words, isDisturbance), take));
}
