using System.Diagnostics;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;

namespace Gateway.Observability.Tracing;

/// <summary>
/// Spans: one a request, below it one an attempt, whose id goes to the destination in <c>traceparent</c>. Without a listener, that is
/// unless <c>telemetry.otlp</c> is set, both cost one look and the client's own <c>traceparent</c> is passed on as it is.
/// </summary>
internal static class Traces
{
    /// <summary>The source's name, for the exporter.</summary>
    public const string SourceName = "Gateway";

    /// <summary>
    /// Requests of which a span is made within a second: with more, spans would cost a request more than a tenth of what it costs without.
    /// </summary>
    public const int MaxASecond = 2000;

    /// <summary>
    /// What names of routes begin with whose requests have no span: the gateway's own. Names of a configuration file cannot.
    /// </summary>
    public const char UnseenRoute = '(';

    private static readonly ActivitySource Source = new(SourceName);

    private static long _second;
    private static int _begun;

    /// <summary>
    /// Begins a request's span, below the client's own if it sent one. Null: there is no listener, or more than <see cref="MaxASecond"/>
    /// came within this second.
    /// </summary>
    public static Activity? BeginRequest(HttpContext context, string route, TimeProvider time)
    {
        if (!Source.HasListeners() || route.StartsWith(UnseenRoute))
        {
            return null;
        }

        // The server's own activity is not recorded; a child of it would not be recorded either.
        Activity.Current = null;
        if (!MayBegin(time))
        {
            return null;
        }

        var request = context.Request;
        var parent = default(ActivityContext);
        if (request.Headers.TraceParent is [{ } traceParent]
            && !ActivityContext.TryParse(traceParent, request.Headers.TraceState, isRemote: true, out parent))
        {
            // An unreadable trace counts as none: a new one begins here.
            parent = default;
        }

        var span = Source.StartActivity(request.Method, ActivityKind.Server, parent);
        if (span is { IsAllDataRequested: true })
        {
            span.DisplayName = $"{request.Method} {route}";
            span.SetTag("http.request.method", request.Method);
            span.SetTag("url.path", LogText.Shorten(request.Path.ToUriComponent()));
            span.SetTag("gateway.route", route);
            span.SetTag("gateway.request_id", context.TraceIdentifier);
        }

        return span;
    }

    /// <summary>Ends a request's span.</summary>
    public static void EndRequest(Activity? span, RequestOutcome outcome, int status)
    {
        if (span is null)
        {
            return;
        }

        span.SetTag("http.response.status_code", status);
        span.SetTag("gateway.outcome", Instruments.OutcomeNames[(int)outcome]);
        if (outcome == RequestOutcome.Failed)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }

        span.Dispose();
    }

    /// <summary>Begins an attempt's span; its id is for the destination.</summary>
    public static Activity? BeginAttempt(string cluster, string tier, string destination, string purpose)
    {
        // Without a request's span there is none below it: alone it would begin a trace of its own.
        if (Activity.Current is null || !Source.HasListeners() || Source.StartActivity("attempt", ActivityKind.Client) is not { } span)
        {
            return null;
        }

        if (span.IsAllDataRequested)
        {
            span.SetTag("gateway.cluster", cluster);
            span.SetTag("gateway.tier", tier);
            span.SetTag("gateway.destination", destination);
            span.SetTag("gateway.purpose", purpose);
        }

        return span;
    }

    /// <summary>Ends an attempt's span; a streamed response's ends with its head.</summary>
    public static void EndAttempt(Activity? span, AttemptResult result, int status)
    {
        if (span is null)
        {
            return;
        }

        span.SetTag("gateway.result", Instruments.ResultNames[(int)result]);
        if (status > 0)
        {
            span.SetTag("http.response.status_code", status);
        }

        if (result is not (AttemptResult.Success or AttemptResult.Cancelled))
        {
            span.SetStatus(ActivityStatusCode.Error);
        }

        span.Dispose();
    }

    /// <summary>Takes one of this second's places.</summary>
    internal static bool MayBegin(TimeProvider time)
    {
        var second = time.GetTimestamp() / time.TimestampFrequency;
        var before = Volatile.Read(ref _second);
        if (second != before && Interlocked.CompareExchange(ref _second, second, before) == before)
        {
            Volatile.Write(ref _begun, 0);
        }

        return Volatile.Read(ref _begun) < MaxASecond && Interlocked.Increment(ref _begun) <= MaxASecond;
    }
}
