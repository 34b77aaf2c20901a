using System.Buffers;
using Gateway.LastGood.Policy;

namespace Gateway.LastGood;

/// <summary>
/// A copy of one response while it streams to its client. One writer; ends by <see cref="Complete"/> or <see cref="Abandon"/>, whichever
/// comes first.
/// </summary>
/// <remarks>Appending copies bytes and does nothing else; nothing here throws for what a response holds.</remarks>
internal sealed class LastGoodCapture
{
    private readonly ResponseKeeper _keeper;
    private readonly long _maxBody;
    private readonly long? _contentLength;
    private byte[]? _buffer;
    private int _length;
    private int _ended;

    internal LastGoodCapture(ResponseKeeper keeper, CaptureHead head, long maxBody, long? contentLength)
    {
        _keeper = keeper;
        Head = head;
        _maxBody = Math.Min(maxBody, Array.MaxLength);
        _contentLength = contentLength;
    }

    /// <summary>Called once it is kept, or never will be. Set before the body.</summary>
    public Action? Ended { get; set; }

    /// <summary>What is known of the response besides its body.</summary>
    internal CaptureHead Head { get; }

    /// <summary>Copies a piece of the body as it goes by.</summary>
    public void Append(ReadOnlySpan<byte> piece)
    {
        if (Volatile.Read(ref _ended) != 0 || piece.IsEmpty)
        {
            return;
        }

        var length = (long)_length + piece.Length;
        if (length > _maxBody)
        {
            End(StoreRejection.TooLarge);
            return;
        }

        if (length > _contentLength)
        {
            End(StoreRejection.Truncated);
            return;
        }

        if ((_buffer is null || length > _buffer.Length) && !Grow((int)length))
        {
            End(StoreRejection.Busy);
            return;
        }

        piece.CopyTo(_buffer.AsSpan(_length));
        _length = (int)length;
    }

    /// <summary>The response has reached its end as the protocol tells it: checks it and keeps it.</summary>
    public void Complete()
    {
        if (_contentLength is { } promised && promised != _length)
        {
            End(StoreRejection.Truncated);
        }
        else if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            if (BodyCheck.IsCheap(Head.ContentType, Head.ContentEncoding, _length))
            {
                Keep();
            }
            else
            {
                // The copy stays counted until it is done, so the waiting work is bounded by the same bytes.
                ThreadPool.UnsafeQueueUserWorkItem(static capture => capture.Keep(), this, preferLocal: false);
            }
        }
    }

    /// <summary>The response was cut, or is not wanted: nothing is kept.</summary>
    public void Abandon() => End(StoreRejection.Truncated);

    private void Keep()
    {
        try
        {
            _keeper.Keep(Head, _buffer.AsMemory(0, _length));
        }
        catch (Exception exception)
        {
            // A safety net never throws into what it serves; the reason is told by the keeper's log.
            _keeper.Report(exception);
        }
        finally
        {
            Head.Claimed?.Unclaim();
            ReturnBuffer();
            Ended?.Invoke();
        }
    }

    private void End(StoreRejection reason)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _keeper.Counters.CountRefused(reason);
            Head.Claimed?.Unclaim();
            ReturnBuffer();
            Ended?.Invoke();
        }
    }

    private bool Grow(int needed)
    {
        var size = (int)Math.Min(_maxBody, Math.Max(needed, _contentLength ?? Math.Max(4096, 2L * _length)));
        if (!_keeper.TryReserveCopy(size))
        {
            return false;
        }

        var bigger = ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(0, _length).CopyTo(bigger);
        ReturnBuffer();
        _buffer = bigger;
        Reserved = size;
        return true;
    }

    private int Reserved { get; set; }

    private void ReturnBuffer()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            _keeper.ReleaseCopy(Reserved);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
