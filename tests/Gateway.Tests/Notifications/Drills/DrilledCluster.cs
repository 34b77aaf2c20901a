using System.Collections.Immutable;
using Gateway.Failover;
using Gateway.Health.Model;

namespace Gateway.Tests.Notifications.Drills;

/// <summary>A cluster of two tiers with two destinations each, as the drills' rules see it.</summary>
internal sealed record DrilledCluster
{
    public static readonly DateTimeOffset Begin = new(2026, 12, 1, 10, 0, 0, TimeSpan.Zero);

    public string? Active { get; init; } = "primary";

    public string? RampFrom { get; init; }

    public string? HeldBy { get; init; }

    public string Down { get; init; } = "";

    public string Draining { get; init; } = "";

    public string DrainedBy { get; init; } = "drill one-away";

    public int? Capacity { get; init; }

    public int InFlight { get; init; }

    public int Needed { get; init; } = 1;

    public DateTimeOffset HealthySince { get; init; } = Begin;

    public bool Settled { get; init; } = true;

    public int Tiers { get; init; } = 2;

    public ClusterView View => new(
        "guide", Active, Begin, RampFrom, 1,
        HeldBy is null ? null : new HoldView("standby", Begin.AddHours(1), "drill", Yielded: false, HeldBy),
        TimeSpan.FromSeconds(30), [], null, [.. new[] { Tier("primary", "p"), Tier("standby", "s") }.Take(Tiers)])
    {
        Settled = Settled,
        Ramp = TimeSpan.FromSeconds(5),
    };

    private TierView Tier(string name, string letter)
    {
        ImmutableArray<DestinationView> all = [Destination(letter + "1"), Destination(letter + "2")];
        return new TierView(
            name,
            TierHealth.Healthy,
            string.Equals(name, Active, StringComparison.Ordinal) ? 1 : 0,
            all.Count(static d => !d.Lost && !d.Draining),
            Needed,
            HealthySince,
            InFlight,
            Capacity,
            all);
    }

    private DestinationView Destination(string name) => new(
        name, new Uri("http://127.0.0.1:1"), 1, Down.Contains(name, StringComparison.Ordinal) ? HealthStatus.Down : HealthStatus.Up,
        Begin, "", Draining.Contains(name, StringComparison.Ordinal), false, 0, [], null, 0, 0, null, null, null, null, default)
    {
        Drain = Draining.Contains(name, StringComparison.Ordinal) ? new DrainView(Begin, "drill", DrainedBy) : null,
    };
}
