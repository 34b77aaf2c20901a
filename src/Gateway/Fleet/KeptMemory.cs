using Gateway.Failover;
using Gateway.Failover.Resuming;

namespace Gateway.Fleet;

/// <summary>What a cluster came to, as the state folder keeps it.</summary>
/// <param name="TakenAtMs">When it was taken down, in Unix milliseconds.</param>
/// <param name="Memory">What it was.</param>
internal sealed record KeptMemory(long TakenAtMs, ClusterMemory Memory)
{
    /// <summary>Older ones are forgotten: as long as relapses are remembered.</summary>
    public static readonly TimeSpan LongestAge = FailoverTimers.Forget;

    /// <summary>Everything that must be there is, and in bounds.</summary>
    public bool IsSound => Memory is { IsSound: true } && TakenAtMs is >= 0 and <= 253_402_300_799_999;

    /// <summary>The command that puts it in force again; null: it is too old, or from the future.</summary>
    public ResumeCommand? CommandAt(DateTimeOffset now)
    {
        var ago = now - DateTimeOffset.FromUnixTimeMilliseconds(TakenAtMs);
        return ago < TimeSpan.Zero || ago > LongestAge ? null : new ResumeCommand(Memory) { Ago = ago };
    }
}
