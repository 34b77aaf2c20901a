using System.Buffers;
using System.Net;
using System.Net.Http;

namespace Gateway.Forwarding;

/// <summary>
/// A whole answer in memory. Nothing of it was given to the user before its last byte was here, so one that is cut
/// half-way is an attempt that failed and not a broken answer.
/// </summary>
internal sealed class HeldContent : HttpContent
{
    private readonly HttpContent _upstream;
    private readonly int _length;
    private byte[]? _buffer;

    private HeldContent(HttpContent upstream, byte[] buffer, int length, Attempt attempt)
    {
        Attempt = attempt;
        _upstream = upstream;
        _buffer = buffer;
        _length = length;
    }

    /// <summary>Where it came from.</summary>
    public Attempt Attempt { get; }

    /// <summary>What it was read from; it has the headers.</summary>
    public HttpContent Upstream => _upstream;

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body => _buffer.AsMemory(0, _length);

    /// <summary>Reads the body whole.</summary>
    /// <exception cref="HttpRequestException">It ended early, or the connection broke.</exception>
    /// <param name="upstream">The answer's content.</param>
    /// <param name="length">Its Content-Length.</param>
    /// <param name="hasEnd">Its end is said apart from its length, and is awaited: it may bring trailers, or say that the answer is broken.</param>
    /// <param name="attempt">Where it came from.</param>
    /// <param name="idle">The time for each piece.</param>
    public static async ValueTask<HeldContent> ReadAsync(HttpContent upstream, int length, bool hasEnd, Attempt attempt, TimeSpan idle)
    {
        // One more than it should have, to see that nothing follows.
        var buffer = ArrayPool<byte>.Shared.Rent(length + 1);
        try
        {
            var stream = await upstream.ReadAsStreamAsync(attempt.Token).ConfigureAwait(false);
            var filled = 0;
            while (filled < length || hasEnd)
            {
                var read = stream.ReadAsync(buffer.AsMemory(filled, length - filled + (hasEnd ? 1 : 0)), attempt.Token);
                // The head usually brings the body with it: only a read that really waits gets a deadline of its own.
                if (!read.IsCompleted)
                {
                    attempt.Extend(idle);
                }

                var count = await read.ConfigureAwait(false);
                if (count == 0 && filled == length)
                {
                    break;
                }

                if (count == 0 || filled + count > length)
                {
                    throw new HttpIOException(HttpRequestError.ResponseEnded, "The answer's length is not its Content-Length.");
                }

                filled += count;
            }

            return new HeldContent(upstream, buffer, length, attempt);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <summary>As above, of an answer on a connection of ours: a small one usually came in one piece, with its head.</summary>
    /// <exception cref="HttpIOException">It ended early.</exception>
    public static ValueTask<HeldContent> ReadAsync(Http1Answer upstream, int length, Attempt attempt, TimeSpan idle)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        if (upstream.TryReadWhole(buffer.AsSpan(0, length)))
        {
            return ValueTask.FromResult(new HeldContent(upstream, buffer, length, attempt));
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return ReadAsync((HttpContent)upstream, length, hasEnd: false, attempt, idle);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        stream.WriteAsync(_buffer!, 0, _length);

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            _upstream.Dispose();
        }

        base.Dispose(disposing);
    }
}
