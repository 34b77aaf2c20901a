using Gateway.Configuration;

namespace Gateway.Fallback;

/// <summary>
/// Gives a request that no tier could answer the first rung that has an answer. It never throws, and each rung needs less than the one before:
/// memory filled by live answers, files read ahead, nothing at all.
/// </summary>
/// <param name="files">The files that were read ahead.</param>
/// <param name="lastGood">The stored answers; null: there are none.</param>
/// <param name="random">From 0 to less than 1, safe to call from many threads: spreads <c>Retry-After</c>.</param>
/// <param name="logger">Told when a rung failed.</param>
internal sealed partial class FallbackLadder(FallbackFiles files, LastGoodAnswer? lastGood, Func<double> random, ILogger<FallbackLadder> logger)
{
    private const string ProxyStatus = "gateway; error=destination_unavailable";

    /// <summary>Answers the request and says which rung did.</summary>
    /// <param name="context">The request, of which nothing was answered yet.</param>
    /// <param name="route">Its route, with the ladder.</param>
    /// <param name="wasShed">A tier could serve but is full for this level: whatever the rung, the answer says when to come back.</param>
    /// <param name="fate">What is known of the request.</param>
    public async ValueTask<FallbackRung> AnswerAsync(HttpContext context, RouteConfig route, bool wasShed = false, RequestFate fate = RequestFate.NotSent)
    {
        if (fate != RequestFate.NotSent && !IsSafe(context.Request.Method))
        {
            return await AnswerUnknownFateAsync(context, route.Name, fate);
        }

        if (wasShed)
        {
            context.Response.OnStarting(
                static state =>
                {
                    var (response, seconds) = ((HttpResponse, string))state;
                    response.Headers.RetryAfter = seconds;
                    return Task.CompletedTask;
                },
                (context.Response, RetryAfter.Seconds(RetryAfter.Default, random()).ToString()));
        }

        // 1. A write is never answered from a file or a stored answer, and a WebSocket cannot be: what they would say is not what happened.
        var isPreflight = LastGood.Preflight.Is(context.Request);
        if (isPreflight || IsRead(context.Request))
        {
            // 2. The rungs in their order.
            foreach (RungConfig rung in route.Fallback)
            {
                if (rung is BuiltInRung)
                {
                    break;
                }

                if (isPreflight && rung is not LastGoodRung)
                {
                    // Which origins may ask is the destination's to say.
                    continue;
                }

                try
                {
                    FallbackRung answered = await TryAsync(context, route, rung);
                    if (answered != FallbackRung.None)
                    {
                        return answered;
                    }
                }
                catch (Exception e)
                {
                    // The net under the net: a rung that fails is a rung without an answer, unless its answer is half out.
                    if (context.RequestAborted.IsCancellationRequested || context.Response.HasStarted)
                    {
                        return Abort(context, e, route.Name);
                    }

                    LogRungFailed(e, rung.GetType().Name, route.Name, context.TraceIdentifier);
                }
            }
        }

        // 3. What is always there.
        return await AnswerBuiltInAsync(context, route.Name);
    }

    /// <summary>Answers without a route: the built-in 503.</summary>
    public ValueTask<FallbackRung> AnswerBuiltInAsync(HttpContext context) => AnswerBuiltInAsync(context, "");

    private async ValueTask<FallbackRung> TryAsync(HttpContext context, RouteConfig route, RungConfig rung)
    {
        switch (rung)
        {
            case LastGoodRung when lastGood is not null && !context.Response.HasStarted:
                // Left over from the failed attempt; the stored answer brings its own headers.
                context.Response.Clear();
                return await lastGood(context, route) ? FallbackRung.LastGood : FallbackRung.None;
            case FileRung file when Find(context, file) is { } found:
                int status = file.Status ?? (found.Type.IsPage ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
                await WriteAsync(context, FallbackRung.File, status, found.Type.ContentType, found.Content, file.RetryAfter);
                return FallbackRung.File;
            default:
                return FallbackRung.None;
        }
    }

    private FallbackFile? Find(HttpContext context, FileRung rung)
    {
        FallbackSnapshot snapshot = files.Snapshot;
        if (!rung.File.Contains('{', StringComparison.Ordinal))
        {
            return snapshot.Find(rung.File);
        }

        Span<char> name = stackalloc char[FileName.MostCharacters];
        return FileName.TryFill(rung.File, context.Request.RouteValues, name, out int length) ? snapshot.Find(name[..length]) : null;
    }

    private async ValueTask<FallbackRung> AnswerBuiltInAsync(HttpContext context, string route)
    {
        try
        {
            BuiltInShape shape = Negotiation.Choose(context.Request.Headers.Accept);
            await WriteAsync(
                context,
                FallbackRung.BuiltIn,
                StatusCodes.Status503ServiceUnavailable,
                BuiltInAnswer.ContentType(shape),
                BuiltInAnswer.Body(shape, context.TraceIdentifier),
                RetryAfter.Default);
            return FallbackRung.BuiltIn;
        }
        catch (Exception e)
        {
            // The client has gone, or an answer was under way: nothing more can be said to it, but the cut must show.
            return Abort(context, e, route);
        }
    }

    /// <summary>
    /// A whole answer, whatever Range or If-None-Match ask: it stands for another one, and no client may keep or patch with it. CORS headers are not
    /// invented: which origins may read an answer is the destination's to say, and a file has nobody to say it.
    /// </summary>
    private async ValueTask WriteAsync(HttpContext context, FallbackRung rung, int status, string contentType, ReadOnlyMemory<byte> body, TimeSpan retryAfter)
    {
        HttpResponse response = context.Response;
        response.Clear();
        response.StatusCode = status;
        response.Headers["X-Fallback"] = rung.Label();
        response.Headers["Proxy-Status"] = ProxyStatus;
        response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = RetryAfter.Seconds(retryAfter, random()).ToString();
        }

        // A rung may say a status that has no body.
        if (status is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified)
        {
            return;
        }

        response.ContentType = contentType;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>
    /// A write that was sent and has no response: nothing may invite a client to send it again. gRPC's clients take 502, 503 and 504 for UNAVAILABLE, which many repeat by themselves,
    /// so that they are told in their own words.
    /// </summary>
    private async ValueTask<FallbackRung> AnswerUnknownFateAsync(HttpContext context, string route, RequestFate fate)
    {
        try
        {
            var timedOut = fate == RequestFate.TimedOut;
            var response = context.Response;
            response.Clear();
            response.Headers["X-Fallback"] = FallbackRung.BuiltIn.Label();
            response.Headers["Proxy-Status"] = timedOut ? "gateway; error=http_response_timeout" : "gateway; error=connection_terminated";
            response.Headers.CacheControl = "no-store";
            if (context.Request.ContentType is { } type && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) && !type.StartsWith("application/grpc-web", StringComparison.OrdinalIgnoreCase))
            {
                response.ContentType = "application/grpc";
                response.Headers["grpc-status"] = timedOut ? "4" : "2";
                response.Headers["grpc-message"] = "No response came. The call may have been carried out.";
                return FallbackRung.BuiltIn;
            }

            response.StatusCode = timedOut ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status502BadGateway;
            var shape = Negotiation.Choose(context.Request.Headers.Accept);
            var body = BuiltInAnswer.UnknownFate(shape, timedOut, context.TraceIdentifier);
            response.ContentType = BuiltInAnswer.ContentType(shape);
            response.ContentLength = body.Length;
            await response.Body.WriteAsync(body, context.RequestAborted);
            return FallbackRung.BuiltIn;
        }
        catch (Exception e)
        {
            return Abort(context, e, route);
        }
    }

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method);

    /// <summary>OPTIONS and TRACE are safe, too, but no file is an answer to them, and a stored one to a CORS preflight alone.</summary>
    private static bool IsRead(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && !string.Equals(request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase);

    private FallbackRung Abort(HttpContext context, Exception e, string route)
    {
        LogNotAnswered(e, route, context.TraceIdentifier);
        context.Abort();
        return FallbackRung.None;
    }

    [LoggerMessage(EventId = 6101, Level = LogLevel.Error, Message = "The fallback step {Step} of the route '{Route}' failed for the request {RequestId}; the next one responds.")]
    private partial void LogRungFailed(Exception exception, string step, string route, string requestId);

    [LoggerMessage(EventId = 6102, Level = LogLevel.Debug, Message = "The request {RequestId} of the route '{Route}' got no fallback response: its client has disconnected, or a response was under way.")]
    private partial void LogNotAnswered(Exception exception, string route, string requestId);
}
