using Gateway.Fallback;
using Gateway.Forwarding.Responses;
using Gateway.Observability;
using Gateway.Observability.Metrics;
using ChainStep = Gateway.Fallback.FallbackStep;
using ReportedStep = Gateway.Observability.Metrics.FallbackStep;

namespace Gateway.Forwarding;

/// <summary>Gives a request that no tier serves the response of its fallback chain, and counts what that was.</summary>
internal sealed class FallbackResponder(FallbackChain chain)
{
    /// <summary>Counts a response of a step.</summary>
    public static RequestOutcome Answered(CompiledRoute plan, RequestRecord record, ReportedStep step, RequestOutcome outcome)
    {
        record.Step = step;
        plan.Meter.RespondedBy(step);
        return outcome;
    }

    /// <summary>Responds.</summary>
    /// <param name="context">The request.</param>
    /// <param name="plan">Its route.</param>
    /// <param name="record">What is known of it.</param>
    /// <param name="cause">Why no tier serves it.</param>
    /// <param name="fate">What became of it at a destination.</param>
    public async ValueTask<RequestOutcome> RespondAsync(
        HttpContext context, CompiledRoute plan, RequestRecord record, TerminationCause cause, RequestFate fate = RequestFate.NotSent)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return record.Abort();
        }

        record.Cause = cause;
        record.FirstByteAt = 0;
        RequestReport.FollowStart(context, plan, record);
        var wasShed = cause is TerminationCause.Shed or TerminationCause.QueueTimeout;
        switch (await chain.RespondAsync(context, plan.Route, wasShed, fate).ConfigureAwait(false))
        {
            case ChainStep.LastGood:
                RequestReport.Saved(plan, record, SavedBy.LastGood);
                return Answered(plan, record, ReportedStep.LastGood, RequestOutcome.Degraded);
            case ChainStep.File when context.Response.StatusCode >= StatusCodes.Status500InternalServerError:
                // A page that says 503 is kinder than the built-in one, and a failure all the same.
                return Answered(plan, record, ReportedStep.File, RequestOutcome.Failed);
            case ChainStep.File:
                RequestReport.Saved(plan, record, SavedBy.File);
                return Answered(plan, record, ReportedStep.File, RequestOutcome.Degraded);
            case ChainStep.BuiltIn:
                return Answered(plan, record, ReportedStep.BuiltIn, RequestOutcome.Failed);
            default:
                return context.RequestAborted.IsCancellationRequested ? record.Abort() : RequestOutcome.Failed;
        }
    }

    /// <summary>Gives the stored response in place of a live one that is late; false: there is none, and nothing was written.</summary>
    public ValueTask<bool> GiveStoredAsync(LateResponse late, TimeSpan after) => late.GiveStoredAsync(chain, after);
}
