using System.Collections.Immutable;
using Gateway.Configuration.Model;

namespace Gateway.Health.Signals;

/// <summary>
/// From what signals say of the destinations of one tier, and from their health, to what each gets. A signal ejects nothing; it never
/// takes the last destination that serves, and no more than half of a tier: what more than half of it shows is the tier's load, and to
/// move requests would only make it worse. Pure.
/// </summary>
internal static class SignalDecision
{
    /// <summary>The share of its weight that a degraded destination keeps.</summary>
    public const double DegradedShare = 0.25;

    /// <summary>The least share that reports leave: enough requests to see that it is better.</summary>
    public const double LeastShare = 0.1;

    /// <summary>The effect on each destination, in the order of the members.</summary>
    public static MemberEffect[] Of(ReadOnlySpan<MemberSignals> members)
    {
        var effects = new MemberEffect[members.Length];
        var granted = new SignalEffect[members.Length];

        // The gravest first: it has the first claim on what the tier may spare. One that is not granted leaves the lesser ones theirs.
        var taken = 0;
        foreach (var effect in (ReadOnlySpan<SignalEffect>)[SignalEffect.Drain, SignalEffect.Suspect, SignalEffect.Degraded])
        {
            var count = CountOf(members, granted, effect);
            if (count > 0 && (effect == SignalEffect.Degraded ? CanLessen(members, taken + count) : CanSpare(members, taken + count)))
            {
                taken += count;
                for (var i = 0; i < members.Length; i++)
                {
                    granted[i] = Asks(members[i], granted[i], effect) ? effect : granted[i];
                }
            }
        }

        for (var i = 0; i < members.Length; i++)
        {
            effects[i] = EffectOf(members[i], granted[i]);
        }

        WeighReports(members, effects);
        return effects;
    }

    private static int CountOf(ReadOnlySpan<MemberSignals> members, SignalEffect[] granted, SignalEffect effect)
    {
        var count = 0;
        for (var i = 0; i < members.Length; i++)
        {
            count += Asks(members[i], granted[i], effect) ? 1 : 0;
        }

        return count;
    }

    // Something fires that asks for this, and a graver one has no effect already.
    private static bool Asks(in MemberSignals member, SignalEffect granted, SignalEffect effect)
    {
        if (!member.Serves || granted != SignalEffect.None)
        {
            return false;
        }

        foreach (var mark in member.Marks)
        {
            if (mark.State == SignalState.Firing && mark.Effect == effect)
            {
                return true;
            }
        }

        return false;
    }

    // With what health has taken already: at most half of the tier, and never all that serve.
    private static bool CanSpare(ReadOnlySpan<MemberSignals> members, int count)
    {
        var serving = Serving(members);
        return count < serving && members.Length - serving + count <= members.Length / 2;
    }

    // A smaller weight takes nothing away: half of those that serve.
    private static bool CanLessen(ReadOnlySpan<MemberSignals> members, int count) => count <= Serving(members) / 2;

    private static int Serving(ReadOnlySpan<MemberSignals> members)
    {
        var serving = 0;
        foreach (var member in members)
        {
            serving += member.Serves ? 1 : 0;
        }

        return serving;
    }

    private static MemberEffect EffectOf(in MemberSignals member, SignalEffect granted)
    {
        var withheld = ImmutableArray<string>.Empty;
        var share = granted == SignalEffect.Degraded ? DegradedShare : 1;
        foreach (var mark in member.Marks)
        {
            if (mark.State != SignalState.Firing)
            {
                continue;
            }

            var isWithheld = member.Serves && mark.Effect > SignalEffect.Weight && mark.Effect > granted;
            withheld = isWithheld ? withheld.Add(mark.Name) : withheld;
            share *= mark.Weight is { } own && !member.Ordered ? Math.Clamp(own, LeastShare, 1) : 1;
        }

        return new MemberEffect(granted, share, withheld);
    }

    // Each destination's weight in proportion to what it can carry, beside the one that can carry the most for its weight. One that
    // reports nothing counts as the mean of those that do.
    private static void WeighReports(ReadOnlySpan<MemberSignals> members, MemberEffect[] effects)
    {
        var (most, sum, count) = (0.0, 0.0, 0);
        foreach (var member in members)
        {
            if (CapacityOf(member) is { } capacity && member.Serves)
            {
                most = Math.Max(most, capacity);
                sum += capacity;
                count++;
            }
        }

        if (count < 2 || most <= 0)
        {
            return;
        }

        for (var i = 0; i < members.Length; i++)
        {
            if (members[i] is { Serves: true, Ordered: false })
            {
                var share = Math.Clamp((CapacityOf(members[i]) ?? (sum / count)) / most, LeastShare, 1);
                effects[i] = effects[i] with { Share = effects[i].Share * share };
            }
        }
    }

    private static double? CapacityOf(in MemberSignals member)
    {
        foreach (var mark in member.Marks)
        {
            if (mark is { State: SignalState.Firing, Capacity: { } capacity } && double.IsFinite(capacity) && capacity > 0)
            {
                return capacity / Math.Max(1, member.Weight);
            }
        }

        return null;
    }
}
