using System.IO.Pipelines;
using Gateway.Forwarding.Responses;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Forwarding.Requests;

/// <summary>Reads a client's body ahead, as far as that is allowed and useful.</summary>
internal static class RequestBodyReader
{
    /// <summary>How long the reading ahead of a body without a length may take.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Reads up to <paramref name="limit"/> bytes of a body that may have <paramref name="most"/>.</summary>
    /// <exception cref="BadHttpRequestException">The client broke the framing or sent more than the gateway takes.</exception>
    public static ValueTask<RequestBody> ReadAsync(
        HttpContext context, long limit, long most, TimeProvider time, CancellationToken cancellationToken)
    {
        var reader = context.Request.BodyReader;
        var declared = context.Request.ContentLength;
        if (ExpectsDuplex(context))
        {
            if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            {
                // A client that listens to a stream may send nothing for long; Kestrel would end the whole connection after five seconds
                // of it.
                rate.MinDataRate = null;
            }

            return new(new StreamedRequestBody(reader, default, declared, keep: limit, most, duplex: time));
        }

        var expectsInterim = ExpectsInterim(context);
        if (declared > limit || limit <= 0 || expectsInterim)
        {
            // Reading it would tell the client to send it, before the destination had its say.
            return new(new StreamedRequestBody(reader, default, declared, keep: 0, most) { ExpectsContinue = expectsInterim });
        }

        return ReadAheadAsync(reader, declared, limit, most, time, cancellationToken);
    }

    private static async ValueTask<RequestBody> ReadAheadAsync(
        PipeReader reader, long? declared, long limit, long most, TimeProvider time, CancellationToken cancellationToken)
    {
        var bytes = PooledBytes.WithRoom((int)Math.Min(declared ?? 4096, limit));
        // A body without a length may be one side of a conversation: it is not waited for without end.
        ITimer? enough = null;
        try
        {
            while (true)
            {
                var reading = reader.ReadAsync(cancellationToken);
                if (!reading.IsCompleted && declared is null)
                {
                    enough ??= time.CreateTimer(
                        static pipe => ((PipeReader)pipe!).CancelPendingRead(), reader, LongestPause, Timeout.InfiniteTimeSpan);
                }

                var read = await reading.ConfigureAwait(false);
                var more = read.Buffer;
                if (bytes.Length + more.Length > most)
                {
                    reader.AdvanceTo(more.End);
                    throw BodyLimit.TooLong();
                }

                if (read.IsCanceled || bytes.Length + more.Length > limit)
                {
                    // Not all of it came in time, or it is longer than is kept: what is here is handed on, and the rest streamed behind it.
                    reader.AdvanceTo(more.Start, more.Start);
                    return new StreamedRequestBody(reader, bytes, declared, keep: read.IsCanceled ? limit : 0, most);
                }

                bytes.Append(more, limit);
                reader.AdvanceTo(more.End);
                if (read.IsCompleted)
                {
                    return new WholeRequestBody(bytes);
                }
            }
        }
        catch (Exception exception)
        {
            bytes.Return();
            if (exception is BadHttpRequestException or OperationCanceledException || cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            // Kestrel's own parser gave up on it, by whatever exception: the size of a chunk that overflows is one.
            throw new BadHttpRequestException("The body of the request could not be read.", StatusCodes.Status400BadRequest, exception);
        }
        finally
        {
            if (enough is not null)
            {
                await enough.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>gRPC talks in both directions at once: waiting for its whole request would wait for ever.</summary>
    private static bool ExpectsDuplex(HttpContext context) =>
        context.Request.ContentLength is null && Grpc.Is(context.Request);

    private static bool ExpectsInterim(HttpContext context) =>
        context.Request.Headers.Expect is [{ } expect]
        && expect.Equals("100-continue", StringComparison.OrdinalIgnoreCase)
        && !HttpProtocol.IsHttp10(context.Request.Protocol);
}
