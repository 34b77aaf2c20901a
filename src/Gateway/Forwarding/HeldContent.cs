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

    /// <summary>The headers of the body as they came.</summary>
    public System.Net.Http.Headers.HttpContentHeaders UpstreamHeaders => _upstream.Headers;

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body => _buffer.AsMemory(0, _length);

    /// <summary>Reads the body whole.</summary>
    /// <exception cref="HttpRequestException">It ended early, or the connection broke.</exception>
    public static async ValueTask<HeldContent> ReadAsync(HttpContent upstream, int length, Attempt attempt, TimeSpan idle)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var stream = await upstream.ReadAsStreamAsync(attempt.Token).ConfigureAwait(false);
            var filled = 0;
            while (filled < length)
            {
                var read = stream.ReadAsync(buffer.AsMemory(filled, length - filled), attempt.Token);
                // The head usually brings the body with it: only a read that really waits gets a deadline of its own.
                if (!read.IsCompleted)
                {
                    attempt.Extend(idle);
                }

                var count = await read.ConfigureAwait(false);
                if (count == 0)
                {
                    throw new HttpIOException(HttpRequestError.ResponseEnded, "The answer ended before its Content-Length.");
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
