using System.Threading.Channels;

namespace Gateway.Failover.Recording;

/// <summary>
/// The bounded way from the failover loop to the recording. The loop never waits: what does not fit is dropped and counted, and the loop is
/// asked for a checkpoint, from which a replay can go on.
/// </summary>
internal sealed class RecordingQueue
{
    /// <summary>So many are kept for a writer that is behind.</summary>
    public const int Length = 16_384;

    private readonly Channel<RecordedItem> _items = Channel.CreateBounded<RecordedItem>(new BoundedChannelOptions(Length)
    {
        SingleReader = true,
        SingleWriter = true,
        FullMode = BoundedChannelFullMode.Wait,
    });

    private long _dropped;
    private bool _wantsCheckpoint = true;

    /// <summary>What was not recorded: it did not fit, or the disk refused it.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>A replay cannot go on from here without a checkpoint.</summary>
    public bool WantsCheckpoint
    {
        get => Volatile.Read(ref _wantsCheckpoint);
        set => Volatile.Write(ref _wantsCheckpoint, value);
    }

    /// <summary>Takes one. Never waits; false: dropped and counted.</summary>
    public bool Post(in RecordedItem item)
    {
        if (_items.Writer.TryWrite(item))
        {
            return true;
        }

        Lose();
        WantsCheckpoint = true;
        return false;
    }

    /// <summary>For the writer alone.</summary>
    public bool TryTake(out RecordedItem item) => _items.Reader.TryRead(out item);

    /// <summary>The disk refused one.</summary>
    public void Lose() => Interlocked.Increment(ref _dropped);
}
