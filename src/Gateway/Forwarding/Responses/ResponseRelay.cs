using System.Runtime.CompilerServices;
using Gateway.Configuration.Model;
using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.EventStreams;
using Gateway.LastGood;
using Gateway.Observability;
using Gateway.Upstream;
using Gateway.Upstream.Http1;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding.Responses;

/// <summary>
/// Gives a user the response of an attempt, whichever client received it and however it was framed: head, body, trailers. On the way the
/// store of last good responses takes its copy.
/// </summary>
/// <param name="route">The route.</param>
/// <param name="lastGood">The store.</param>
/// <param name="saysVia">Responses say <c>Via</c>.</param>
/// <param name="reportsLoad">Responses report their destination's load (ORCA).</param>
internal sealed class ResponseRelay(RouteConfig route, LastGoodStore lastGood, bool saysVia = true, bool reportsLoad = false)
{
    private readonly bool _isShared = route.LastGood is { Collapse: true } or { StaleWhileRevalidate.Ticks: > 0 };

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
            ResponseCut.Make(context, record, aborted.IsCancellationRequested);
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
            if (reportsLoad)
            {
                OrcaHeaders.Take(attempt.UpstreamEndpoint.Destination.Load, headers);
            }

            headers.ContentLength = LengthOf(attempt, upstream);
            var capture = Capture(context.Request, headers, attempt, upstream);
            Share(context, capture);
            if (capture is null)
            {
                return;
            }

            if (attempt.Stream is MonitoredResponseStream monitored)
            {
                monitored.Capture = capture;
                var piece = new byte[UnsentBytes.Most];
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

    /// <summary>Head, copy, body. Not async itself, so that only the body's own way costs a state.</summary>
    private ValueTask<RelayResult> RelayAsync(HttpContext context, Attempt attempt, RequestRecord record, CancellationToken aborted)
    {
        record.BytesOut = 0;
        // 1. The head.
        var upstream = attempt.Response!;
        var response = context.Response;
        WriteHead(context, upstream);
        if (reportsLoad)
        {
            upstream.ReportsTo = attempt.UpstreamEndpoint.Destination.Load;
            OrcaHeaders.Take(upstream.ReportsTo, response.Headers);
        }

        // 2. The length, by which the store tells a whole body from a cut one. Heartbeats and what is said of a cut are not in the
        // destination's count.
        response.ContentLength = attempt.Stream is EventStream ? null : LengthOf(attempt, upstream);

        // 3. The store's chance to take a copy.
        var capture = attempt.Stream is EventStream ? null : Capture(context.Request, response.Headers, attempt, upstream);
        // A body that is not here yet comes at the pace of this client, and no other one is to wait for that.
        Share(context, attempt.Buffered is { IsWhole: true } ? capture : null);
        if (saysVia)
        {
            response.Headers.Append("Via", upstream.Version.Major >= 2 ? Via20 : Via11);
        }

        // 4. The body. A 205 has none, however it was framed (RFC 9110, section 15.3.6).
        if (upstream.Status == StatusCodes.Status205ResetContent)
        {
            capture?.Abandon();
            response.ContentLength = 0;
            return new(RelayResult.Complete);
        }

        if (attempt.Stream is { } stream)
        {
            return RelayStreamAsync(context, upstream, stream, capture, record, aborted);
        }

        if (attempt.Buffered is { } buffered)
        {
            return RelayBufferedAsync(context, upstream, buffered, capture, record, aborted);
        }

        capture?.Abandon();
        return RelayNoBodyAsync(context, upstream, aborted);
    }

    private static void WriteHead(HttpContext context, UpstreamResponse upstream)
    {
        context.Response.StatusCode = upstream.Status;
        if (upstream.Reason is { } reason && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason;
        }

        upstream.CopyHeadersTo(context.Response.Headers);
    }

    /// <summary>
    /// The copy that the store wants of this response; null: none. Without a body there is nothing to keep, but what a response says can
    /// make a kept one leave.
    /// </summary>
    private LastGoodCapture? Capture(HttpRequest request, IHeaderDictionary headers, Attempt attempt, UpstreamResponse upstream)
    {
        var hasBody = attempt.Buffered is not null || attempt.Stream is not null;
        return lastGood.OnResponse(
            route, request, upstream.Status, headers, attempt.Tier.Name, attempt.ToHead, upstream.EndIsKnown || !hasBody);
    }

    private static async ValueTask<RelayResult> RelayStreamAsync(
        HttpContext context,
        UpstreamResponse upstream,
        ReadOnlyStream stream,
        LastGoodCapture? capture,
        RequestRecord record,
        CancellationToken aborted)
    {
        var response = context.Response;
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
        var sendsEach = upstream is not Http1Response && stream is MonitoredResponseStream;
        var result = await ResponseCopy.CopyAsync(stream, response, sendsEach, record, aborted).ConfigureAwait(false);
        if (result == RelayResult.Complete)
        {
            await SendTrailersAsync(context, upstream, aborted).ConfigureAwait(false);
        }

        return result;
    }

    private static async ValueTask<RelayResult> RelayBufferedAsync(
        HttpContext context,
        UpstreamResponse upstream,
        BufferedBody buffered,
        LastGoodCapture? capture,
        RequestRecord record,
        CancellationToken aborted)
    {
        if (capture is not null)
        {
            capture.Append(buffered.Bytes.Span);
            capture.Complete();
        }

        if (upstream.Trailers.Count > 0 && ChunkedBody.IsWanted(context.Request))
        {
            ChunkedBody.Use(context);
        }

        await context.Response.Body.WriteAsync(buffered.Bytes, aborted).ConfigureAwait(false);
        record.BytesOut = buffered.Bytes.Length;
        await SendTrailersAsync(context, upstream, aborted).ConfigureAwait(false);
        return RelayResult.Complete;
    }

    private static async ValueTask<RelayResult> RelayNoBodyAsync(HttpContext context, UpstreamResponse upstream, CancellationToken aborted)
    {
        await SendTrailersAsync(context, upstream, aborted).ConfigureAwait(false);
        return RelayResult.Complete;
    }

    /// <summary>Tells requests that wait for this response whether they may have it.</summary>
    private void Share(HttpContext context, LastGoodCapture? capture)
    {
        if (_isShared)
        {
            context.Features.Get<ReadFlight>()?.Follow(capture);
        }
    }

    /// <summary>
    /// What <c>Content-Length</c> says to the user. Where a status has no body only 304 may say how long one would be
    /// (RFC 9110, section 8.6).
    /// </summary>
    private static long? LengthOf(Attempt attempt, UpstreamResponse upstream) => upstream.Status switch
    {
        _ when attempt.Buffered is { IsWhole: true } whole => whole.Bytes.Length,
        StatusCodes.Status304NotModified => upstream.Length,
        StatusCodes.Status205ResetContent => 0,
        _ when UpstreamResponse.IsBodiless(upstream.Status) => null,
        _ => upstream.Length,
    };

    private static async ValueTask SendTrailersAsync(HttpContext context, UpstreamResponse upstream, CancellationToken aborted)
    {
        var trailers = upstream.ReportsTo is { } load ? OrcaHeaders.Take(load, upstream.Trailers) : upstream.Trailers;
        if (context.Response.Body is ChunkedBody body)
        {
            await body.EndAsync(trailers, aborted).ConfigureAwait(false);
            return;
        }

        if (trailers.Count > 0
            && context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } target)
        {
            foreach (var (name, values) in trailers)
            {
                target.Append(name, values);
            }
        }
    }
}
