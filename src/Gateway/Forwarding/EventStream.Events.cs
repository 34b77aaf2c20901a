using System.Buffers;

namespace Gateway.Forwarding;

/// <content>From bytes to whole events, and the buffer between.</content>
internal sealed partial class EventStream
{
    /// <summary>Hands on the whole events in the buffer. False: there is none.</summary>
    private bool TakeEvents()
    {
        var handOn = 0;
        while (EventScanner.TryFindEnd(_buffer.AsSpan(handOn, _filled - handOn), ref _scanned, out var end))
        {
            var fields = EventScanner.Read(_buffer.AsSpan(handOn, end));
            var step = Remember(handOn, fields);
            if (step == ResumeStep.Lost)
            {
                _attempt.StreamLeft();
                _upstream.Dispose();
                End(retry: true, "The answer was interrupted.");
                return true;
            }

            if (step == ResumeStep.Skip)
            {
                if (handOn > 0)
                {
                    // What comes before it goes first; it is looked at again after that.
                    break;
                }

                Consume(end);
                continue;
            }

            _insideLongEvent = false;
            handOn += end;
        }

        if (handOn > 0)
        {
            HandOn(handOn);
        }
        else if (_filled >= MaxEvent)
        {
            HandOnPiece();
        }

        return !_ready.IsEmpty;
    }

    /// <summary>
    /// The event is longer than is kept: a piece of it is handed on, up to the start of a line, or, in one long line, up to the two bytes that an end of
    /// line may be half of. Its id may be in a piece that is gone, so this stream cannot be resumed truthfully any more.
    /// </summary>
    private void HandOnPiece()
    {
        _insideLongEvent = true;
        _resume = null;
        var piece = _scanned > 0 ? _scanned : _filled - 2;
        _scanned = 0;
        HandOn(piece);
    }

    private ResumeStep Remember(int start, EventFields fields) =>
        _resume is not null && fields.Id is { } id ? _resume.Next(_buffer.AsSpan(start)[id]) : ResumeStep.HandOn;

    private void HandOn(int count)
    {
        _ready = _buffer.AsMemory(0, count);
        _readyInBuffer = count;
    }

    /// <summary>Reads one piece into the buffer. False: the stream ended.</summary>
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(Piece);
        if (_filled == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _filled).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var read = _upstream.ReadAsync(_buffer.AsMemory(_filled), cancellationToken);
        var bounded = _started && !read.IsCompleted;
        if (bounded)
        {
            _attempt.CancelAfter(_config.Idle);
        }

        var count = await read.ConfigureAwait(false);
        if (bounded)
        {
            _attempt.CancelAfter(Timeout.InfiniteTimeSpan);
        }

        _filled += count;
        return count > 0;
    }

    private void Consume(int count)
    {
        _buffer.AsSpan(count, _filled - count).CopyTo(_buffer);
        _filled -= count;
        if (_filled == 0)
        {
            ReturnBuffer();
        }
    }

    private void ReturnBuffer()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }
}
