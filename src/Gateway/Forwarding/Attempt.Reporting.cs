using System.Net.Http.Headers;
using Gateway.Health;
using Gateway.Observability;
using Gateway.Upstream;

namespace Gateway.Forwarding;

/// <content>What is told of it: figures and evidence, once.</content>
internal sealed partial class Attempt
{
    // An Evidence; boxed, since few attempts have one.
    private object? _failure;

    /// <summary>From its begin until it had what makes it a success, or failed.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>The attempt of the same request that failed before this one, while the request is under way.</summary>
    public Attempt? FailedBefore { get; set; }

    /// <inheritdoc/>
    string IAttemptRecord.DestinationName => peer.Destination.Name;

    /// <inheritdoc/>
    string IAttemptRecord.TierName => tier.Name;

    /// <inheritdoc/>
    string IAttemptRecord.PurposeName => PurposeNames[(int)purpose];

    /// <inheritdoc/>
    bool IAttemptRecord.IsRetry => purpose == AttemptPurpose.Repeat;

    /// <inheritdoc/>
    AttemptResult? IAttemptRecord.Ended => IsDone ? Result : null;

    /// <inheritdoc/>
    int IAttemptRecord.Status => IsDone && Response is { } response ? response.Status : 0;

    /// <inheritdoc/>
    IAttemptRecord? IAttemptRecord.Before { get; set; }

    /// <summary>Why it failed.</summary>
    public TerminationCause TerminationCause => AttemptFailure.CauseOf(Result, Failure, Response?.Status ?? 0, _headReceived);

    /// <summary>
    /// Another destination served the same request in <paramref name="servedIn"/>: that this one failed is its own doing. A timeout is not if the other needed
    /// nearly as long: then the request is slow, wherever it goes.
    /// </summary>
    public void Confirm(TimeSpan servedIn)
    {
        if (_failure is Evidence failure && !(failure.Kind == EvidenceKind.Timeout && servedIn * SlowerThanServed > failure.Waited))
        {
            plan.Traffic.Loop.Report(failure with { Confirmed = true });
        }
    }

    /// <summary>It was the only attempt, and the user has its failing status: a pause that it asks for is granted all the same.</summary>
    public void ReportPause()
    {
        if (_failure is Evidence { RetryAfter.Ticks: > 0 } failure)
        {
            plan.Traffic.Loop.Report(failure with { Kind = EvidenceKind.Busy });
        }
    }

    /// <summary>The figures and the evidence of this attempt, once.</summary>
    private void ReportOutcome()
    {
        // A 5xx that the user may have is a failure all the same.
        peer.Meter.Attempt(Result == AttemptResult.Success && Response!.Status >= 500 ? AttemptResult.Status : Result);
        var waited = plan.Traffic.Time.GetElapsedTime(StartedAt);
        Took = waited;
        switch (Result)
        {
            case AttemptResult.Success:
                if (Response!.Status >= 500)
                {
                    Report(EvidenceKind.Status, waited);
                }
                else if ((IsHalfOpenProbe && waited > plan.Timing.LateAfter) || (Volatile.Read(ref _state) == Lingering && waited > _lateFrom))
                {
                    Report(EvidenceKind.Late, waited);
                }
                else if (IsHalfOpenProbe)
                {
                    Report(EvidenceKind.Success, waited);
                }
                else
                {
                    plan.Timing.Latency.Record(waited);
                    tier.Load.Adaptive?.Sample(waited, tier.Load.InFlight);
                    peer.Destination.Latency.Record(waited);
                    ObserveResponseTime(waited, isWhole: true);
                    // A body that still streams counts when it has come to its end.
                    if (Stream is null && !raw)
                    {
                        peer.Tally.Success();
                    }
                }

                break;
            case AttemptResult.Status:
                Report(EvidenceKind.Status, waited);
                break;
            case AttemptResult.Connect when LocalFailure.Is(Failure):
                if (IsHalfOpenProbe)
                {
                    peer.Destination.ReturnHalfOpenPermit();
                }

                break;
            case AttemptResult.Connect:
                Report(EvidenceKind.Connect, waited);
                break;
            case AttemptResult.Reset or AttemptResult.Truncated or AttemptResult.Timeout when request.IsPartlySent || request.WasStale:
                // It ended while the body was on its way, or over a connection that had been closed before: neither tells of the destination.
                if (IsHalfOpenProbe)
                {
                    peer.Destination.ReturnHalfOpenPermit();
                }

                break;
            case AttemptResult.Reset or AttemptResult.Truncated:
                Report(Result == AttemptResult.Reset ? EvidenceKind.Reset : EvidenceKind.Truncated, waited);
                break;
            case AttemptResult.Timeout:
                ObserveResponseTime(waited, isWhole: false);
                tier.Load.Adaptive?.Sample(waited, tier.Load.InFlight);
                Report(EvidenceKind.Timeout, waited);
                break;
            case AttemptResult.Local when IsHalfOpenProbe:
                peer.Destination.ReturnHalfOpenPermit();
                break;
            case AttemptResult.Cancelled when purpose == AttemptPurpose.FirstAsHalfOpenProbe:
                peer.Destination.ReturnHalfOpenPermit();
                break;
            case AttemptResult.Cancelled when Volatile.Read(ref _state) == Lingering:
                Report(EvidenceKind.Late, waited);
                break;
        }
    }

    // Failures that come quickly are no speed, and are not counted; passive detection sees to them.
    private void ObserveResponseTime(TimeSpan waited, bool isWhole)
    {
        if (plan.ClusterConfig.Balance != Configuration.Model.BalanceMethod.PeakEwma)
        {
            return;
        }

        var time = plan.Traffic.Time;
        var now = PeakEwma.Milliseconds(StartedAt + plan.Traffic.ToTimestamp(waited), time);
        if (isWhole)
        {
            peer.Destination.ResponseTime.Observe(waited, now);
        }
        else
        {
            peer.Destination.ResponseTime.ObserveWait(waited, now);
        }
    }

    private void Report(EvidenceKind kind, TimeSpan waited = default)
    {
        var status = Response?.Status ?? 0;
        var evidence = new Evidence(
            peer.Destination,
            plan.Route.Name,
            kind == EvidenceKind.Status && status == StatusCodes.Status429TooManyRequests ? EvidenceKind.Busy : kind,
            HalfOpen: IsHalfOpenProbe,
            Waited: waited,
            Status: kind == EvidenceKind.Status ? status : 0,
            RetryAfter: kind == EvidenceKind.Status && status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests ? RetryAfterOf(Response!) : default,
            Cause: CauseOf(kind),
            Lone: IsOnly || Result is not (AttemptResult.Status or AttemptResult.Reset or AttemptResult.Truncated or AttemptResult.Timeout) || !plan.RepeatsOn(Result),
            Target: Target?.GetHashCode(StringComparison.Ordinal) ?? 0);
        if (!IsHalfOpenProbe && kind is EvidenceKind.Reset or EvidenceKind.Timeout or EvidenceKind.Truncated or EvidenceKind.Status)
        {
            _failure = evidence;
            // A single failure asks for no pause: a request that fails wherever it goes must not move the others.
            evidence = evidence with { RetryAfter = default };
        }

        if (evidence.Kind != EvidenceKind.Busy || evidence.HalfOpen)
        {
            plan.Traffic.Loop.Report(evidence);
        }
    }

    private FailureCause CauseOf(EvidenceKind kind) => kind switch
    {
        EvidenceKind.Connect or EvidenceKind.Reset => FailureCauses.Of(Failure),
        EvidenceKind.Timeout => _headReceived ? FailureCause.BodyTimeout : FailureCause.HeadersTimeout,
        _ => FailureCause.None,
    };

    /// <summary>What <c>Retry-After</c> asks for, as seconds or as a date; zero: nothing.</summary>
    private TimeSpan RetryAfterOf(UpstreamResponse response) =>
        !RetryConditionHeaderValue.TryParse(response.Header("Retry-After").ToString(), out var wait) ? TimeSpan.Zero
        : wait.Delta is { } delta ? delta
        : wait.Date is { } date && date > plan.Traffic.Time.GetUtcNow() ? date - plan.Traffic.Time.GetUtcNow()
        : TimeSpan.Zero;
}
