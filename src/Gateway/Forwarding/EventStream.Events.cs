using System.Buffers;
using Gateway.Observability;

namespace Gateway.Forwarding;

/// <content>From bytes to whole events, and the buffer between.</content>
internal sealed partial class EventStream
{
    private const int NotYet = -1;

    /// <summary>Hands on the whole events in the buffer. False: there is none.</summary>
    private bool TakeEvents()
    {
        var handOn = 0;
        while (EventScanner.TryFindEnd(_buffer.AsSpan(handOn, _filled - handOn), ref _scanned, out var end))
        {
            var step = Take(handOn, end);
            if (step == ResumeStep.Lost)
            {
                EndAsInterrupted();
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
        NoteContent();
        _resume = null;
        _mark = 0;
        var piece = _scanned > 0 ? _scanned : _filled - 2;
        _scanned = 0;
        HandOn(piece);
    }

    /// <summary>
    /// What stands behind the last whole event when the stream ends cleanly. The specification makes no event of it, but many clients do, and without us every one
    /// would get it.
    /// </summary>
    private void TakeRest()
    {
        switch (_insideLongEvent ? ResumeStep.HandOn : Take(0, _filled))
        {
            case ResumeStep.Lost:
                EndAsInterrupted();
                break;
            case ResumeStep.Skip:
                Consume(_filled);
                break;
            default:
                HandOn(_filled);
                break;
        }
    }

    /// <summary>Reads one event, and decides what becomes of it.</summary>
    private ResumeStep Take(int start, int length)
    {
        var oneEvent = _buffer.AsSpan(start, length)[_mark..];
        _mark = 0;
        var fields = EventScanner.Read(oneEvent);
        var step = _resume is not null && fields.Id is { } id ? _resume.Next(oneEvent[id]) : ResumeStep.HandOn;
        if (fields.HasData && step == ResumeStep.HandOn)
        {
            NoteContent();
        }

        return step;
    }

    private void NoteContent()
    {
        if (_hasContent)
        {
            return;
        }

        _hasContent = true;
        _firstContentAt = _time.GetTimestamp();
        if (_meter is not null)
        {
            NoteFirstContent();
        }
    }

    private void NoteFirstContent()
    {
        if (_attempt.Record is { } request)
        {
            _meter!.FirstContent.Add(_time.GetElapsedTime(request.Began, _firstContentAt));
        }
    }

    /// <summary>A byte order mark is part of the first line; in the middle of a stream, where another destination begins, it would spoil one.</summary>
    private void FindMark()
    {
        if (EventScanner.MarkLength(_buffer.AsSpan(0, _filled)) is not { } length)
        {
            return;
        }

        _atStart = false;
        if (_isReopened)
        {
            Consume(length);
            return;
        }

        _mark = length;
        _scanned = length;
    }

    private void EndAsInterrupted()
    {
        _end = StreamEnd.Interrupted;
        _attempt.StreamLeft();
        _upstream.Dispose();
        End(Interrupted, "stream_interrupted");
    }

    private void HandOn(int count)
    {
        _ready = _buffer.AsMemory(0, count);
        _readyInBuffer = count;
    }

    /// <summary>The read under way, which ends when something is there or the stream is at its end; a new one is of nothing and needs no buffer.</summary>
    private Task<int> Ask(CancellationToken cancellationToken) => _arrival ?? Watch(_upstream.ReadAsync(Memory<byte>.Empty, cancellationToken));

    private Task<int> Watch(ValueTask<int> read)
    {
        _arrival = read.AsTask();
        if (!_arrival.IsCompleted)
        {
            _arrival.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_raise);
        }

        return _arrival;
    }

    /// <summary>
    /// Puts what arrived into the buffer: its length; 0: the stream ended; <see cref="NotYet"/>: a read of nothing does not wait here, as of a body that ends with its
    /// connection; from now on one with a buffer is under way.
    /// </summary>
    private async ValueTask<int> TakeArrivalAsync(CancellationToken cancellationToken)
    {
        var (arrival, fills) = (_arrival!, _arrivalFills);
        (_arrival, _arrivalFills) = (null, false);
        var count = await arrival.ConfigureAwait(false);
        if (!fills)
        {
            MakeRoom();
            var read = _upstream.ReadAsync(_buffer.AsMemory(_filled), cancellationToken);
            if (!read.IsCompleted)
            {
                _ = Watch(read);
                _arrivalFills = true;
                return NotYet;
            }

            count = await read.ConfigureAwait(false);
        }

        _filled += count;
        if (_atStart && count > 0)
        {
            FindMark();
        }

        return count;
    }

    private void MakeRoom()
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(Piece);
        if (_filled == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _filled).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }

    /// <summary>The read under way is abandoned. A buffer that it may still write to is not reused.</summary>
    private void ForgetArrival()
    {
        if (_arrivalFills && _arrival is { IsCompleted: false })
        {
            _buffer = null;
            _filled = 0;
        }

        (_arrival, _arrivalFills) = (null, false);
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
