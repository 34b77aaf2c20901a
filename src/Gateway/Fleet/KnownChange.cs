using Gateway.Consensus;

namespace Gateway.Fleet;

/// <summary>The last agreed change of a cluster as a gateway knows it, and what it makes of what stands in Redis. Pure.</summary>
/// <param name="Change">What was agreed.</param>
/// <param name="Since">Since when it holds, on this gateway's clock.</param>
internal sealed record KnownChange(AgreedChange Change, TimeSpan Since)
{
    /// <summary>How long an agreed change stands in Redis.</summary>
    public static readonly TimeSpan Keep = TimeSpan.FromDays(1);

    /// <summary>
    /// What is known once this was read, and for how long to write it again, as long as it would have stayed; null: nothing is to be
    /// written.
    /// </summary>
    /// <param name="known">What was known; null: nothing.</param>
    /// <param name="stored">What stands in Redis; null: nothing of this kind.</param>
    /// <param name="remaining">How long it stays, by the clock of Redis; negative: for ever, which none of ours does.</param>
    /// <param name="now">This gateway's clock.</param>
    public static (KnownChange? Known, TimeSpan? RestoreFor) Take(
        KnownChange? known, AgreedChange? stored, TimeSpan remaining, TimeSpan now)
    {
        // 1. News. The highest epoch counts. Two agreements have the same one if Redis was emptied before the others heard of the first:
        // then it is the one that stands there for all.
        if (stored is not null
            && (known is null || stored.Epoch > known.Change.Epoch || (stored.Epoch == known.Change.Epoch && stored != known.Change)))
        {
            var age = remaining < TimeSpan.Zero || remaining > Keep ? Keep : Keep - remaining;
            return (new KnownChange(stored, now - age), null);
        }

        // 2. Nothing, or what is known.
        if (known is null || stored?.Epoch == known.Change.Epoch)
        {
            return (known, null);
        }

        // 3. Redis lost it, or holds an older one.
        var left = Keep - (now - known.Since);
        return left > TimeSpan.Zero ? (known, left) : (null, null);
    }
}
