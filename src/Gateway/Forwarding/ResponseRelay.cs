using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Gateway.Configuration.Model;
using Gateway.LastGood;
using Gateway.Observability;
using Gateway.Upstream;
using Gateway.Upstream.Http1;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding;

/// <summary>
/// Gives a user the response of an attempt, whichever client received it and however it was framed: head, body, trailers. On the way the store of last good responses
/// takes its copy.
/// </summary>
/// <param name="route">The route.</param>
/// <param name="lastGood">The store.</param>
/// <param name="saysVia">Responses say <c>Via</c>.</param>
internal sealed class ResponseRelay(RouteConfig route, LastGoodStore lastGood, bool saysVia = true)
{
    private const int SmallestPiece = 4 * 1024;
    private const int MostUnsent = 64 * 1024;

    private static readonly StringValues Via11 = "1.1 gateway";
    private static readonly StringValues Via20 = "2.0 gateway";

    /// <summary>Gives the response; it is disposed in the end. A response that has begun and cannot be finished is cut visibly.</summary>
    /// <param name="context">The request.</param>
    /// <param name="attempt">Whose response.</param>
    /// <param name="record">Gets the number of bytes.</param>
    /// <param name="aborted">The client disconnected.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<RelayResult> SendAsync(HttpContext context, Attempt attempt, RequestRecord record, CancellationToken aborted)
    {
        RelayResult result;
        try
        {
            result = await RelayAsync(context, attempt, record, aborted).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The response cannot be written: a header is invalid, or the client disconnected.
            result = aborted.IsCancellationRequested ? RelayResult.ClientFailed : RelayResult.Unwritable;
        }
        finally
        {
            attempt.DisposeResponse();
        }

        if (result != RelayResult.Complete && context.Response.HasStarted)
        {
            // What was given so far must not look like all of it.
            Cut(context, aborted.IsCancellationRequested);
        }

        return result;
    }

    /// <summary>Lets the store learn from a response that no user waits for; it is disposed in the end.</summary>
    public async ValueTask LearnAsync(HttpContext context, Attempt attempt, CancellationToken stop)
    {
        try
        {
            var upstream = attempt.Response!;
            var headers = new HeaderDictionary();
            upstream.CopyHeadersTo(headers);
            headers.ContentLength = attempt.Buffered is { IsWhole: true } whole ? whole.Bytes.Length : LengthOf(upstream);
            var hasBody = attempt.Buffered is not null || attempt.Stream is not null;
            if (lastGood.OnResponse(route, context.Request, upstream.Status, headers, attempt.Tier.Name, attempt.ToHead, upstream.EndIsKnown || !hasBody) is not { } capture)
            {
                return;
            }

            if (attempt.Stream is MonitoredResponseStream monitored)
            {
                monitored.Capture = capture;
                var piece = new byte[MostUnsent];
                while (await monitored.ReadAsync(piece, stop).ConfigureAwait(false) > 0)
                {
                    // The copy is taken by the reading.
                }
            }
            else if (attempt.Stream is null && attempt.Buffered is { } buffered)
            {
                capture.Append(buffered.Bytes.Span);
                capture.Complete();
            }
            else
            {
                capture.Abandon();
            }
        }
        finally
        {
            attempt.DisposeResponse();
        }
    }

    private async ValueTask<RelayResult> RelayAsync(HttpContext context, Attempt attempt, RequestRecord record, CancellationToken aborted)
    {
        record.BytesOut = 0;
        // 1. The head.
        var upstream = attempt.Response!;
        var response = context.Response;
        response.StatusCode = upstream.Status;
        if (upstream.Reason is { } reason && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason;
        }

        upstream.CopyHeadersTo(response.Headers);

        // 2. The length, by which the store tells a whole body from a cut one. Heartbeats and what is said of a cut are not in the destination's count.
        var length = attempt.Buffered is { IsWhole: true } whole ? whole.Bytes.Length : LengthOf(upstream);
        response.ContentLength = attempt.Stream is EventStream ? null : length;

        // 3. The store's chance to take a copy. Without a body there is nothing to keep, but what a response says can make a kept one leave.
        var hasBody = attempt.Buffered is not null || attempt.Stream is not null;
        var capture = attempt.Stream is EventStream ? null : lastGood.OnResponse(
            route, context.Request, response.StatusCode, response.Headers, attempt.Tier.Name, attempt.ToHead, upstream.EndIsKnown || !hasBody);
        if (saysVia)
        {
            response.Headers.Append("Via", upstream.Version.Major >= 2 ? Via20 : Via11);
        }

        // 4. The body. A 205 has none, however it was framed (RFC 9110, section 15.3.6).
        if (upstream.Status == StatusCodes.Status205ResetContent)
        {
            capture?.Abandon();
            response.ContentLength = 0;
            return RelayResult.Complete;
        }

        if (attempt.Stream is { } stream)
        {
            if (stream is MonitoredResponseStream monitored)
            {
                monitored.Capture = capture;
            }

            if (response.ContentLength is null && ChunkedBody.IsWanted(context.Request))
            {
                // Whether trailers will follow is not known yet.
                ChunkedBody.Use(context);
            }

            // Of a foreign stream one cannot tell whether a read that follows a wait waits once more.
            var result = await CopyAsync(stream, response, sendsEach: upstream is not Http1Response && stream is MonitoredResponseStream, record, aborted).ConfigureAwait(false);
            if (result == RelayResult.Complete)
            {
                await SendTrailersAsync(context, upstream, aborted).ConfigureAwait(false);
            }

            return result;
        }

        if (attempt.Buffered is not { } buffered)
        {
            capture?.Abandon();
            await SendTrailersAsync(context, upstream, aborted).ConfigureAwait(false);
            return RelayResult.Complete;
        }

        if (capture is not null)
        {
            capture.Append(buffered.Bytes.Span);
            capture.Complete();
        }

        if (upstream.Trailers.Count > 0 && ChunkedBody.IsWanted(context.Request))
        {
            ChunkedBody.Use(context);
        }

        await response.Body.WriteAsync(buffered.Bytes, aborted).ConfigureAwait(false);
        record.BytesOut = buffered.Bytes.Length;
        await SendTrailersAsync(context, upstream, aborted).ConfigureAwait(false);
        return RelayResult.Complete;
    }

    /// <summary>What <c>Content-Length</c> says to the user. Where a status has no body only 304 may say how long one would be (RFC 9110, section 8.6).</summary>
    private static long? LengthOf(UpstreamResponse upstream) => upstream.Status switch
    {
        StatusCodes.Status304NotModified => upstream.Length,
        StatusCodes.Status205ResetContent => 0,
        _ when UpstreamResponse.IsBodiless(upstream.Status) => null,
        _ => upstream.Length,
    };

    /// <summary>
    /// Moves the body piece by piece as it comes. Nothing that is here waits for what is not: it is sent before the next piece is waited for. But what came together
    /// goes together, the end of the response included. While the destination is quiet no buffer waits for it.
    /// </summary>
    private static async ValueTask<RelayResult> CopyAsync(Stream from, HttpResponse response, bool sendsEach, RequestRecord record, CancellationToken aborted)
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

    private static async ValueTask SendTrailersAsync(HttpContext context, UpstreamResponse upstream, CancellationToken aborted)
    {
        if (context.Response.Body is ChunkedBody body)
        {
            await body.EndAsync(upstream.Trailers, aborted).ConfigureAwait(false);
            return;
        }

        if (upstream.Trailers is { Count: > 0 } trailers && context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } target)
        {
            foreach (var (name, values) in trailers)
            {
                target.Append(name, values);
            }
        }
    }

    private static void Cut(HttpContext context, bool isClients)
    {
        if (context.Features.Get<IHttpResetFeature>() is { } stream)
        {
            // RFC 9113, section 7: CANCEL for a client that left, INTERNAL_ERROR for what went wrong behind us.
            stream.Reset(isClients ? 0x8 : 0x2);
        }
        else
        {
            context.Abort();
        }
    }
}
