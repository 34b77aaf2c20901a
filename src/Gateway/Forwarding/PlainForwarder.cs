using System.IO.Pipelines;
using System.Net.Http;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Forwarding;

/// <summary>
/// Serves a read without a body, as YARP's forwarder does for everything else: asks the exchange for one answer and hands it on. It makes no message of the
/// request, which is a fifth of what a request costs there.
/// </summary>
internal static class PlainForwarder
{
    private const int SmallestPiece = 4 * 1024;
    private const int MostUnsent = 64 * 1024;

    /// <summary>Hands on the exchange's answer; without one the response is untouched.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<ForwarderError> SendAsync(HttpContext context, Exchange exchange, HeaderTransformer headers)
    {
        var left = context.RequestAborted;
        HttpResponseMessage answer;
        try
        {
            answer = await exchange.AnswerAsync(left).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Whatever broke here, the ladder does not ask why.
            return left.IsCancellationRequested ? ForwarderError.RequestCanceled : ForwarderError.Request;
        }

        using (answer)
        {
            if (answer.Content is NoAnswer)
            {
                return ForwarderError.None;
            }

            ForwarderError error;
            try
            {
                error = await HandOnAsync(context, answer, headers, left).ConfigureAwait(false);
            }
            catch (Exception)
            {
                // It cannot be written: a header of it is none, or the client has gone.
                error = left.IsCancellationRequested ? ForwarderError.ResponseBodyCanceled : ForwarderError.ResponseHeaders;
            }

            if (error != ForwarderError.None && context.Response.HasStarted)
            {
                // What was given so far must not look like all of it.
                Cut(context, error);
            }

            return error;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<ForwarderError> HandOnAsync(HttpContext context, HttpResponseMessage answer, HeaderTransformer headers, CancellationToken left)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        if (ReasonOf(answer) is { } reason && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason;
        }

        if (!await headers.TransformResponseAsync(context, answer, left).ConfigureAwait(false))
        {
            return ForwarderError.None;
        }

        var error = await CopyAsync(answer.Content, context.Response, left).ConfigureAwait(false);
        if (error == ForwarderError.None)
        {
            await headers.TransformResponseTrailersAsync(context, answer, left).ConfigureAwait(false);
        }

        return error;
    }

    /// <summary>
    /// Moves the body piece by piece as it comes. Nothing that is here waits for what is not: it is sent before the next piece is waited for. But what came together
    /// goes together, the end of the answer included. While the destination is quiet no buffer waits for it.
    /// </summary>
    private static async ValueTask<ForwarderError> CopyAsync(HttpContent content, HttpResponse response, CancellationToken left)
    {
        var to = response.BodyWriter;
        var unsent = 0;
        var hasFlushed = false;
        var piece = SmallestPiece;
        // Of a foreign stream nobody knows whether a read that follows a wait waits once more.
        var sendsEach = content is StreamedContent { Body: AnswerStream, Upstream: not Http1Answer };
        try
        {
            var from = await content.ReadAsStreamAsync(left).ConfigureAwait(false);
            while (true)
            {
                var waited = from.ReadAsync(Memory<byte>.Empty, left);
                if (!waited.IsCompleted && unsent > 0)
                {
                    unsent = 0;
                    hasFlushed = true;
                    if (!await TrySendAsync(to, left).ConfigureAwait(false))
                    {
                        return ClientFailed(left);
                    }
                }

                await waited.ConfigureAwait(false);
                var room = to.GetMemory(piece);
                var count = await from.ReadAsync(room, left).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                // Large bodies are moved in large pieces.
                piece = count == room.Length ? MostUnsent : SmallestPiece;
                to.Advance(count);
                unsent += count;
                if (unsent >= MostUnsent || sendsEach)
                {
                    unsent = 0;
                    hasFlushed = true;
                    if (!await TrySendAsync(to, left).ConfigureAwait(false))
                    {
                        return ClientFailed(left);
                    }
                }
            }
        }
        catch (Exception)
        {
            // What came before the break is the user's, and shows that there was an answer, which is cut now.
            if (unsent > 0)
            {
                await TrySendAsync(to, left).ConfigureAwait(false);
            }

            return left.IsCancellationRequested ? ForwarderError.ResponseBodyCanceled : ForwarderError.ResponseBodyDestination;
        }

        // Kestrel flushes the end of a response with a length only if nothing was flushed before it; and trailers that we write ourselves bypass the writer.
        var mustFlush = unsent > 0 && (hasFlushed || response.Body is ChunkedBody);
        return !mustFlush || await TrySendAsync(to, left).ConfigureAwait(false) ? ForwarderError.None : ClientFailed(left);
    }

    private static async ValueTask<bool> TrySendAsync(PipeWriter to, CancellationToken left)
    {
        try
        {
            var sent = await to.FlushAsync(left).ConfigureAwait(false);
            return !sent.IsCompleted && !sent.IsCanceled;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private static ForwarderError ClientFailed(CancellationToken left) =>
        left.IsCancellationRequested ? ForwarderError.ResponseBodyCanceled : ForwarderError.ResponseBodyClient;

    private static string? ReasonOf(HttpResponseMessage answer) => answer.Content switch
    {
        HeldContent { Upstream: Http1Answer held } => held.Head.Reason,
        StreamedContent { Upstream: Http1Answer streamed } => streamed.Head.Reason,
        Http1Answer plain => plain.Head.Reason,
        _ => answer.ReasonPhrase,
    };

    private static void Cut(HttpContext context, ForwarderError error)
    {
        if (context.Features.Get<IHttpResetFeature>() is { } stream)
        {
            // RFC 9113, section 7: CANCEL for a client that left, INTERNAL_ERROR for what went wrong behind us.
            stream.Reset(error == ForwarderError.ResponseBodyCanceled ? 0x8 : 0x2);
        }
        else
        {
            context.Abort();
        }
    }
}
