using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Health.Signals;

namespace Gateway.Failover;

/// <summary>What has changed in the signals of one destination between two moments. Pure.</summary>
internal static class SignalChanges
{
    /// <summary>Adds a change for each signal that fires, ends, or gains or loses its effect.</summary>
    public static void Add(
        List<HealthChange> changes, string cluster, string tier, in MemberHealth before, in MemberHealth after, DateTimeOffset at)
    {
        var name = $"{after.Name} of {tier}";
        foreach (var mark in after.Signals.IsDefault ? [] : after.Signals)
        {
            var known = Find(before.Signals, mark.Name);
            if (mark.Effect <= SignalEffect.Weight
                || (mark.State == known?.State && mark.Effect == known.Effect && mark.Withheld == known.Withheld))
            {
                continue;
            }

            if (mark.State == SignalState.Firing)
            {
                changes.Add(new(HealthChangeKind.SignalFired, cluster, tier, after.Name, Fired(name, mark), mark.Value, at));
            }
            else if (known is { State: SignalState.Firing, Effect: > SignalEffect.Weight })
            {
                var how = mark.State == SignalState.Unknown ? "is unknown" : "has ended";
                var text = $"signal '{mark.Name}' of {name} {how}";
                changes.Add(new(HealthChangeKind.SignalEnded, cluster, tier, after.Name, text, mark.Value, at));
            }
        }
    }

    /// <summary>What a signal does, for people: "is degraded by signal 'hot'".</summary>
    public static string Words(SignalEffect effect) => effect switch
    {
        SignalEffect.Drain => "drained",
        SignalEffect.Suspect => "suspect",
        SignalEffect.Degraded => "degraded",
        _ => "weighted",
    };

    private static string Fired(string name, SignalMark mark) => mark.Withheld
        ? $"signal '{mark.Name}' of {name} fires without effect: the tier cannot spare it"
        : $"{name} is {Words(mark.Effect)} by signal '{mark.Name}'";

    private static SignalMark? Find(ImmutableArray<SignalMark> marks, string name) =>
        marks.IsDefault ? null : marks.FirstOrDefault(mark => string.Equals(mark.Name, name, StringComparison.Ordinal));
}
