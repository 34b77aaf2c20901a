using Gateway.Failover;
using Gateway.Forwarding.Attempts;
using Gateway.Health.Model;
using Gateway.Observability;
using Gateway.Observability.Metrics;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Forwarding.Upgrades;

/// <summary>
/// Requests for another protocol (WebSocket, SPDY; over HTTP/2 by extended CONNECT, RFC 8441). YARP's forwarder carries the two directions;
/// where they go, and how often it is tried, is decided here. They count as requests in flight for as long as they last.
/// </summary>
internal sealed class UpgradeForwarder(IHttpForwarder forwarder, CancellationToken endTunnels)
{
    /// <summary>YARP wants a prefix; each attempt sets the real address.</summary>
    private const string NoPrefix = "http://destination.invalid";

    // The deadline of the handshake is ours. YARP's own would end a quiet conversation.
    private static readonly ForwarderRequestConfig Unbounded = new()
    {
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    /// <summary>
    /// True: the client asks for another protocol, by an upgrade that goes further. That to HTTP/2 in clear does not: it is between two
    /// hops (RFC 9110, section 7.8).
    /// </summary>
    public static bool Is(HttpContext context)
    {
        var request = context.Request;
        if (IsExtendedConnect(context))
        {
            return true;
        }

        return request.Headers.Connection.Count > 0
            && (request.Headers.Upgrade.ToString() is var protocol
                && (protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase)
                    || protocol.Equals("SPDY/3.1", StringComparison.OrdinalIgnoreCase)))
            && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };
    }

    /// <summary>HTTP/2 opens a WebSocket this way (RFC 8441). Other protocols than that are not supported.</summary>
    public static bool IsExtendedConnect(HttpContext context) =>
        HttpMethods.IsConnect(context.Request.Method)
        && context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: { } protocol }
        && protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase);

    /// <summary>Serves it to its end; null: no destination gave a response, and nothing was sent to the user.</summary>
    /// <param name="context">The request.</param>
    /// <param name="plan">The route's plan.</param>
    /// <param name="choice">Where it may go.</param>
    /// <param name="target">Path and query for destinations.</param>
    /// <param name="seat">Goes first; null: any.</param>
    /// <param name="record">Gets its attempts, its bytes and why it ended.</param>
    public async ValueTask<RequestOutcome?> ServeAsync(
        HttpContext context,
        CompiledRoute plan,
        DestinationChoice choice,
        string target,
        HalfOpenPermit? seat,
        RequestRecord record)
    {
        record.Cause = TerminationCause.NoTier;
        var most = plan.MayRepeat(HttpMethods.Get, hasIdempotencyKey: false) ? plan.ClusterConfig.Attempts.Max : 1;
        var neverConnected = true;
        for (var started = 0; started < most; started++)
        {
            // 1. Where it goes.
            var isLast = started == most - 1;
            if (Next(plan, choice, started, isLast, isFree: neverConnected, seat) is not { } next)
            {
                return null;
            }

            // 2. The attempt.
            choice.Avoid(next.Destination);
            choice.Note(next.Destination);
            var isHalfOpenProbe = started == 0 && seat is not null;
            var endpoint = plan.EndpointOf(next.Destination);
            var attempt = new UpgradeAttempt(plan, endpoint, next.Tier, target, isLast, isHalfOpenProbe, record) { IsRetry = started > 0 };
            record.Add(attempt);
            var error = await SendAsync(context, attempt, next.Tier, plan, record).ConfigureAwait(false);

            // 3. What came of it.
            if (attempt.HasResponse)
            {
                record.Served = attempt;
                (record.Cause, var outcome) = EndOf(attempt, error, context.RequestAborted.IsCancellationRequested || IsClients(error));
                return outcome;
            }

            if (context.RequestAborted.IsCancellationRequested)
            {
                return record.Abort();
            }

            record.Cause = attempt.Cause;
            neverConnected &= attempt.Result == AttemptResult.Connect;
            context.Response.Clear();
            if (!plan.RepeatsOn(attempt.Result))
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>Null: there is no further destination, or no budget for a further attempt.</summary>
    private static (Destination Destination, TierSnapshot Tier)? Next(
        CompiledRoute plan, DestinationChoice choice, int started, bool isLast, bool isFree, HalfOpenPermit? seat)
    {
        var purpose = started == 0 ? AttemptPurpose.First : AttemptPurpose.Repeat;
        var (destination, tier) = started == 0 && seat is { } first
            ? (first.Destination, first.Tier)
            : choice.Next(purpose, isLast && started > 0);
        if (destination is null || tier is null)
        {
            plan.Traffic.Meter.Skipped(SkipReason.NoDestination);
            return null;
        }

        // As for other requests: after attempts that found no connection a further one adds nothing to what destinations have to do.
        if (started > 0 && !isFree && !plan.Traffic.Budget.TryWithdraw())
        {
            plan.Traffic.Meter.Skipped(SkipReason.Budget);
            return null;
        }

        return (destination, tier);
    }

    private async ValueTask<ForwarderError> SendAsync(
        HttpContext context,
        UpgradeAttempt attempt,
        TierSnapshot tier,
        CompiledRoute plan,
        RequestRecord record)
    {
        var destination = attempt.UpstreamEndpoint.Destination;
        destination.Begin();
        tier.Load.Enter();
        try
        {
            using var connection = plan.Traffic.OpenOneConnection();
            using var endings = CancellationTokenSource.CreateLinkedTokenSource(endTunnels, destination.Cut);
            using var tunnel = Tunnels.Follow(context, record, plan.Traffic.Time, endings.Token);
            using var handshake = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            handshake.CancelAfter(plan.ClusterConfig.Timeouts.FirstByte);
            attempt.Handshake = handshake;
            var error = await forwarder.SendAsync(context, NoPrefix, connection, Unbounded, attempt, handshake.Token).ConfigureAwait(false);
            if (!attempt.HasResponse)
            {
                attempt.Failed(
                    context.GetForwarderErrorFeature()?.Exception,
                    connection.WasAskedAgain,
                    handshake.IsCancellationRequested,
                    context.RequestAborted.IsCancellationRequested);
            }

            return error;
        }
        finally
        {
            tier.Load.Leave();
            destination.End();
        }
    }

    private (TerminationCause Cause, RequestOutcome Outcome) EndOf(UpgradeAttempt attempt, ForwarderError error, bool isClients) =>
        attempt.Status >= StatusCodes.Status500InternalServerError ? (TerminationCause.Status5xx, RequestOutcome.Failed)
        : error == ForwarderError.None ? (TerminationCause.Ok, RequestOutcome.Live)
        : endTunnels.IsCancellationRequested ? (TerminationCause.Restarting, isClients ? RequestOutcome.Aborted : RequestOutcome.Failed)
        : attempt.UpstreamEndpoint.Destination.Cut.IsCancellationRequested
            ? (TerminationCause.Drained, isClients ? RequestOutcome.Aborted : RequestOutcome.Failed)
        : isClients ? (TerminationCause.ClientAbort, RequestOutcome.Aborted)
        : (TerminationCause.Reset, RequestOutcome.Failed);

    private static bool IsClients(ForwarderError error) => error
        is ForwarderError.ResponseBodyClient or ForwarderError.ResponseBodyCanceled or ForwarderError.RequestCanceled
        or ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled
        or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeResponseClient
        or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeResponseCanceled;
}
