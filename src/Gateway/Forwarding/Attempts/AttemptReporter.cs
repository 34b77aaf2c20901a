using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Gateway.Configuration.Model;
using Gateway.Forwarding.EventStreams;
using Gateway.Health.Model;
using Gateway.Health.Rules;
using Gateway.Observability.Metrics;
using Gateway.Upstream;

namespace Gateway.Forwarding.Attempts;

/// <summary>
/// Reports what the attempts of one route show of their destinations: figures, and evidence for the failover loop. Each attempt is reported
/// when it ends; a failure once more when another destination has served the same request, since only then is it the destination's own.
/// </summary>
/// <param name="plan">The route's plan.</param>
internal sealed class AttemptReporter(CompiledRoute plan)
{
    /// <summary>
    /// An attempt is late beside another only if it waited for this many times what the other took: what is slow everywhere is not late.
    /// </summary>
    private const int SlowerThanServed = 2;

    private readonly ComparedAttempts _compared = new(plan.Timing);

    /// <summary>Reports an attempt that has ended, its figures and its evidence.</summary>
    public void ReportEnd(Attempt attempt)
    {
        var result = attempt.Outcome.Result;
        var waited = attempt.Took;
        // A 5xx that the user may have is a failure all the same.
        var isFailing = result == AttemptResult.Success && attempt.Response!.Status >= 500;
        attempt.UpstreamEndpoint.Meter.Attempt(isFailing ? AttemptResult.Status : result);
        if (attempt.Counts is not null)
        {
            _compared.CountEnd(attempt);
        }

        switch (result)
        {
            case AttemptResult.Success:
                ReportSuccess(attempt, waited);
                break;
            case AttemptResult.Status:
                Report(attempt, EvidenceKind.Status, waited);
                break;
            case AttemptResult.Local:
            case AttemptResult.Connect when LocalFailure.Is(attempt.Outcome.Failure):
                ReturnPermit(attempt);
                break;
            case AttemptResult.Connect:
                Report(attempt, EvidenceKind.Connect, waited);
                break;
            case AttemptResult.Reset or AttemptResult.Truncated or AttemptResult.Timeout
                when attempt.Outcome is { IsPartlySent: true } or { WasStale: true }:
                // It ended while the body was on its way, or over a connection that had been closed before: neither tells of the
                // destination.
                ReturnPermit(attempt);
                break;
            case AttemptResult.Reset or AttemptResult.Truncated:
                Report(attempt, result == AttemptResult.Reset ? EvidenceKind.Reset : EvidenceKind.Truncated, waited);
                break;
            case AttemptResult.Timeout:
                ObserveResponseTime(attempt, waited, isWhole: false);
                attempt.Tier.Load.Adaptive?.Sample(waited, attempt.Tier.Load.InFlight);
                Report(attempt, EvidenceKind.Timeout, waited);
                break;
            case AttemptResult.Cancelled when attempt.Purpose == AttemptPurpose.FirstAsHalfOpenProbe:
                ReturnPermit(attempt);
                break;
            case AttemptResult.Cancelled when attempt.LateFrom is not null:
                Report(attempt, EvidenceKind.Late, waited);
                break;
        }
    }

    /// <summary>Reports a streamed response that was cut or fell silent.</summary>
    public void ReportBrokenStream(Attempt attempt, bool silent)
    {
        attempt.Counts?.Failed();
        Report(attempt, silent ? EvidenceKind.Timeout : EvidenceKind.Truncated, default);
    }

    /// <summary>Reports an attempt that still waits while another served the request.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="waited">For how long.</param>
    /// <param name="served">What the other took.</param>
    public void ReportLate(Attempt attempt, TimeSpan waited, TimeSpan served)
    {
        var peer = attempt.UpstreamEndpoint;
        peer.Tally.Late();
        ObserveResponseTime(attempt, waited, isWhole: false);
        var isLate = waited >= served * SlowerThanServed;
        _compared.CountOvertaken(attempt, waited, isLate);
        if (isLate)
        {
            plan.Traffic.Loop.Report(new Evidence(peer.Destination, plan.Route.Name, EvidenceKind.Late, Waited: waited));
        }
    }

    /// <summary>From when on an attempt is late, beside one that took so long.</summary>
    public TimeSpan LateBeside(TimeSpan served) =>
        plan.Timing.LateAfter > served * SlowerThanServed ? plan.Timing.LateAfter : served * SlowerThanServed;

    /// <summary>
    /// Another destination served the same request in <paramref name="servedIn"/>: that this one failed is its own doing. A timeout is not
    /// if the other needed nearly as long: then the request is slow, wherever it goes.
    /// </summary>
    public void Confirm(Attempt attempt, TimeSpan servedIn)
    {
        if (attempt.Unconfirmed?.Value is { } failure
            && !(failure.Kind == EvidenceKind.Timeout && servedIn * SlowerThanServed > failure.Waited))
        {
            plan.Traffic.Loop.Report(failure with { Confirmed = true });
        }
    }

    /// <summary>It was the only attempt, and the user has its failing status: a pause that it asks for is granted all the same.</summary>
    public void ReportPause(Attempt attempt)
    {
        if (attempt.Unconfirmed?.Value is { RetryAfter.Ticks: > 0 } failure)
        {
            plan.Traffic.Loop.Report(failure with { Kind = EvidenceKind.Busy });
        }
    }

    private void ReportSuccess(Attempt attempt, TimeSpan waited)
    {
        if (attempt.Response!.Status >= 500)
        {
            Report(attempt, EvidenceKind.Status, waited);
            return;
        }

        if ((attempt.IsHalfOpenProbe && waited > plan.Timing.LateAfter) || waited > attempt.LateFrom)
        {
            Report(attempt, EvidenceKind.Late, waited);
            return;
        }

        if (attempt.IsHalfOpenProbe)
        {
            Report(attempt, EvidenceKind.Success, waited);
            return;
        }

        var peer = attempt.UpstreamEndpoint;
        var load = attempt.Tier.Load;
        plan.Timing.Latency.Record(waited);
        if (attempt.Stream is EventStream)
        {
            plan.Timing.HeadLatency.Record(attempt.ToHead);
        }

        load.Adaptive?.Sample(waited, load.InFlight);
        peer.Destination.Latency.Record(waited);
        ObserveResponseTime(attempt, waited, isWhole: true);
        // A body that still streams counts when it has come to its end.
        if (!attempt.IsStreaming)
        {
            peer.Tally.Success();
        }
    }

    private static void ReturnPermit(Attempt attempt)
    {
        if (attempt.IsHalfOpenProbe)
        {
            attempt.UpstreamEndpoint.Destination.ReturnHalfOpenPermit();
        }
    }

    // Failures that come quickly are no speed, and are not counted; passive detection sees to them.
    private void ObserveResponseTime(Attempt attempt, TimeSpan waited, bool isWhole)
    {
        if (plan.ClusterConfig.Balance != BalanceMethod.PeakEwma)
        {
            return;
        }

        var now = PeakEwma.Milliseconds(attempt.StartedAt + plan.Traffic.ToTimestamp(waited), plan.Traffic.Time);
        var responseTime = attempt.UpstreamEndpoint.Destination.ResponseTime;
        if (isWhole)
        {
            responseTime.Observe(waited, now);
        }
        else
        {
            responseTime.ObserveWait(waited, now);
        }
    }

    private void Report(Attempt attempt, EvidenceKind kind, TimeSpan waited)
    {
        var evidence = EvidenceOf(attempt, kind, waited);
        if (evidence.RetryAfter > TimeSpan.Zero
            && attempt.Purpose is (AttemptPurpose.Repeat or AttemptPurpose.Hedge)
            && attempt.UpstreamEndpoint.Tally.Avoidance >= RouteAvoidance.Deferred)
        {
            // It has asked for a pause, and was taken for want of another: that it asks again says nothing more.
            return;
        }

        if (!attempt.IsHalfOpenProbe && kind is EvidenceKind.Reset or EvidenceKind.Timeout or EvidenceKind.Truncated or EvidenceKind.Status)
        {
            attempt.Unconfirmed = new StrongBox<Evidence>(evidence);
        }

        if (evidence.Kind != EvidenceKind.Busy || evidence.HalfOpen)
        {
            plan.Traffic.Loop.Report(evidence);
        }
    }

    private Evidence EvidenceOf(Attempt attempt, EvidenceKind kind, TimeSpan waited)
    {
        var status = kind == EvidenceKind.Status ? attempt.Response?.Status ?? 0 : 0;
        var result = attempt.Outcome.Result;
        var asksForPause = status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests;
        var isRetried = result is AttemptResult.Status or AttemptResult.Reset or AttemptResult.Truncated or AttemptResult.Timeout
            && plan.RepeatsOn(result);
        return new Evidence(
            attempt.UpstreamEndpoint.Destination,
            plan.Route.Name,
            status == StatusCodes.Status429TooManyRequests ? EvidenceKind.Busy : kind,
            HalfOpen: attempt.IsHalfOpenProbe,
            Waited: waited,
            Status: status,
            RetryAfter: asksForPause ? RetryAfterOf(attempt.Response!) : default,
            Cause: CauseOf(attempt, kind),
            Lone: attempt.IsOnly || !isRetried,
            Target: attempt.Target?.GetHashCode(StringComparison.Ordinal) ?? 0);
    }

    private static FailureCause CauseOf(Attempt attempt, EvidenceKind kind) => kind switch
    {
        EvidenceKind.Connect or EvidenceKind.Reset => FailureCauses.Of(attempt.Outcome.Failure),
        EvidenceKind.Timeout => attempt.Outcome.IsBeforeHead ? FailureCause.HeadersTimeout : FailureCause.BodyTimeout,
        _ => FailureCause.None,
    };

    /// <summary>What <c>Retry-After</c> asks for, as seconds or as a date; zero: nothing.</summary>
    private TimeSpan RetryAfterOf(UpstreamResponse response) =>
        !RetryConditionHeaderValue.TryParse(response.Header("Retry-After").ToString(), out var wait) ? TimeSpan.Zero
        : wait.Delta is { } delta ? delta
        : wait.Date is { } date && date > plan.Traffic.Time.GetUtcNow() ? date - plan.Traffic.Time.GetUtcNow()
        : TimeSpan.Zero;
}
