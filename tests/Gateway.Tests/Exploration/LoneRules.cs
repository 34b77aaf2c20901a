using System.Collections.Immutable;
using Gateway.Configuration.Model;

namespace Gateway.Tests.Exploration;

/// <summary>What is given in a world of one gateway.</summary>
/// <param name="Name">For people.</param>
/// <param name="Config">The cluster's rules.</param>
/// <param name="Tick">The world's clock.</param>
internal sealed record LoneRules(string Name, ClusterConfig Config, TimeSpan Tick)
{
    /// <summary>The tiers' names, those of all configurations.</summary>
    public ImmutableArray<string> Names { get; init; } = ["primary", "standby"];

    /// <summary>The configurations that reloads choose from: which names they have, in which order.</summary>
    public ImmutableArray<ImmutableArray<int>> Layouts { get; init; } = [[0, 1]];

    /// <summary>How long operators hold a tier, in ticks; 0: they do not.</summary>
    public int HoldTicks { get; init; } = 2;

    /// <summary>Tiers in a ramp are compared.</summary>
    public bool Compares { get; init; } = true;

    /// <summary>The canonical form of the machine's state.</summary>
    public MachineScale Scale { get; } = new(Config, Tick);

    /// <summary>
    /// When one gateway is at rest at the latest, in ticks, once nothing disturbs it any more: a hold ends, a better tier waits its longest
    /// wait, and its ramp is over.
    /// </summary>
    public int RestAfter => HoldTicks + Scale.LongestWait + Scale.Ramp;
}
