using System.IO.Pipelines;

namespace Gateway.Forwarding.Responses;

/// <summary>
/// The bytes of a response's body that stand in the user's pipe and wait for a flush. A struct, so that it costs no object: it belongs to
/// the one copy that made it.
/// </summary>
internal struct UnsentBytes
{
    /// <summary>Bytes that may wait for a flush.</summary>
    public const int Most = 64 * 1024;

    private const int SmallestPiece = 4 * 1024;

    private readonly PipeWriter _to;
    private readonly int _most;
    private int _count;
    private bool _hasFlushed;
    private bool _isLarge;

    public UnsentBytes(HttpResponse response)
    {
        _to = response.BodyWriter;
        // What a window of HTTP/2 holds back is judged by the piece.
        _most = HttpProtocol.IsHttp2(response.HttpContext.Request.Protocol) ? Http2ResponseBody.LargestPiece : Most;
    }

    /// <summary>Something waits.</summary>
    public readonly bool HasAny => _count > 0;

    /// <summary>No more may wait.</summary>
    public readonly bool IsFull => _count >= _most;

    /// <summary>Where the next piece is written.</summary>
    public readonly Memory<byte> GetRoom() => _to.GetMemory(_isLarge ? Math.Max(_most - _count, SmallestPiece) : SmallestPiece);

    /// <summary>So many bytes were written there.</summary>
    /// <param name="count">How many.</param>
    /// <param name="isFull">There was no room for more: large bodies are moved in large pieces.</param>
    public void Add(int count, bool isFull)
    {
        _isLarge = isFull;
        _to.Advance(count);
        _count += count;
    }

    /// <summary>
    /// Kestrel flushes the end of a response with a length only if nothing was flushed before it; and trailers that the gateway writes
    /// itself bypass the writer.
    /// </summary>
    public readonly bool NeedsFlushAtEnd(HttpResponse response) => _count > 0 && (_hasFlushed || response.Body is ChunkedBody);

    /// <summary>Sends what waits; false: the client takes no more.</summary>
    public ValueTask<bool> TrySendAsync(CancellationToken aborted)
    {
        _count = 0;
        _hasFlushed = true;
        return TryFlushAsync(_to, aborted);
    }

    private static async ValueTask<bool> TryFlushAsync(PipeWriter to, CancellationToken aborted)
    {
        try
        {
            var sent = await to.FlushAsync(aborted).ConfigureAwait(false);
            return !sent.IsCompleted && !sent.IsCanceled;
        }
        catch (Exception)
        {
            return false;
        }
    }
}
