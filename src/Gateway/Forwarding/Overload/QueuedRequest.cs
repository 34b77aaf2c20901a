namespace Gateway.Forwarding.Overload;

/// <summary>One request that waits for a place: admitted by the queue, or gone by itself, whichever comes first.</summary>
/// <param name="place">What it waits for.</param>
internal sealed class QueuedRequest(IQueuedPlace place)
{
    private readonly TaskCompletionSource _admitted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isOver;

    /// <summary>It was admitted, or has gone.</summary>
    public bool IsOver => Volatile.Read(ref _isOver) != 0;

    /// <summary>What it waits for.</summary>
    public IQueuedPlace Place => place;

    /// <summary>Admits it; false: it has gone.</summary>
    public bool TryAdmit()
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
        {
            return false;
        }

        _admitted.TrySetResult();
        return true;
    }

    /// <summary>It waits no longer; false: it was admitted before.</summary>
    public bool TryLeave() => Interlocked.Exchange(ref _isOver, 1) == 0;

    /// <summary>Waits; false: not within this time.</summary>
    public async ValueTask<bool> AdmittedWithinAsync(TimeSpan within, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await _admitted.Task.WaitAsync(within > TimeSpan.Zero ? within : TimeSpan.Zero, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
