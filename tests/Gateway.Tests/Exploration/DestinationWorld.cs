using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Health.Rules;

namespace Gateway.Tests.Exploration;

/// <summary>
/// One gateway with two destinations in its first tier and one in its second: they die and return, requests eject them, probes fail by
/// chance, operators drain them and hold tiers.
/// </summary>
internal sealed class DestinationWorld : IWorld<DestinationState>
{
    // Past ejections are forgotten after so many of `ejectFor`, which is a tick.
    private const int OldestGood = DestinationHealth.ForgetAfterEjectFors;
    private const int Destinations = 3;
    private static readonly string[] Names = ["p1", "p2", "s1"];

    private readonly LoneRules _rules;
    private readonly MachineWorld _machine;
    private readonly TierStandings _standings;
    private readonly int _longestEjection;
    private readonly List<(WorldAction Action, Func<DestinationState, Outcome<DestinationState>?> Take)> _actions = [];

    public DestinationWorld(LoneRules rules)
    {
        _rules = rules;
        _machine = new MachineWorld(rules);
        _standings = new TierStandings(rules.Config);
        _longestEjection = (int)(rules.Config.Passive.MaxEjectFor / rules.Tick);
        Add("time passes", isDisturbance: false, Pass);
        for (var i = 0; i < Destinations; i++)
        {
            AddDestination(i);
        }

        AddOrders();
        Actions = [.. _actions.Select(static entry => entry.Action)];
    }

    public string Name => _rules.Name;

    public IReadOnlyList<WorldAction> Actions { get; }

    public DestinationState Start() => new(
        _machine.Start(),
        [.. Names.Select(static _ => new ProbedDestination(default, IsAlive: true, IsDrained: false, 0, 0, -1))]);

    public Outcome<DestinationState>? Try(DestinationState state, int action) => _actions[action].Take(state);

    /// <summary>
    /// Each destination is held for what it is, unless it is drained and gets no request that could tell; the machine follows.
    /// </summary>
    public bool IsAsItShouldBe(DestinationState state) =>
        state.Destinations.All(static destination => destination.IsKnown || destination.IsDrained)
            && _machine.IsAsItShouldBe(state.Gateway);

    public int Write(DestinationState state, Span<byte> into)
    {
        var length = _machine.Write(state.Gateway, into);
        var writer = new PackedWriter(into[length..]);
        foreach (var destination in state.Destinations)
        {
            var (health, now) = (destination.Health, state.Gateway.Now);
            var isEjected = health.Traffic == TrafficOpinion.Ejected;
            writer.Add((int)health.Probes);
            writer.Add(health.Streak);
            writer.Add((int)health.Traffic);
            writer.AddAge(isEjected ? health.EjectedAt : null, now, _rules.Tick, 1);
            writer.AddRest(isEjected ? health.EjectedUntil : null, now, _rules.Tick, 100);
            writer.Add(Math.Min(health.Ejections, 2));
            writer.AddAge(
                health is { Traffic: TrafficOpinion.Good, Ejections: > 0 } ? health.GoodSince : null, now, _rules.Tick, OldestGood);
            writer.Add(destination.IsAlive);
            writer.Add(destination.IsDrained);
            writer.Add(Math.Min(destination.Passed, _rules.Config.Probe.Rise));
            writer.Add(Math.Min(destination.Failed, _rules.Config.Probe.Fall));
            writer.Add(destination.EjectedFor);
        }

        return length + writer.Length;
    }

    public DestinationState Read(ReadOnlySpan<byte> from)
    {
        var gateway = _machine.Read(from, out var length);
        var reader = new PackedReader(from[length..]);
        var destinations = new ProbedDestination[Destinations];
        for (var i = 0; i < Destinations; i++)
        {
            var health = new HealthState(
                (ProbeOpinion)reader.Next(),
                reader.Next(),
                (TrafficOpinion)reader.Next(),
                reader.NextAge(gateway.Now, _rules.Tick) ?? default,
                reader.NextRest(gateway.Now, _rules.Tick) ?? default,
                reader.Next(),
                reader.NextAge(gateway.Now, _rules.Tick) ?? default);
            destinations[i] =
                new ProbedDestination(health, reader.NextFlag(), reader.NextFlag(), reader.Next(), reader.Next(), reader.Next());
        }

        return new DestinationState(gateway, [.. destinations]);
    }

    public string Describe(DestinationState state) => string.Join(", ", state.Destinations.Select((destination, i) =>
        $"{Names[i]} {(destination.IsAlive ? "lives" : "is dead")}, {destination.Health.HealthStatus}"
            + (destination.IsDrained ? ", drained" : ""))) + "; " + _machine.Describe(state.Gateway);

    // A tick: ejections end, a half-open destination gets its request, and each is probed.
    private Outcome<DestinationState>? Pass(DestinationState state)
    {
        var (config, now) = (_rules.Config, state.Gateway.Now + _rules.Tick);
        state = state with { Gateway = state.Gateway with { Now = now, FirstRound = true } };
        var isExhausted = state.Gateway.Machine is { Settled: true, Active: -1 };
        string? broken = null;
        for (var i = 0; i < Destinations; i++)
        {
            var destination = state.Destinations[i];
            var health = DestinationHealth.OnTick(destination.Health, config.Passive, isExhausted, now);
            if (health is { HealthStatus: HealthStatus.HalfOpen } && !destination.IsDrained)
            {
                health = destination.IsAlive
                    ? DestinationHealth.PassHalfOpenProbe(health, now)
                    : DestinationHealth.Eject(health, config.Passive, isExhausted, now);
            }

            var isStill = destination.EjectedFor >= 0 && health.Traffic == TrafficOpinion.Ejected && health.EjectedAt != now;
            destination = destination with { Health = health, EjectedFor = isStill ? destination.EjectedFor + 1 : -1 };
            state = state with { Destinations = state.Destinations.SetItem(i, Count(destination)) };
            (state, var flaw) = Probe(state, i, destination.IsAlive);
            broken ??= flaw ?? (destination.EjectedFor >= _longestEjection ? $"ejection-ends: {Names[i]} is still ejected" : null);
        }

        return Take(state, broken, ticked: true);
    }

    private (DestinationState State, string? Broken) Probe(DestinationState state, int i, bool passed)
    {
        var (before, probe) = (state.Destinations[i], _rules.Config.Probe);
        var isExhausted = state.Gateway.Machine is { Settled: true, Active: -1 };
        var after = before.Probe(DestinationHealth.OnProbe(before.Health, passed, probe, isExhausted), passed);
        var (was, now) = (before.Health.Probes, after.Health.Probes);
        var broken = was == ProbeOpinion.Up && now == ProbeOpinion.Down && after.Failed < probe.Fall
                ? $"probes-in-a-row: {Names[i]} is down after {after.Failed}"
            : was == ProbeOpinion.Down && now == ProbeOpinion.Up && after.Passed < probe.Rise && !isExhausted
                ? $"probes-in-a-row: {Names[i]} is up after {after.Passed}"
            : now == ProbeOpinion.Up && after.Failed >= probe.Fall ? $"probes-in-a-row: {Names[i]} is up after {after.Failed} failures"
            : null;
        return (state with { Destinations = state.Destinations.SetItem(i, after) }, broken);
    }

    // The tiers as their destinations make them; then the machine's turn.
    private Outcome<DestinationState> Take(DestinationState state, string? broken, bool ticked = false, Order? order = null)
    {
        var all = state.Destinations;
        var gateway = state.Gateway with { Standings = [_standings.Of(all[0], all[1]), _standings.Of(all[2])] };
        var outcome = LoneStep.Take(_rules, gateway, ticked, order);
        return new Outcome<DestinationState>(state with { Gateway = outcome.State }, outcome.Announced, broken ?? outcome.Broken);
    }

    private static ProbedDestination Count(ProbedDestination destination) => destination with
    {
        EjectedFor = destination.Health.Traffic == TrafficOpinion.Ejected ? Math.Max(destination.EjectedFor, 0) : -1,
    };

    private void AddDestination(int i)
    {
        Outcome<DestinationState> With(DestinationState state, ProbedDestination destination) =>
            Take(state with { Destinations = state.Destinations.SetItem(i, Count(destination)) }, broken: null);
        Add($"{Names[i]} dies", isDisturbance: true, state =>
            state.Destinations[i] is { IsAlive: true } alive ? With(state, alive with { IsAlive = false }) : null);
        Add($"{Names[i]} returns", isDisturbance: true, state =>
            state.Destinations[i] is { IsAlive: false } dead ? With(state, dead with { IsAlive = true }) : null);
        Add($"requests eject {Names[i]}", isDisturbance: true, state =>
        {
            var destination = state.Destinations[i];
            var isExhausted = state.Gateway.Machine is { Settled: true, Active: -1 };
            return destination.Health is { Traffic: TrafficOpinion.Ejected } or { Probes: ProbeOpinion.Down }
                ? null
                : With(state, destination with
                {
                    Health = DestinationHealth.Eject(destination.Health, _rules.Config.Passive, isExhausted, state.Gateway.Now),
                });
        });
        Add($"a probe of {Names[i]} ends the wrong way", isDisturbance: true, state =>
        {
            var (after, broken) = Probe(state, i, !state.Destinations[i].IsAlive);
            return Take(after, broken);
        });
        Add($"an operator drains {Names[i]}", isDisturbance: true, state =>
            state.Destinations[i] is { IsDrained: false } there ? With(state, there with { IsDrained = true }) : null);
        Add($"an operator calls {Names[i]} ready", isDisturbance: true, state => With(state, state.Destinations[i] with
        {
            IsDrained = false,
            Health = DestinationHealth.OfferHalfOpenProbe(state.Destinations[i].Health),
        }));
    }

    private void AddOrders()
    {
        for (var tier = 0; tier < 2; tier++)
        {
            var of = tier;
            Add($"an operator holds {_rules.Names[of]} for {_rules.HoldTicks} ticks", isDisturbance: true, state => Take(
                state, broken: null, order: new Order(new Hold(of, state.Gateway.Now + (_rules.HoldTicks * _rules.Tick), ""))));
        }

        Add("an operator releases", isDisturbance: true, state => Take(state, broken: null, order: new Order(Hold: null)));
        Add("a restart", isDisturbance: true, state => Take(
            Start() with
            {
                Destinations = [.. state.Destinations.Select(static destination =>
                    new ProbedDestination(default, destination.IsAlive, destination.IsDrained, 0, 0, -1))],
            },
            broken: null));
    }

    private void Add(string words, bool isDisturbance, Func<DestinationState, Outcome<DestinationState>?> take) =>
        _actions.Add((new WorldAction(words, isDisturbance), take));
}
