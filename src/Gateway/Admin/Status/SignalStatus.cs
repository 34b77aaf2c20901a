using Gateway.Configuration.Model;
using Gateway.Health.Signals;

namespace Gateway.Admin.Status;

/// <summary>One signal of a destination.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">Whether it fires.</param>
/// <param name="Then">What it asks for while it fires.</param>
/// <param name="Acts">It fires and has its effect.</param>
/// <param name="Withheld">It fires without effect: the tier cannot spare the destination.</param>
/// <param name="Since">Since when <paramref name="State"/> holds.</param>
/// <param name="Value">What it rests on.</param>
internal sealed record SignalStatus(
    string Name, SignalState State, SignalEffect Then, bool Acts, bool Withheld, DateTimeOffset Since, string Value)
{
    /// <summary>In words, as far as it fires: "signal 'hot' degrades it since 12:03: process_cpu_usage 0.97"; null: it does not.</summary>
    public string? Words(string since) => State != SignalState.Firing || Then == SignalEffect.Weight ? null
        : Withheld ? $"signal '{Name}' fires without effect since {since}: {Value}"
        : $"{Does()} by signal '{Name}' since {since}: {Value}";

    private string Does() => Then switch
    {
        SignalEffect.Drain => "drained",
        SignalEffect.Suspect => "suspect",
        _ => "degraded",
    };
}
