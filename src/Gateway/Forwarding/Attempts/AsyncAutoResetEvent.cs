using System.Threading.Tasks.Sources;

namespace Gateway.Forwarding.Attempts;

/// <summary>
/// Wakes one waiter, from any thread, without allocating. A signal says only "look again": the waiter checks
/// everything it waits for each time it wakes, so that a signal too many is harmless and none is lost.
/// </summary>
internal sealed class AsyncAutoResetEvent : IValueTaskSource
{
    private const int Quiet = 0;
    private const int Waiting = 1;
    private const int Raised = 2;

    private ManualResetValueTaskSourceCore<bool> _core;
    private int _state;

    /// <summary>Wakes the waiter, or the next wait.</summary>
    public void Raise()
    {
        if (Interlocked.Exchange(ref _state, Raised) == Waiting)
        {
            _core.SetResult(true);
        }
    }

    /// <summary>Waits for a signal; returns at once when one came since the last wait. One waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        _core.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Quiet) == Raised)
        {
            Reset();
            return ValueTask.CompletedTask;
        }

        return new ValueTask(this, _core.Version);
    }

    /// <summary>
    /// A full fence, not only a volatile write: were what the waiter looks at next read before this is visible, a signal in between would
    /// be overwritten unseen.
    /// </summary>
    private void Reset() => Interlocked.Exchange(ref _state, Quiet);

    void IValueTaskSource.GetResult(short token)
    {
        _core.GetResult(token);
        Reset();
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
