using Gateway.Configuration.Model;
using Gateway.Failover;

namespace Gateway.Tests.Exploration;

/// <summary>
/// The canonical form of <see cref="ClusterState"/>: times as ages in ticks, up to the age from which on the machine distinguishes nothing.
/// </summary>
internal sealed record MachineScale
{
    // The longest wait, and what relapses are forgotten after: as docs/failover.md has it, not as the code does.
    private static readonly TimeSpan TenMinutes = TimeSpan.FromMinutes(10);

    private readonly TimeSpan _after;

    /// <param name="config">The cluster's rules.</param>
    /// <param name="tick">The world's clock: what the rules distinguish is a multiple of it.</param>
    /// <param name="mostRelapses">Relapses are counted up to this; null: up to where the wait is the longest.</param>
    public MachineScale(ClusterConfig config, TimeSpan tick, int? mostRelapses = null)
    {
        var failback = config.Failback;
        Tick = tick;
        _after = failback.After;
        MostRelapses = mostRelapses ?? Enumerable.Range(0, 16).First(n => WaitOf(n) == WaitOf(16));
        LongestWait = WaitOf(MostRelapses);
        Ramp = (int)Math.Ceiling(failback.Ramp / tick);
        Patience = (int)Math.Ceiling(config.Failover.SwitchAfter / tick);

        // A world that counts few relapses lasts too short for them to be forgotten.
        Longest = mostRelapses is null ? (int)Math.Ceiling(TenMinutes / tick) : Math.Max(Ramp, 1);
    }

    /// <summary>The world's clock.</summary>
    public TimeSpan Tick { get; }

    /// <summary>Relapses that make a difference.</summary>
    public int MostRelapses { get; }

    /// <summary>The longest wait for a failback, in ticks.</summary>
    public int LongestWait { get; }

    /// <summary>A ramp, in ticks.</summary>
    public int Ramp { get; }

    /// <summary><c>switchAfter</c>, in ticks.</summary>
    public int Patience { get; }

    /// <summary>From when on it makes no difference how long a tier has served.</summary>
    public int Longest { get; }

    /// <summary>The wait for a failback after so many relapses, in ticks.</summary>
    public int WaitOf(int relapses)
    {
        var longest = _after > TenMinutes ? _after : TenMinutes;
        var wait = _after * Math.Pow(2, relapses);
        return (int)Math.Ceiling((wait < longest ? wait : longest) / Tick);
    }

    /// <summary>Writes a state.</summary>
    public void Write(ref PackedWriter into, ClusterState state, int tiers, TimeSpan now)
    {
        var ramps = state.RampFrom >= 0;
        into.Add(state.Active);
        into.AddAge(state.ActiveSince, now, Tick, Longest);
        into.Add(state.Settled);
        for (var tier = 0; tier < tiers; tier++)
        {
            into.AddAge(tier < state.HealthySince.Length ? state.HealthySince[tier] : null, now, Tick, LongestWait);
        }

        into.AddAge(state.UnableSince, now, Tick, Patience);
        into.Add(state.RampFrom);
        into.AddShare(ramps ? state.RampShare : 0);
        into.AddAge(ramps ? state.RampShareAt : null, now, Tick, Ramp);
        into.Add(state.IsInDoubt);

        // Without a ramp it only matters that the tier has returned.
        into.AddAge(state.ReturnedAt, now, Tick, ramps ? Ramp : 0);
        into.Add(Math.Min(state.Relapses, MostRelapses));
        into.Add(state.Held?.Tier ?? -1);
        into.AddRest(state.Held?.Until, now, Tick, 100);
        into.Add(checked((int)state.Epoch));
    }

    /// <summary>Reads it again.</summary>
    public ClusterState Read(ref PackedReader from, int tiers, TimeSpan now)
    {
        var state = new ClusterState { Active = from.Next(), ActiveSince = from.NextAge(now, Tick)!.Value, Settled = from.NextFlag() };
        var healthySince = new TimeSpan?[tiers];
        for (var tier = 0; tier < tiers; tier++)
        {
            healthySince[tier] = from.NextAge(now, Tick);
        }

        return state with
        {
            HealthySince = [.. healthySince],
            UnableSince = from.NextAge(now, Tick),
            RampFrom = from.Next(),
            RampShare = from.NextShare(),
            RampShareAt = from.NextAge(now, Tick) ?? TimeSpan.Zero,
            IsInDoubt = from.NextFlag(),
            ReturnedAt = from.NextAge(now, Tick),
            Relapses = from.Next(),
            Held = (from.Next(), from.NextRest(now, Tick)) is ( >= 0 and var tier2, { } until) ? new Hold(tier2, until, "") : null,
            Epoch = from.Next(),
        };
    }
}
