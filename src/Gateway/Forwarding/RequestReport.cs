using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using Gateway.Forwarding.Requests;
using Gateway.Forwarding.Responses;
using Gateway.Observability;
using Gateway.Observability.Logging;
using Gateway.Observability.Metrics;
using Gateway.Observability.Tracing;

namespace Gateway.Forwarding;

/// <summary>Figures, span and log: what is told of a request is told here, once.</summary>
internal sealed class RequestReport(AccessLog access, Func<ImmutableArray<IPNetwork>> trusted)
{
    // One for all requests: what it needs is its state.
    private static readonly Func<object, Task> NoteFirstByte = static state =>
    {
        var (record, time) = ((RequestRecord, TimeProvider))state;
        record.FirstByteAt = time.GetTimestamp();
        return Task.CompletedTask;
    };

    /// <summary>Notes when a response begins that the gateway itself gives.</summary>
    public static void FollowStart(HttpContext context, CompiledRoute plan, RequestRecord record) =>
        context.Response.OnStarting(NoteFirstByte, (record, plan.Traffic.Time));

    /// <summary>Notes what gave the user a response where the first attempt alone would not have.</summary>
    public static void Saved(CompiledRoute plan, RequestRecord record, SavedBy by)
    {
        if (by != SavedBy.None)
        {
            record.SavedBy = by;
            plan.Meter.Saved(by);
        }
    }

    /// <summary>Tells of a request that is over.</summary>
    /// <param name="context">The request.</param>
    /// <param name="plan">Its route.</param>
    /// <param name="record">What is known of it.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="refusedWith">The status that it was refused with as malformed; 0: it was not.</param>
    /// <param name="span">Its span; null: it has none.</param>
    public void End(
        HttpContext context, CompiledRoute plan, RequestRecord record, RequestOutcome outcome, int refusedWith, Activity? span)
    {
        var response = context.Response;
        var elapsed = plan.Traffic.Time.GetElapsedTime(record.Began);
        var status = refusedWith > 0 ? refusedWith
            : outcome == RequestOutcome.Aborted && !response.HasStarted ? 0
            : response.StatusCode;
        var isEmpty = status is 0 or StatusCodes.Status304NotModified || HttpMethods.IsHead(context.Request.Method);
        record.BytesOut ??= isEmpty ? 0 : response.ContentLength ?? 0;
        plan.Meter.Ended(outcome, status, elapsed, SloRule.IsBad(plan.Route, outcome, status, elapsed));
        plan.Meter.Moved(record.BytesIn, record.BytesOut.GetValueOrDefault());
        var trace = span?.Context ?? default;
        if (span is { Recorded: true })
        {
            plan.Meter.Traced(outcome, new Exemplar(trace.TraceId.ToHexString(), elapsed.TotalSeconds));
        }

        Traces.EndRequest(span, outcome, status);
        if (access.Wants(record, outcome, status))
        {
            access.Write(context, record, outcome, status, elapsed, TrustedProxies.ClientOf(trusted(), context), trace);
        }
    }
}
