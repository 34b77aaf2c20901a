using Gateway.Configuration.Model;
using Gateway.Health.Signals;

namespace Gateway.Failover;

/// <summary>One signal of a destination, for eyes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">Whether it fires.</param>
/// <param name="Then">What it asks for while it fires.</param>
/// <param name="Acts">It fires and has its effect.</param>
/// <param name="Withheld">It fires without effect: the tier cannot spare the destination.</param>
/// <param name="Since">Since when <paramref name="State"/> holds.</param>
/// <param name="Value">What it rests on.</param>
internal sealed record SignalView(
    string Name, SignalState State, SignalEffect Then, bool Acts, bool Withheld, DateTimeOffset Since, string Value);
