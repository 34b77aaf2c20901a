using System.Collections.Immutable;
using Gateway.Failover;

namespace Gateway.Tests.Exploration;

/// <summary>
/// What an observer of one gateway counts, from what happens alone and not from what the machine remembers: invariants are judged by it.
/// In ticks; -1: it is not so.
/// </summary>
internal sealed record LoneWitness
{
    /// <summary>For how long each tier has been healthy without a break, by name.</summary>
    public ImmutableArray<int> HealthyFor { get; init; } = [];

    /// <summary>For how long the active tier has been unable to serve.</summary>
    public int UnableFor { get; init; } = -1;

    /// <summary>For how long it has been active.</summary>
    public int ServedFor { get; init; }

    /// <summary>For how long its ramp has lasted.</summary>
    public int RampFor { get; init; } = -1;

    /// <summary>It took over by a failback, not long ago.</summary>
    public bool Returned { get; init; }

    /// <summary>Losses of a tier that had just returned, in a row.</summary>
    public int Relapses { get; init; }

    /// <summary>The tier that an operator holds, by name.</summary>
    public int Held { get; init; } = -1;

    /// <summary>For how long it is still held.</summary>
    public int HeldFor { get; init; } = -1;

    /// <summary>A moment: what is seen now, and whether time has passed since the last.</summary>
    public LoneWitness Look(LoneRules rules, LoneGateway gateway, bool ticked)
    {
        var scale = rules.Scale;
        int After(int before, bool isSo, int most) => !isSo ? -1 : before < 0 ? 0 : Math.Min(before + (ticked ? 1 : 0), most);
        var heldFor = HeldFor - (ticked ? 1 : 0);
        var isHeld = Held >= 0 && heldFor > 0;
        var next = this with
        {
            HealthyFor =
            [
                .. gateway.Standings.Select((standing, name) => After(
                    HealthyFor[name],
                    standing == TierHealth.Healthy && gateway.PlaceOf(rules, name) >= 0,
                    scale.LongestWait)),
            ],
            UnableFor = After(UnableFor, IsUnable(rules, gateway), scale.Patience),
            ServedFor = After(ServedFor, isSo: true, scale.Longest),
            RampFor = After(RampFor, gateway.Machine.RampFrom >= 0, scale.Ramp),
            Held = isHeld ? Held : -1,
            HeldFor = isHeld ? heldFor : -1,
        };
        return next.Forgive(rules, gateway);
    }

    /// <summary>The machine took a step.</summary>
    public LoneWitness Follow(LoneRules rules, LoneGateway before, LoneGateway after, Change? change)
    {
        var next = this;
        if (change is { } real)
        {
            // An operator who moves requests away, or a reload, says nothing of the tier.
            var isLost = real.From >= 0
                && real.Reason is TransitionReason.Failover or TransitionReason.Relapse or TransitionReason.Exhausted;
            var name = real.From >= 0 ? rules.Layouts[after.Layout][real.From] : -1;
            next = next with
            {
                ServedFor = 0,
                UnableFor = IsUnable(rules, after) ? 0 : -1,
                RampFor = -1,
                Returned = real.Reason is TransitionReason.Failback or TransitionReason.Release,
                Relapses = Math.Min(Relapses + (isLost && Returned ? 1 : 0), rules.Scale.MostRelapses),

                // What is left as the worse one must prove itself anew.
                HealthyFor = real.Reason == TransitionReason.Relapse && !IsUnable(rules, before) ? HealthyFor.SetItem(name, 0) : HealthyFor,
            };
        }
        else if (before.Machine.Active != after.Machine.Active)
        {
            next = next with { ServedFor = 0, UnableFor = IsUnable(rules, after) ? 0 : -1 };
        }

        next = next with { RampFor = after.Machine.RampFrom >= 0 ? Math.Max(next.RampFor, 0) : -1 };
        return next.Forgive(rules, after);
    }

    /// <summary>Writes what is not clear from the rest.</summary>
    public void Write(ref PackedWriter into)
    {
        foreach (var healthy in HealthyFor)
        {
            into.Add(healthy);
        }

        into.Add(UnableFor);
        into.Add(ServedFor);
        into.Add(RampFor);
        into.Add(Returned);
        into.Add(Relapses);
        into.Add(Held);
        into.Add(HeldFor);
    }

    /// <summary>Reads it again.</summary>
    public static LoneWitness Read(ref PackedReader from, int names)
    {
        var healthy = new int[names];
        for (var name = 0; name < names; name++)
        {
            healthy[name] = from.Next();
        }

        return new LoneWitness
        {
            HealthyFor = [.. healthy],
            UnableFor = from.Next(),
            ServedFor = from.Next(),
            RampFor = from.Next(),
            Returned = from.NextFlag(),
            Relapses = from.Next(),
            Held = from.Next(),
            HeldFor = from.Next(),
        };
    }

    // A tier that holds for ten minutes, all of it and able, has not relapsed; behind the first one only if it has returned.
    private LoneWitness Forgive(LoneRules rules, LoneGateway gateway)
    {
        var isProven = (Returned || gateway.Machine.Active == 0)
            && ServedFor >= rules.Scale.Longest
            && gateway.Machine.RampFrom < 0
            && !IsUnable(rules, gateway);
        return isProven ? this with { Returned = false, Relapses = 0 } : this;
    }

    private static bool IsUnable(LoneRules rules, LoneGateway gateway) =>
        gateway.Machine.Active >= 0 && gateway.ActiveStanding(rules) < TierHealth.Unverified;
}
