using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.EventStreams;

/// <summary>
/// What the user reads next of an event stream: bytes of the buffer, which leave it once they were read, or a notice of the gateway's own;
/// at last the end, or an error that makes it visible that the stream was cut.
/// </summary>
/// <param name="buffer">What was received.</param>
/// <param name="progress">Told of what the user gets, and of the end.</param>
/// <param name="time">The clock.</param>
internal sealed class EventOutput(EventBuffer buffer, StreamProgress progress, TimeProvider time)
{
    // A reset overtakes what was sent just before it, on its way and in the client's own buffers: the error event gets a head start.
    private static readonly TimeSpan NoticeBeforeCut = TimeSpan.FromMilliseconds(250);

    private ReadOnlyMemory<byte> _ready;
    private int _ofBuffer;
    private bool _isComplete;
    private bool _endsWithNotice;
    private Exception? _error;

    /// <summary>There is nothing to read now.</summary>
    public bool IsEmpty => _ready.IsEmpty;

    /// <summary>A read has something to give, be it the end.</summary>
    public bool CanRead => !_ready.IsEmpty || _isComplete;

    /// <summary>What is ready ends with an error.</summary>
    public bool IsCut => _error is not null;

    /// <summary>The end is known, of either kind.</summary>
    public bool HasEnd => _isComplete || _error is not null;

    /// <summary>Hands on so many bytes from the start of the buffer.</summary>
    public void HandOn(int count)
    {
        _ready = buffer.First(count);
        _ofBuffer = count;
    }

    /// <summary>Hands on what the stream begins with.</summary>
    public void HandOn(OpenedEventStream opened)
    {
        HandOn(opened.Count);
        if (opened.IsQuiet)
        {
            HandOnHeartbeat();
        }
    }

    /// <summary>Shows that the stream lives.</summary>
    public void HandOnHeartbeat() => _ready = StreamNotice.Heartbeat;

    /// <summary>The stream has ended, whole.</summary>
    public void Complete()
    {
        _isComplete = true;
        progress.End = StreamEnd.Complete;
    }

    /// <summary>Ends the stream by an event that says why; then a visible end follows.</summary>
    public void EndWith(ReadOnlyMemory<byte> notice, StreamEnd end)
    {
        _ready = notice;
        _ofBuffer = 0;
        _endsWithNotice = true;
        Cut("The event stream was interrupted.", end);
    }

    /// <summary>Ends the stream where no event can say why.</summary>
    public void Cut(string error, StreamEnd end)
    {
        progress.End = end;
        _error = new IOException(error);
    }

    /// <summary>Reads what is ready, as far as there is room for it.</summary>
    public int Read(Memory<byte> into)
    {
        var count = Math.Min(into.Length, _ready.Length);
        if (count > 0)
        {
            _ready[..count].CopyTo(into);
            _ready = _ready[count..];
            progress.OnSent();
            if (_ready.IsEmpty && _ofBuffer > 0)
            {
                buffer.Consume(_ofBuffer);
                _ofBuffer = 0;
            }
        }

        return count;
    }

    /// <summary>Throws the error with which a stream that <see cref="IsCut"/> ends.</summary>
    public async ValueTask ThrowAsync(CancellationToken cancellationToken)
    {
        if (_endsWithNotice)
        {
            _endsWithNotice = false;
            await Task.Delay(NoticeBeforeCut, time, cancellationToken).ConfigureAwait(false);
        }

        throw _error!;
    }
}
