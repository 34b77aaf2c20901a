using System.Collections.Immutable;
using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Failover;

namespace Gateway.Tests.Notifications.Runbooks;

/// <summary>
/// A week of a small world on virtual time, drawn from a seed: gateways that share a Redis or one alone, two clusters, faults that a
/// restart heals or not, a database that all share, holds, drains, a freeze, gateways that are cut off or see what is not.
/// </summary>
internal sealed class SimulatedWeek
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);
    // Probes never rest: the last one is always of just now.
    private static readonly DateTimeOffset Sunday = new(2026, 3, 9, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    private readonly Random _random;
    private readonly List<(TimeSpan At, Action Do)> _events = [];
    private readonly Dictionary<int, ClusterView[]> _views = [];

    public SimulatedWeek(int seed)
    {
        _random = new Random(seed);
        var primaries = _random.Next(1, 4);
        Destinations =
        [
            .. Enumerable.Range(0, primaries).Select(static i => new SimulatedDestination("guide", "primary", Named("a", i))),
            .. Enumerable.Range(0, _random.Next(0, 3)).Select(static i => new SimulatedDestination("guide", "standby", Named("b", i))),
            .. Enumerable.Range(0, _random.Next(1, 4)).Select(static i => new SimulatedDestination("search", "only", Named("c", i))),
        ];
        Runbook = new RunbookConfig
        {
            Name = "restart",
            Do =
            [
                new DrainStep(),
                new ExecStep { Command = ["/bin/restart"] },
                new WaitStep { For = RunbookAwaited.Up },
                new ReadyStep(),
            ],
            Limits = new RunbookLimits { PerHour = _random.Next(1, 4) },
            Mode = seed % 10 == 0 ? RunbookMode.Observe : RunbookMode.Act,
            Freeze = [new FreezeDays(new DateOnly(2026, 3, 5), new DateOnly(2026, 3, 5))],
        };
        Redis = new SimulatedRedis(this);
        var count = _random.Next(1, 4);
        Gateways = [.. Enumerable.Range(0, count).Select(index => new SimulatedGateway(this, index))];
        HasRedis = count > 1 || _random.Next(2) == 0;
        Plan(primaries);
    }

    public RunbookConfig Runbook { get; }

    public ImmutableArray<SimulatedDestination> Destinations { get; }

    public SimulatedGateway[] Gateways { get; }

    public SimulatedRedis Redis { get; }

    /// <summary>The gateways share a Redis.</summary>
    public bool HasRedis { get; }

    public Dictionary<string, bool> Held { get; } = new(StringComparer.Ordinal) { ["guide"] = false, ["search"] = false };

    public TimeSpan Now { get; private set; }

    public DateTimeOffset Utc => Monday + Now;

    /// <summary>A true or false with even odds, for what gateways do.</summary>
    public Random Random => _random;

    /// <summary>Everything of the week.</summary>
    public void Run()
    {
        var next = 0;
        var events = _events.OrderBy(static one => one.At).ToArray();
        while (Now < TimeSpan.FromDays(7))
        {
            while (next < events.Length && events[next].At <= Now)
            {
                events[next++].Do();
            }

            Age();
            foreach (var gateway in Gateways)
            {
                gateway.Turn();
            }

            // Where nothing is wrong and nothing runs, nothing can come of a turn.
            var isQuiet = Destinations.All(static d => !d.IsDown && d.DrainedBy is null)
                && Gateways.All(static gateway => gateway.IsQuiet);
            var until = next < events.Length ? events[next].At : TimeSpan.FromDays(7);
            Now = isQuiet && until > Now + Step ? until : Now + Step;
        }
    }

    /// <summary>The clusters as a gateway sees them.</summary>
    public ClusterView[] ViewsFor(int gateway)
    {
        var look = Held["guide"] ? 1 : 0;
        foreach (var destination in Destinations)
        {
            look = (look * 8)
                + (IsSeenDown(destination, gateway) ? 1 : 0)
                + (destination.IsDrainedByOperator ? 2 : 0)
                + (destination.DrainedBy is not null ? 4 : 0);
        }

        return _views.TryGetValue(look, out var known) ? known : _views[look] = Look(gateway);
    }

    private ClusterView[] Look(int gateway) =>
    [
        .. Destinations.GroupBy(static d => d.Cluster, StringComparer.Ordinal).Select(cluster => new ClusterView(
            cluster.Key,
            "primary",
            default,
            RampFrom: null,
            1,
            Held[cluster.Key] ? new HoldView("primary", Utc, "", Yielded: false) : null,
            default,
            [],
            LastTransition: null,
            [
                .. cluster.GroupBy(static d => d.Tier, StringComparer.Ordinal).Select(tier => new TierView(
                    tier.Key,
                    TierHealth.Healthy,
                    1,
                    1,
                    1,
                    HealthySince: null,
                    0,
                    Capacity: null,
                    [.. tier.Select(d => d.ViewOf(IsSeenDown(d, gateway), Sunday))])),
            ])),
    ];

    /// <summary>Whether a gateway sees a destination down.</summary>
    public static bool IsSeenDown(SimulatedDestination destination, int gateway) =>
        destination.IsSharedAway || destination.RestartsUntil is not null || destination.Own?.SeenBy.Contains(gateway) == true;

    private static string Named(string letter, int index) => letter + index.ToString(CultureInfo.InvariantCulture);

    private void Age()
    {
        foreach (var destination in Destinations)
        {
            var wasDown = destination.IsDown;
            if (destination.RestartsUntil <= Now)
            {
                destination.RestartsUntil = null;
                destination.Own = destination.Own is { HealsByRestart: true } ? null : destination.Own;
            }

            if (destination.Own?.Until <= Now)
            {
                destination.Own = null;
            }

            if (wasDown && !destination.IsDown)
            {
                destination.Episode++;
            }
        }
    }

    private void Plan(int primaries)
    {
        for (var count = _random.Next(2, 5); count > 0; count--)
        {
            var destination = Destinations[_random.Next(Destinations.Length)];
            var seen = Gateways.Select(static gateway => gateway.Index).Where(_ => _random.Next(4) > 0).ToArray();
            At(at => destination.Own ??= new SimulatedFault(at + Minutes(1, 5), _random.Next(3) > 0, seen));
        }

        // The same destination again and again: a leak, or a restart that does not help for long.
        var begin = Any();
        for (var again = 0; again < 4; again++)
        {
            var destination = Destinations[0];
            var seen = Gateways.Select(static gateway => gateway.Index).ToArray();
            _events.Add((begin + TimeSpan.FromMinutes(again * 4), () =>
                destination.Own ??= new SimulatedFault(Now + TimeSpan.FromMinutes(3), HealsByRestart: true, seen)));
        }

        Span(value =>
        {
            foreach (var destination in Destinations.Where(d => d.Cluster == "guide"))
            {
                destination.IsSharedAway = value;
                destination.Episode += value ? 0 : 1;
            }
        });
        Span(value => Held["guide"] = value);
        Span(value => Destinations[^1].IsDrainedByOperator = value);
        Span(value => Gateways[0].IsCutOff = value);
        Span(value => Gateways[^1].IsCutOff = value);
        At(_ => Redis.Flush());
        During(() => Gateways[0].Restart(), TimeSpan.Zero);
        During(() => Held["guide"] = !Held["guide"], TimeSpan.FromMinutes(3));
        During(() => Destinations[0].Own = Destinations[0].Own is { } own ? own with { Until = Now } : null, TimeSpan.Zero);
        During(() => Destinations[^1].Own ??= FaultSeenByAll(Minutes(1, 3)), TimeSpan.Zero);
        During(() => Destinations[primaries].Own ??= FaultSeenByAll(Minutes(1, 3)), TimeSpan.Zero);
    }

    private TimeSpan Any() => TimeSpan.FromSeconds(_random.Next(600_000));

    private TimeSpan Minutes(int from, int to) => TimeSpan.FromSeconds(_random.Next(from * 60, to * 60));

    private void At(Action<TimeSpan> act)
    {
        var at = Any();
        _events.Add((at, () => act(at)));
    }

    private void Span(Action<bool> set)
    {
        var at = Any();
        _events.Add((at, () => set(true)));
        _events.Add((at + Minutes(2, 6), () => set(false)));

        // And a fault of its own with it, so that the guards are needed.
        var destination = Destinations[_random.Next(Destinations.Length)];
        _events.Add((at + TimeSpan.FromSeconds(_random.Next(90)), () => destination.Own ??= FaultSeenByAll(Minutes(2, 5))));
    }

    // Something happens when a run is about to begin, or has just begun; and once more later, unless that is never.
    private void During(Action act, TimeSpan later)
    {
        var at = Any();
        _events.Add((at, () => Destinations[0].Own ??= FaultSeenByAll(Minutes(2, 5))));
        var then = at + TimeSpan.FromSeconds(_random.Next(28, 50));
        _events.Add((then, act));
        if (later > TimeSpan.Zero)
        {
            _events.Add((then + later, act));
        }
    }

    private SimulatedFault FaultSeenByAll(TimeSpan length) => new(
        Now + length, _random.Next(3) > 0, [.. Gateways.Select(static gateway => gateway.Index)]);
}
