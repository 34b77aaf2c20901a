namespace Gateway.Failover.Comparison;

/// <summary>
/// What the first attempts of requests showed of one tier while another tier is being relieved by it, or relieves it. Made for one ramp;
/// requests add, interlocked, and the failover loop reads.
/// </summary>
/// <param name="byConversation">Of each conversation one attempt counts; false: each attempt counts.</param>
internal sealed class TierCounts(bool byConversation)
{
    private long _attempts;
    private long _failed;
    private long _late;
    private long _timed;
    private long _slow;
    private long _contents;
    private long _slowContents;
    private bool _takesTimes;

    /// <summary>The conversations that have counted; null: each attempt counts.</summary>
    public ConversationMarks? Conversations { get; } = byConversation ? new ConversationMarks() : null;

    /// <summary>Times count; false: the tier has only begun, and its caches may be cold. Written by the loop alone.</summary>
    public bool TakesTimes
    {
        get => Volatile.Read(ref _takesTimes);
        internal set => Volatile.Write(ref _takesTimes, value);
    }

    /// <summary>An attempt came to its end.</summary>
    public void Ended() => Interlocked.Increment(ref _attempts);

    /// <summary>It failed, or the response that it brought broke later. <see cref="Ended"/> counts it beside.</summary>
    public void Failed() => Interlocked.Increment(ref _failed);

    /// <summary>It was late. <see cref="Ended"/> counts it beside.</summary>
    public void Late() => Interlocked.Increment(ref _late);

    /// <summary>Its first byte came.</summary>
    /// <param name="isSlow">Later than <see cref="RouteTiming.SlowAfter"/> allows.</param>
    public void FirstByte(bool isSlow) => Count(ref _timed, ref _slow, isSlow);

    /// <summary>The first content of an event stream came.</summary>
    /// <param name="isSlow">Later than <see cref="RouteTiming.SlowAfter"/> allows.</param>
    public void FirstContent(bool isSlow) => Count(ref _contents, ref _slowContents, isSlow);

    /// <summary>What there is by now. The parts are read before the wholes that were written before them.</summary>
    public TierFigures Read()
    {
        var (failed, late) = (Volatile.Read(ref _failed), Volatile.Read(ref _late));
        var (slow, slowContents) = (Volatile.Read(ref _slow), Volatile.Read(ref _slowContents));
        return new TierFigures(
            Volatile.Read(ref _attempts),
            failed,
            late,
            Volatile.Read(ref _timed),
            slow,
            Volatile.Read(ref _contents),
            slowContents);
    }

    private static void Count(ref long all, ref long slow, bool isSlow)
    {
        Interlocked.Increment(ref all);
        if (isSlow)
        {
            Interlocked.Increment(ref slow);
        }
    }
}
