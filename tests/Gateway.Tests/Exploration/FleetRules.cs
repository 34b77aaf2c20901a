using Gateway.Configuration.Model;

namespace Gateway.Tests.Exploration;

/// <summary>What is given in a world of several gateways.</summary>
/// <param name="Gateways">How many.</param>
internal sealed record FleetRules(int Gateways)
{
    /// <summary>The world's clock: an exchange a gateway in each. Guidance counts for one and a half, signs of life for three.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>How long an age is distinguished: an agreement is fresh for five.</summary>
    public const int OldestChange = 6;

    /// <summary>How long operators hold a tier, in ticks.</summary>
    public const int HoldTicks = 3;

    /// <summary>The cluster.</summary>
    public ClusterConfig Config { get; } = new()
    {
        Name = "guide",
        Tiers = [new TierConfig { Name = "primary", Destinations = [] }, new TierConfig { Name = "standby", Destinations = [] }],
        Failback = new FailbackConfig { After = 2 * Tick, Ramp = 3 * Tick },
    };

    /// <summary>The canonical form of a machine's state; two relapses wait as long as one.</summary>
    public MachineScale Scale => _scale ??= new MachineScale(Config, Tick, mostRelapses: 1);

    private MachineScale? _scale;

    /// <summary>
    /// When a fleet is at rest at the latest, in ticks, once nothing disturbs it any more: a hold ends, a better tier waits its longest
    /// wait, its ramp is over, and all have heard of it.
    /// </summary>
    public int RestAfter => HoldTicks + Scale.LongestWait + Scale.Ramp + 1;

    /// <summary>A gateway's clock: each began at another time.</summary>
    public static TimeSpan ClockOf(int gateway, TimeSpan now) => now + TimeSpan.FromDays(3 * gateway);
}
