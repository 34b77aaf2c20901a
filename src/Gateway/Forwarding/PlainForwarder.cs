using System.Buffers;
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
    private const int Piece = 64 * 1024;

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
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            return ForwarderError.RequestCanceled;
        }

        using (answer)
        {
            if (answer.Content is NoAnswer)
            {
                return ForwarderError.None;
            }

            var response = context.Response;
            response.StatusCode = (int)answer.StatusCode;
            if (ReasonOf(answer) is { } reason && HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason;
            }

            if (!await headers.TransformResponseAsync(context, answer, left).ConfigureAwait(false))
            {
                return ForwarderError.None;
            }

            var error = await CopyAsync(answer.Content, response.Body, left).ConfigureAwait(false);
            if (error == ForwarderError.None)
            {
                await headers.TransformResponseTrailersAsync(context, answer, left).ConfigureAwait(false);
            }
            else if (response.HasStarted)
            {
                // What was given so far must not look like all of it.
                Cut(context, error);
            }

            return error;
        }
    }

    /// <summary>Moves the body piece by piece as it comes; while it is quiet no buffer waits for it.</summary>
    private static async ValueTask<ForwarderError> CopyAsync(HttpContent content, Stream to, CancellationToken left)
    {
        Stream from;
        try
        {
            from = await content.ReadAsStreamAsync(left).ConfigureAwait(false);
            while (true)
            {
                var waited = from.ReadAsync(Memory<byte>.Empty, left);
                if (!waited.IsCompletedSuccessfully)
                {
                    await waited.ConfigureAwait(false);
                }

                var buffer = ArrayPool<byte>.Shared.Rent(Piece);
                try
                {
                    var count = await from.ReadAsync(buffer, left).ConfigureAwait(false);
                    if (count == 0)
                    {
                        return ForwarderError.None;
                    }

                    if (!await TryWriteAsync(to, buffer.AsMemory(0, count), left).ConfigureAwait(false))
                    {
                        return left.IsCancellationRequested ? ForwarderError.ResponseBodyCanceled : ForwarderError.ResponseBodyClient;
                    }
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        catch (Exception)
        {
            return left.IsCancellationRequested ? ForwarderError.ResponseBodyCanceled : ForwarderError.ResponseBodyDestination;
        }
    }

    private static async ValueTask<bool> TryWriteAsync(Stream to, ReadOnlyMemory<byte> piece, CancellationToken left)
    {
        try
        {
            await to.WriteAsync(piece, left).ConfigureAwait(false);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

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
