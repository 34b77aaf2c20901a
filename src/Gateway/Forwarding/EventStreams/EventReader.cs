using Gateway.Forwarding.Attempts;

namespace Gateway.Forwarding.EventStreams;

/// <summary>
/// Reads a destination's event stream into the buffer, and waits for it: for what arrives, for a time, or for a token, whichever comes
/// first. While the stream is quiet no buffer waits for it. One waiter at a time.
/// </summary>
internal sealed class EventReader
{
    /// <summary>Nothing has arrived, and the read that was asked for goes on.</summary>
    public const int NotYet = -1;

    private readonly AsyncAutoResetEvent _signal = new();
    private readonly Action _raise;
    private readonly PooledTimer _timer;
    private Stream _upstream;
    private Task<int>? _arrival;

    public EventReader(Stream upstream, TimeProvider time)
    {
        _upstream = upstream;
        _raise = _signal.Raise;
        _timer = PooledTimer.Rent(time, _signal);
    }

    /// <summary>What was received.</summary>
    public EventBuffer Buffer { get; } = new();

    /// <summary>A read under way writes to the buffer, whose bytes cannot be moved meanwhile.</summary>
    public bool IsFilling { get; private set; }

    /// <summary>
    /// The read under way, which ends when something is there or the stream is at its end; a new one is of nothing and needs no buffer.
    /// </summary>
    public Task<int> Ask(CancellationToken cancellationToken) =>
        _arrival ?? Watch(_upstream.ReadAsync(Memory<byte>.Empty, cancellationToken));

    /// <summary>Waits until something may have changed: the read under way has ended, or a token was cancelled.</summary>
    public ValueTask WaitAsync() => _signal.WaitAsync();

    /// <summary>The same, and no longer than so long.</summary>
    public ValueTask WaitAsync(TimeSpan longest)
    {
        _timer.Arm(longest);
        return _signal.WaitAsync();
    }

    /// <summary>A token that ends a wait, until the registration is disposed.</summary>
    public CancellationTokenRegistration WakeOn(CancellationToken token) =>
        token.UnsafeRegister(static raise => ((Action)raise!)(), _raise);

    /// <summary>
    /// Puts what arrived into the buffer: its length; 0: the stream ended; <see cref="NotYet"/>: a read of nothing does not wait here, as
    /// of a body that ends with its connection; from now on one with a buffer is under way.
    /// </summary>
    public async ValueTask<int> TakeAsync(CancellationToken cancellationToken)
    {
        var (arrival, fills) = (_arrival!, IsFilling);
        (_arrival, IsFilling) = (null, false);
        var count = await arrival.ConfigureAwait(false);
        if (!fills)
        {
            var read = _upstream.ReadAsync(Buffer.MakeRoom(), cancellationToken);
            if (!read.IsCompleted)
            {
                _ = Watch(read);
                IsFilling = true;
                return NotYet;
            }

            count = await read.ConfigureAwait(false);
        }

        Buffer.Append(count);
        return count;
    }

    /// <summary>The stream goes on at another destination.</summary>
    public void GoOnWith(Stream upstream) => _upstream = upstream;

    /// <summary>The destination's stream is not read any more.</summary>
    public void Close() => _upstream.Dispose();

    /// <summary>The read under way is abandoned. A buffer that it may still write to is not reused.</summary>
    public void Forget()
    {
        if (IsFilling && _arrival is { IsCompleted: false })
        {
            Buffer.Abandon();
        }

        (_arrival, IsFilling) = (null, false);
    }

    /// <summary>Gives back what it holds.</summary>
    public void Return()
    {
        Forget();
        Buffer.Return();
        _timer.Return();
    }

    private Task<int> Watch(ValueTask<int> read)
    {
        _arrival = read.AsTask();
        if (!_arrival.IsCompleted)
        {
            _arrival.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_raise);
        }

        return _arrival;
    }
}
