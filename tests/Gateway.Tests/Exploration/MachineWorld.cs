using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Failover.Resuming;

namespace Gateway.Tests.Exploration;

/// <summary>
/// The machine of one gateway in any surroundings: each tier becomes anything at any moment, operators hold and release, a comparison finds
/// what it likes, the configuration changes, the gateway is restarted.
/// </summary>
internal sealed class MachineWorld : IWorld<LoneGateway>
{
    private readonly LoneRules _rules;
    private readonly List<(WorldAction Action, Func<LoneGateway, Outcome<LoneGateway>?> Take)> _actions = [];

    public MachineWorld(LoneRules rules)
    {
        _rules = rules;
        Add("time passes", isDisturbance: false, g => LoneStep.Take(
            rules, g with { Now = g.Now + rules.Tick, FirstRound = true }, ticked: true));
        for (var name = 0; name < rules.Names.Length; name++)
        {
            foreach (var standing in Enum.GetValues<TierHealth>())
            {
                var of = name;
                Add($"{rules.Names[of]} becomes {standing}", isDisturbance: true, g =>
                    g.PlaceOf(rules, of) < 0 || g.Standings[of] == standing
                        ? null
                        : LoneStep.Take(rules, g with { Standings = g.Standings.SetItem(of, standing) }));
            }
        }

        AddOrders();
        AddRest();
        Actions = [.. _actions.Select(static entry => entry.Action)];
    }

    public string Name => _rules.Name;

    public IReadOnlyList<WorldAction> Actions { get; }

    public LoneGateway Start() => new()
    {
        Machine = new ClusterState { ActiveSince = LoneGateway.Origin },
        Standings = [.. _rules.Names.Select(static _ => TierHealth.Unverified)],
        Witness = new LoneWitness { HealthyFor = [.. _rules.Names.Select(static _ => -1)] },
    };

    public Outcome<LoneGateway>? Try(LoneGateway state, int action) => _actions[action].Take(state);

    /// <summary>The first tier that is good enough serves, alone, unless an operator holds another or decides himself.</summary>
    public bool IsAsItShouldBe(LoneGateway state)
    {
        var active = state.ActiveStanding(_rules);
        var isBetter = false;
        for (var place = 0; place < state.Machine.Active; place++)
        {
            isBetter |= state.Standings[_rules.Layouts[state.Layout][place]] == TierHealth.Healthy;
        }

        return state.Machine is { Settled: true, RampFrom: < 0, Held: null }
            && (!isBetter || !_rules.Config.Failback.Auto)
            && (active >= TierHealth.Unverified || _rules.Layouts[state.Layout].All(name => state.Standings[name] <= active));
    }

    public int Write(LoneGateway state, Span<byte> into)
    {
        var writer = new PackedWriter(into);
        writer.Add(state.Layout);
        writer.Add(state.FirstRound);
        writer.Add(state.InDoubt);
        foreach (var standing in state.Standings)
        {
            writer.Add((int)standing);
        }

        _rules.Scale.Write(ref writer, state.Machine, _rules.Layouts[state.Layout].Length, state.Now);
        state.Witness.Write(ref writer);
        return writer.Length;
    }

    public LoneGateway Read(ReadOnlySpan<byte> from) => Read(from, out _);

    /// <summary>Reads a state, and says how much of it that was.</summary>
    public LoneGateway Read(ReadOnlySpan<byte> from, out int length)
    {
        var reader = new PackedReader(from);
        var (layout, firstRound, inDoubt) = (reader.Next(), reader.NextFlag(), reader.NextFlag());
        var standings = new TierHealth[_rules.Names.Length];
        for (var name = 0; name < standings.Length; name++)
        {
            standings[name] = (TierHealth)reader.Next();
        }

        var gateway = new LoneGateway
        {
            Layout = layout,
            FirstRound = firstRound,
            InDoubt = inDoubt,
            Standings = [.. standings],
            Machine = _rules.Scale.Read(ref reader, _rules.Layouts[layout].Length, LoneGateway.Origin),
            Witness = LoneWitness.Read(ref reader, standings.Length),
        };
        length = reader.Length;
        return gateway;
    }

    public string Describe(LoneGateway state)
    {
        string NameOf(int tier) => tier >= 0 ? _rules.Names[_rules.Layouts[state.Layout][tier]] : tier == -1 ? "none" : "gone";
        var tiers = _rules.Layouts[state.Layout].Select(name => $"{_rules.Names[name]} {state.Standings[name]}");
        return $"{string.Join(", ", tiers)}; active {NameOf(state.Machine.Active)}"
            + (state.Machine.RampFrom >= 0 ? $", ramp from {NameOf(state.Machine.RampFrom)} at {state.Machine.RampShare:0.00}" : "")
            + (state.Machine.Held is { } held ? $", {NameOf(held.Tier)} held" : "")
            + (state.Machine.Relapses > 0 ? $", {state.Machine.Relapses} relapses" : "")
            + (state.Machine.Settled ? "" : ", first round of probes");
    }

    private void AddOrders()
    {
        for (var name = 0; name < _rules.Names.Length && _rules.HoldTicks > 0; name++)
        {
            var of = name;
            Add($"an operator holds {_rules.Names[of]} for {_rules.HoldTicks} ticks", isDisturbance: true, g =>
                g.PlaceOf(_rules, of) is >= 0 and var place
                    ? LoneStep.Take(_rules, g, order: new Order(new Hold(place, g.Now + (_rules.HoldTicks * _rules.Tick), "")))
                    : null);
        }

        Add("an operator releases", isDisturbance: true, g => LoneStep.Take(_rules, g, order: new Order(Hold: null)));
    }

    private void AddRest()
    {
        if (_rules.Compares)
        {
            Add("the tier in its ramp looks worse", isDisturbance: true, g =>
                g is { Machine.RampFrom: >= 0, InDoubt: false } ? LoneStep.Take(_rules, g with { InDoubt = true }) : null);
            Add("the tier in its ramp looks no worse", isDisturbance: true, g =>
                g.InDoubt ? LoneStep.Take(_rules, g with { InDoubt = false }) : null);
            Add("the tier in its ramp is worse", isDisturbance: true, g =>
                g.Machine.RampFrom >= 0 ? LoneStep.Take(_rules, g, isWorse: true) : null);
        }

        Add("the first round of probes is over", isDisturbance: true, g =>
            g.FirstRound ? null : LoneStep.Take(_rules, g with { FirstRound = true }));
        for (var layout = 0; layout < _rules.Layouts.Length && _rules.Layouts.Length > 1; layout++)
        {
            var to = layout;
            Add($"a reload: {string.Join(", ", _rules.Layouts[to].Select(name => _rules.Names[name]))}", isDisturbance: true, g =>
                g.Layout == to ? null : Reload(g, to));
        }

        // Destinations are not probed yet: a tier is worth a try.
        Add("a restart", isDisturbance: true, g => LoneStep.Take(
            _rules, Start() with { Layout = g.Layout, Witness = Start().Witness }));

        // Its probes find what there was before: nothing changes but that patience begins anew.
        Add("a restart that takes up what was", isDisturbance: true, g =>
            g is { FirstRound: true, Machine: { Settled: true, Active: >= 0 } } ? LoneStep.Take(_rules, g with
            {
                Machine = Resumed(g),
                InDoubt = false,
                Witness = g.Witness with { UnableFor = -1 },
            }) : null);
    }

    private ClusterState Resumed(LoneGateway gateway)
    {
        var tiers = _rules.Layouts[gateway.Layout].Select(name => new TierConfig { Name = _rules.Names[name], Destinations = [] });
        var config = _rules.Config with { Tiers = [.. tiers] };
        var saved = ClusterResuming.SavedOf(gateway.Machine, config, gateway.Now);

        // An order in force is given again; here it is as if it had been all the time.
        return ClusterResuming.StateOf(saved, config.Tiers, TimeSpan.Zero, gateway.Now) with { Held = gateway.Machine.Held };
    }

    private Outcome<LoneGateway>? Reload(LoneGateway gateway, int to)
    {
        string[] NamesOf(int layout) => [.. _rules.Layouts[layout].Select(name => _rules.Names[name])];
        var isHeld = gateway.Witness.Held >= 0 && _rules.Layouts[to].Contains(gateway.Witness.Held);
        return LoneStep.Take(_rules, gateway with
        {
            Layout = to,
            Machine = gateway.Machine.Remap(NamesOf(gateway.Layout), NamesOf(to)),
            Standings = [.. gateway.Standings.Select((standing, name) =>
                _rules.Layouts[to].Contains(name) ? gateway.PlaceOf(_rules, name) >= 0 ? standing : TierHealth.Unverified : standing)],
            Witness = gateway.Witness with
            {
                Held = isHeld ? gateway.Witness.Held : -1,
                HeldFor = isHeld ? gateway.Witness.HeldFor : -1,
            },
        });
    }

    private void Add(string words, bool isDisturbance, Func<LoneGateway, Outcome<LoneGateway>?> take) =>
        _actions.Add((new WorldAction(words, isDisturbance), take));
}
