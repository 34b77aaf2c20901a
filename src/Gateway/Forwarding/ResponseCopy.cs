using System.IO.Pipelines;
using Gateway.Observability;

namespace Gateway.Forwarding;

/// <summary>Moves the body of a response from a destination to a user.</summary>
internal static class ResponseCopy
{
    /// <summary>Bytes that may wait for a flush.</summary>
    public const int MostUnsent = 64 * 1024;

    private const int SmallestPiece = 4 * 1024;

    /// <summary>
    /// Moves the body piece by piece as it comes. Nothing that is here waits for what is not: it is sent before the next piece is waited for. But what came together
    /// goes together, the end of the response included. While the destination is quiet no buffer waits for it.
    /// </summary>
    public static async ValueTask<RelayResult> CopyAsync(Stream from, HttpResponse response, bool sendsEach, RequestRecord record, CancellationToken aborted)
    {
        var to = response.BodyWriter;
        // What a window of HTTP/2 holds back is judged by the piece.
        var most = HttpProtocol.IsHttp2(response.HttpContext.Request.Protocol) ? Http2ResponseBody.LargestPiece : MostUnsent;
        var unsent = 0;
        var hasFlushed = false;
        var isLarge = false;
        try
        {
            while (true)
            {
                var waited = from.ReadAsync(Memory<byte>.Empty, aborted);
                if (!waited.IsCompleted && unsent > 0)
                {
                    unsent = 0;
                    hasFlushed = true;
                    if (!await TrySendAsync(to, aborted).ConfigureAwait(false))
                    {
                        return RelayResult.ClientFailed;
                    }
                }

                await waited.ConfigureAwait(false);
                var room = to.GetMemory(isLarge ? Math.Max(most - unsent, SmallestPiece) : SmallestPiece);
                var count = await from.ReadAsync(room, aborted).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                // Large bodies are moved in large pieces.
                isLarge = count == room.Length;
                to.Advance(count);
                record.BytesOut += count;
                unsent += count;
                if (unsent >= most || sendsEach)
                {
                    unsent = 0;
                    hasFlushed = true;
                    if (!await TrySendAsync(to, aborted).ConfigureAwait(false))
                    {
                        return RelayResult.ClientFailed;
                    }
                }
            }
        }
        catch (Exception)
        {
            // What came before the break is the user's, and shows that there was a response, which is cut now.
            if (unsent > 0)
            {
                await TrySendAsync(to, aborted).ConfigureAwait(false);
            }

            return aborted.IsCancellationRequested ? RelayResult.ClientFailed : RelayResult.DestinationFailed;
        }

        // Kestrel flushes the end of a response with a length only if nothing was flushed before it; and trailers that we write ourselves bypass the writer.
        var mustFlush = unsent > 0 && (hasFlushed || response.Body is ChunkedBody);
        return !mustFlush || await TrySendAsync(to, aborted).ConfigureAwait(false) ? RelayResult.Complete : RelayResult.ClientFailed;
    }

    private static async ValueTask<bool> TrySendAsync(PipeWriter to, CancellationToken aborted)
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
