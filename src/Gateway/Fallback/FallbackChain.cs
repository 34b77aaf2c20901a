using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.LastGood.Policy;

namespace Gateway.Fallback;

/// <summary>
/// Gives a request that no tier could answer the first step that has a response. It never throws, and each step needs less than the one
/// before: memory filled by live responses, files read ahead, nothing at all.
/// </summary>
/// <param name="files">The files that were read ahead.</param>
/// <param name="lastGood">The stored responses; null: there are none.</param>
/// <param name="random">From 0 to less than 1, safe to call from many threads: spreads <c>Retry-After</c>.</param>
/// <param name="logger">Told when a step failed.</param>
internal sealed partial class FallbackChain(
    FallbackFiles files,
    LastGoodResponse? lastGood,
    Func<double> random,
    ILogger<FallbackChain> logger)
{
    private const string ProxyStatus = "gateway; error=destination_unavailable";

    /// <summary>Answers the request and says which step did.</summary>
    /// <param name="context">The request, of which nothing was answered yet.</param>
    /// <param name="route">Its route, with the fallback chain.</param>
    /// <param name="wasShed">A tier could serve but is full for this level: whatever the step, the response says when to come back.</param>
    /// <param name="fate">What is known of the request.</param>
    public async ValueTask<FallbackStep> RespondAsync(
        HttpContext context,
        RouteConfig route,
        bool wasShed = false,
        RequestFate fate = RequestFate.NotSent)
    {
        if (fate != RequestFate.NotSent && !SafeMethods.Contains(context.Request.Method))
        {
            return await AnswerUnknownFateAsync(context, route.Name, fate);
        }

        if (wasShed)
        {
            AddRetryAfter(context.Response);
        }

        // 1. A write is never answered from a file or a stored response, and a WebSocket cannot be: what they would say is not what
        // happened.
        var isPreflight = LastGood.Preflight.Is(context.Request);
        if (isPreflight || IsRead(context.Request))
        {
            // 2. The steps in their order.
            foreach (FallbackStepConfig step in route.Fallback)
            {
                if (step is BuiltInStep)
                {
                    break;
                }

                if (isPreflight && step is not LastGoodStep)
                {
                    // Which origins may ask is the destination's to say.
                    continue;
                }

                if (await TryAsync(context, route, step) is { } answered)
                {
                    return answered;
                }
            }
        }

        // 3. What is always there.
        return await AnswerBuiltInAsync(context, route.Name);
    }

    /// <summary>Gives the stored response in place of a live one that is late; false: there is none, and nothing was written.</summary>
    public async ValueTask<bool> GiveLastGoodAsync(HttpContext context, RouteConfig route)
    {
        try
        {
            return lastGood is not null && await lastGood(context, route);
        }
        catch (Exception e)
        {
            LogStepFailed(e, nameof(LastGoodStep), route.Name, context.TraceIdentifier);
            return context.Response.HasStarted;
        }
    }

    /// <summary>Answers without a route: the built-in 503.</summary>
    public ValueTask<FallbackStep> AnswerBuiltInAsync(HttpContext context) => AnswerBuiltInAsync(context, "");

    /// <summary>
    /// The step that responded, or <see cref="FallbackStep.None"/> if nothing can be said any more; null: the next step is to be tried.
    /// </summary>
    private async ValueTask<FallbackStep?> TryAsync(HttpContext context, RouteConfig route, FallbackStepConfig step)
    {
        try
        {
            switch (step)
            {
                case LastGoodStep when lastGood is not null && !context.Response.HasStarted:
                    // Left over from the failed attempt; the stored response brings its own headers.
                    context.Response.Clear();
                    return await lastGood(context, route) ? FallbackStep.LastGood : null;
                case FileStep file when Find(context, file) is { } found:
                    await WriteAsync(context, file, found);
                    return FallbackStep.File;
                default:
                    return null;
            }
        }
        catch (Exception e)
        {
            // The net under the net: a step that fails is a step without a response, unless its response is half out.
            if (context.RequestAborted.IsCancellationRequested || context.Response.HasStarted)
            {
                return Abort(context, e, route.Name);
            }

            LogStepFailed(e, step.GetType().Name, route.Name, context.TraceIdentifier);
            return null;
        }
    }

    private FallbackFile? Find(HttpContext context, FileStep step)
    {
        FallbackSnapshot snapshot = files.Snapshot;
        if (!step.File.Contains('{', StringComparison.Ordinal))
        {
            return snapshot.Find(step.File);
        }

        Span<char> name = stackalloc char[FileName.MostCharacters];
        return FileName.TryFill(step.File, context.Request.RouteValues, name, out int length, context.Request.QueryString.Value)
            ? snapshot.Find(name[..length])
            : null;
    }

    private async ValueTask<FallbackStep> AnswerBuiltInAsync(HttpContext context, string route)
    {
        try
        {
            BuiltInFormat shape = Negotiation.Choose(context.Request.Headers.Accept);
            await WriteAsync(
                context,
                FallbackStep.BuiltIn,
                StatusCodes.Status503ServiceUnavailable,
                BuiltInResponse.ContentType(shape),
                BuiltInResponse.Body(shape, context.TraceIdentifier),
                RetryAfter.Default);
            return FallbackStep.BuiltIn;
        }
        catch (Exception e)
        {
            // The client has gone, or a response was under way: nothing more can be said to it, but the cut must show.
            return Abort(context, e, route);
        }
    }

    private ValueTask WriteAsync(HttpContext context, FileStep step, FallbackFile file)
    {
        int status = step.Status ?? (file.Type.IsPage ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
        return WriteAsync(context, FallbackStep.File, status, file.Type.ContentType, file.Content, step.RetryAfter, step.Headers);
    }

    /// <summary>
    /// A whole response, whatever Range or If-None-Match ask: it stands for another one, and no client may keep or patch with it. CORS
    /// headers are not invented: which origins may read a response is the destination's to say, and a file cannot say it.
    /// </summary>
    private async ValueTask WriteAsync(
        HttpContext context,
        FallbackStep step,
        int status,
        string contentType,
        ReadOnlyMemory<byte> body,
        TimeSpan retryAfter,
        ImmutableArray<HeaderLineConfig> headers = default)
    {
        HttpResponse response = context.Response;
        response.Clear();
        response.StatusCode = status;
        response.Headers["X-Fallback"] = step.Label();
        response.Headers["Proxy-Status"] = ProxyStatus;
        response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = RetryAfter.Seconds(retryAfter, random()).ToString();
        }

        response.ContentType = contentType;
        if (!headers.IsDefaultOrEmpty)
        {
            foreach (var line in headers)
            {
                response.Headers[line.Name] = line.Value;
            }
        }

        // A step may say a status that has no body.
        if (status is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified)
        {
            response.ContentType = null;
            return;
        }

        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>
    /// A write that was sent and has no response: nothing may invite a client to send it again. gRPC's clients take 502, 503 and 504 for
    /// UNAVAILABLE, which many repeat by themselves, so that they are told in their own words.
    /// </summary>
    private async ValueTask<FallbackStep> AnswerUnknownFateAsync(HttpContext context, string route, RequestFate fate)
    {
        try
        {
            var timedOut = fate == RequestFate.TimedOut;
            var response = context.Response;
            response.Clear();
            response.Headers["X-Fallback"] = FallbackStep.BuiltIn.Label();
            response.Headers["Proxy-Status"] = timedOut ? "gateway; error=http_response_timeout" : "gateway; error=connection_terminated";
            response.Headers.CacheControl = "no-store";
            if (context.Request.ContentType is { } type
                && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase)
                && !type.StartsWith("application/grpc-web", StringComparison.OrdinalIgnoreCase))
            {
                response.ContentType = "application/grpc";
                response.Headers["grpc-status"] = timedOut ? "4" : "2";
                response.Headers["grpc-message"] = "No response came. The call may have been carried out.";
                return FallbackStep.BuiltIn;
            }

            response.StatusCode = timedOut ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status502BadGateway;
            var shape = Negotiation.Choose(context.Request.Headers.Accept);
            var body = BuiltInResponse.UnknownFate(shape, timedOut, context.TraceIdentifier);
            response.ContentType = BuiltInResponse.ContentType(shape);
            response.ContentLength = body.Length;
            await response.Body.WriteAsync(body, context.RequestAborted);
            return FallbackStep.BuiltIn;
        }
        catch (Exception e)
        {
            return Abort(context, e, route);
        }
    }

    /// <summary>OPTIONS and TRACE are safe, too, but no file is a response to them, and a stored one to a CORS preflight alone.</summary>
    private static bool IsRead(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && !string.Equals(request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase);

    private void AddRetryAfter(HttpResponse response) => response.OnStarting(
        static state =>
        {
            var (response, seconds) = ((HttpResponse, string))state;
            response.Headers.RetryAfter = seconds;
            return Task.CompletedTask;
        },
        (response, RetryAfter.Seconds(RetryAfter.Default, random()).ToString()));

    private FallbackStep Abort(HttpContext context, Exception e, string route)
    {
        LogNotAnswered(e, route, context.TraceIdentifier);
        context.Abort();
        return FallbackStep.None;
    }

    [LoggerMessage(EventId = 6101, Level = LogLevel.Error, Message = "The fallback step {Step} of the route '{Route}' failed for the "
        + "request {RequestId}; the next one responds.")]
    private partial void LogStepFailed(Exception exception, string step, string route, string requestId);

    [LoggerMessage(EventId = 6102, Level = LogLevel.Debug, Message = "The request {RequestId} of the route '{Route}' got no fallback "
        + "response: its client has disconnected, or a response was under way.")]
    private partial void LogNotAnswered(Exception exception, string route, string requestId);
}
