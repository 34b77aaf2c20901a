using Gateway.Health.Rules;
using Gateway.Health.Signals;

namespace Gateway.Health.Model;

/// <summary>What a destination gets beside its neighbours. Only the loop touches it.</summary>
/// <param name="weight">The configuration's weight.</param>
internal sealed class DestinationShare(int weight)
{
    /// <summary>Its weight.</summary>
    public int Weight => Order?.Weight ?? Configured;

    /// <summary>The configuration's.</summary>
    public int Configured { get; set; } = weight;

    /// <summary>An operator's; null: there is none.</summary>
    public WeightOrder? Order { get; set; }

    /// <summary>Used only while none of its tier with a lower number serves (SRV, and pods that terminate).</summary>
    public int Priority { get; set; }

    /// <summary>Where it is; null: unknown.</summary>
    public string? Zone { get; set; }

    /// <summary>The share of its requests that it gets while a forecast says that it will fail; 1: all of them.</summary>
    public double Preference { get; private set; } = 1;

    /// <summary>Changes it; true: it was another.</summary>
    public bool Prefer(double share)
    {
        var changed = Preference != share;
        Preference = share;
        return changed;
    }

    /// <summary>Its share after a return.</summary>
    public SlowStart SlowStart { get; init; } = new(served: true);

    /// <summary>What signals hold of it.</summary>
    public DestinationSignals Signals { get; } = new();
}
