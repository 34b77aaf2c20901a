using Gateway.Configuration.Model;

namespace Gateway.Tests.Exploration;

/// <summary>
/// The rules that are explored. Their times are multiples of the world's tick, and few: what the machine compares is all that it can
/// distinguish, so that longer times add states and no behaviour.
/// </summary>
internal static class ExploredRules
{
    // Ten minutes, the longest wait and what relapses are forgotten after, are four of these.
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(150);

    /// <summary>Automatic failback, at once down.</summary>
    public static LoneRules Automatic { get; } = new("one gateway, automatic failback", Config(auto: true, patience: 0, ramp: 2), Tick);

    /// <summary>An operator decides on a failback.</summary>
    public static LoneRules Manual { get; } = new("one gateway, manual failback", Config(auto: false, patience: 0, ramp: 2), Tick);

    /// <summary>A tier is left after a while, and returns without a ramp.</summary>
    public static LoneRules Patient { get; } = new("one gateway, switchAfter, no ramp", Config(auto: true, patience: 2, ramp: 0), Tick);

    /// <summary>The configuration loses a tier, gets it back, and changes their order.</summary>
    public static LoneRules Reloaded { get; } =
        new("one gateway, reloads", Config(auto: true, patience: 1, ramp: 2), Tick) { Layouts = [[0, 1], [1], [1, 0]], Compares = false };

    /// <summary>Three tiers.</summary>
    public static LoneRules Three { get; } =
        new("one gateway, three tiers", Config(auto: true, patience: 0, ramp: 2), Tick)
        {
            Names = ["primary", "standby", "last"],
            Layouts = [[0, 1, 2]],
        };

    /// <summary>Two destinations and one, of which one is enough.</summary>
    public static LoneRules Destinations { get; } = new("destinations, one of two is enough", Probed(minHealthy: 1), Tick);

    /// <summary>Two destinations and one, of which all are needed.</summary>
    public static LoneRules AllDestinations { get; } = new("destinations, all are needed", Probed(minHealthy: 1, isShare: true), Tick);

    /// <summary>By name.</summary>
    public static LoneRules Of(string name) => name switch
    {
        nameof(Automatic) => Automatic,
        nameof(Manual) => Manual,
        nameof(Patient) => Patient,
        nameof(Reloaded) => Reloaded,
        nameof(Three) => Three,
        nameof(Destinations) => Destinations,
        nameof(AllDestinations) => AllDestinations,
        _ => throw new ArgumentException($"There are no rules '{name}'.", nameof(name)),
    };

    private static ClusterConfig Probed(double minHealthy, bool isShare = false) => Config(auto: true, patience: 0, ramp: 2) with
    {
        Failover = new FailoverConfig { MinHealthy = minHealthy, MinHealthyIsShare = isShare },
        Passive = new PassiveConfig { EjectFor = Tick, MaxEjectFor = 2 * Tick },
        Probe = new ProbeConfig { Fall = 2, Rise = 2 },
    };

    private static ClusterConfig Config(bool auto, int patience, int ramp) => new()
    {
        Name = "guide",
        Tiers = [],
        Failover = new FailoverConfig { SwitchAfter = patience * Tick },
        Failback = new FailbackConfig { Auto = auto, After = 2 * Tick, Ramp = ramp * Tick },
    };
}
