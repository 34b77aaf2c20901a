using System.Net.Http.Headers;
using Gateway.Health;
using Gateway.Observability;
using Gateway.Upstream;

namespace Gateway.Forwarding;

/// <content>What is told of it: figures and evidence, once.</content>
internal sealed partial class Attempt
{
    /// <summary>The figures and the evidence of this attempt, once.</summary>
    private void Tell()
    {
        peer.Meter.Attempt(Result);
        var waited = plan.Traffic.Time.GetElapsedTime(StartedAt);
        switch (Result)
        {
            case AttemptResult.Success:
                if (Response!.Status >= 500)
                {
                    Report(EvidenceKind.Status, waited);
                }
                else if ((IsTrial || Volatile.Read(ref _state) == Lingering) && waited > plan.Timing.LateAfter)
                {
                    Report(EvidenceKind.Late, waited);
                }
                else if (IsTrial)
                {
                    Report(EvidenceKind.Success, waited);
                }
                else
                {
                    plan.Timing.Latency.Record(waited);
                    peer.Destination.Latency.Record(waited);
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
            case AttemptResult.Connect when OwnFault.Is(Failure):
                if (IsTrial)
                {
                    peer.Destination.ReturnTrial();
                }

                break;
            case AttemptResult.Connect:
                Report(EvidenceKind.Connect, waited);
                break;
            case AttemptResult.Reset or AttemptResult.Truncated or AttemptResult.Timeout when request.IsPartlySent || request.WasStale:
                // It ended while the body was on its way, or over a connection that had been closed before: neither tells of the destination.
                if (IsTrial)
                {
                    peer.Destination.ReturnTrial();
                }

                break;
            case AttemptResult.Reset or AttemptResult.Truncated:
                Report(Result == AttemptResult.Reset ? EvidenceKind.Reset : EvidenceKind.Truncated, waited);
                break;
            case AttemptResult.Timeout:
                Report(EvidenceKind.Timeout, waited);
                break;
            case AttemptResult.Local when IsTrial:
                peer.Destination.ReturnTrial();
                break;
            case AttemptResult.Cancelled when purpose == AttemptPurpose.FirstOnTrial:
                peer.Destination.ReturnTrial();
                break;
            case AttemptResult.Cancelled when Volatile.Read(ref _state) == Lingering:
                Report(EvidenceKind.Late, waited);
                break;
        }
    }

    private void Report(EvidenceKind kind, TimeSpan waited = default)
    {
        var status = Response?.Status ?? 0;
        plan.Traffic.Loop.Report(new Evidence(
            peer.Destination,
            plan.Route.Name,
            kind,
            Trial: IsTrial,
            Waited: waited,
            Status: kind == EvidenceKind.Status ? status : 0,
            RetryAfter: kind == EvidenceKind.Status && status == 503 ? RetryAfterOf(Response!) : default,
            Tls: kind == EvidenceKind.Connect ? TlsTrust.FlawOf(Failure) : TlsFlaw.None));
    }

    /// <summary>What <c>Retry-After</c> asks for, as seconds or as a date; zero: nothing.</summary>
    private TimeSpan RetryAfterOf(UpstreamResponse response) =>
        !RetryConditionHeaderValue.TryParse(response.Header("Retry-After").ToString(), out var wait) ? TimeSpan.Zero
        : wait.Delta is { } delta ? delta
        : wait.Date is { } date && date > plan.Traffic.Time.GetUtcNow() ? date - plan.Traffic.Time.GetUtcNow()
        : TimeSpan.Zero;
}
