using Gateway.Failover;
using Gateway.Forwarding.Attempts;
using Gateway.Health.Model;
using Gateway.Health.Rules;
using Gateway.Observability;
using Gateway.Observability.Metrics;
using Gateway.Upstream;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Forwarding.Upgrades;

/// <summary>One handshake for another protocol at one destination: addresses it, and tells its figures and evidence once.</summary>
internal sealed class UpgradeAttempt(
    CompiledRoute plan,
    UpstreamEndpoint peer,
    TierSnapshot tier,
    string target,
    bool isLast,
    bool isHalfOpen,
    RequestRecord record) : HttpTransformer, IAttemptRecord
{
    private readonly long _began = plan.Traffic.Time.GetTimestamp();
    private Exception? _failure;
    private bool _hasEnded;

    /// <summary>The destination as this route meets it.</summary>
    public UpstreamEndpoint UpstreamEndpoint => peer;

    /// <summary>A response that the user may have came: the handshake's, or a refusal.</summary>
    public bool HasResponse { get; private set; }

    /// <summary>How it ended.</summary>
    public AttemptResult Result { get; private set; } = AttemptResult.Cancelled;

    /// <inheritdoc/>
    public string DestinationName => peer.Destination.Name;

    /// <inheritdoc/>
    public string TierName => tier.Name;

    /// <inheritdoc/>
    public string PurposeName => IsRetry ? "retry" : isHalfOpen ? "first-half-open" : "first";

    /// <inheritdoc/>
    public bool IsRetry { get; init; }

    /// <inheritdoc/>
    public AttemptResult? Ended => _hasEnded ? Result : null;

    /// <inheritdoc/>
    public int Status { get; private set; }

    /// <inheritdoc/>
    public TimeSpan Took { get; private set; }

    /// <inheritdoc/>
    public IAttemptRecord? Before { get; set; }

    /// <summary>Why there is no response.</summary>
    public TerminationCause Cause => AttemptFailure.CauseOf(Result, _failure, Status, headReceived: false);

    /// <summary>The deadline of the handshake, lifted once its response is here.</summary>
    public CancellationTokenSource? Handshake { get; set; }

    /// <inheritdoc/>
    public override ValueTask TransformRequestAsync(
        HttpContext httpContext,
        HttpRequestMessage proxyRequest,
        string destinationPrefix,
        CancellationToken cancellationToken)
    {
        proxyRequest.RequestUri = peer.At(target);
        if (plan.HostFor(httpContext.Request) is { } host && !peer.IsTls)
        {
            UnwritableRequestException.ThrowUnlessHeader("Host", host);
            proxyRequest.Headers.Host = host;
        }
        else if (peer.HostOverride is { } hostName)
        {
            proxyRequest.Headers.Host = hostName;
        }

        var headers = new MessageRequestHeaders(proxyRequest);
        plan.Headers.Copy(httpContext, ref headers, skipTraceParent: false);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext,
        HttpResponseMessage? proxyResponse,
        CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return false;
        }

        Handshake!.CancelAfter(Timeout.InfiniteTimeSpan);
        var status = Status = (int)proxyResponse.StatusCode;
        if (status >= 500)
        {
            End(AttemptResult.Status, EvidenceKind.Status, status);
            if (plan.FailsOn(status) && !isLast)
            {
                return false;
            }
        }
        else
        {
            peer.Tally.Success();
            End(AttemptResult.Success, isHalfOpen ? EvidenceKind.Success : null);
        }

        HasResponse = true;
        record.FirstByteAt = plan.Traffic.Time.GetTimestamp();
        await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken).ConfigureAwait(false);
        RemoveHopByHop(httpContext.Response.Headers, proxyResponse);
        if (plan.ClusterConfig.Via != Configuration.Model.ViaMode.Off)
        {
            httpContext.Response.Headers.Append("Via", "1.1 gateway");
        }

        return true;
    }

    /// <summary>No response came.</summary>
    /// <param name="failure">What YARP met; null: nothing, and the failure was told with its status.</param>
    /// <param name="wasAskedAgain">The connection ended without a response; what followed is only that it may not be sent twice.</param>
    /// <param name="isCancelled">The handshake was out of time, or the client left.</param>
    /// <param name="isClients">The client left.</param>
    public void Failed(Exception? failure, bool wasAskedAgain, bool isCancelled, bool isClients)
    {
        if (Result == AttemptResult.Status)
        {
            return;
        }

        _failure = failure;
        var result = isClients ? AttemptResult.Cancelled
            : isCancelled ? AttemptResult.Timeout
            : wasAskedAgain || failure is null ? AttemptResult.Reset
            : AttemptFailure.Classify(failure, cancelledByUs: false, headReceived: false);
        EvidenceKind? kind = result switch
        {
            AttemptResult.Connect when !LocalFailure.Is(failure) => EvidenceKind.Connect,
            AttemptResult.Timeout => EvidenceKind.Timeout,
            AttemptResult.Reset or AttemptResult.Truncated => EvidenceKind.Reset,
            _ => null,
        };
        End(result, kind, cause: kind switch
        {
            EvidenceKind.Connect => FailureCauses.Of(failure),
            EvidenceKind.Timeout => FailureCause.HeadersTimeout,
            _ => FailureCause.None,
        });
    }

    /// <summary>
    /// YARP passes on what <c>Connection</c> names (RFC 9110, section 7.6.1); that of a switch to another protocol
    /// itself is written by Kestrel.
    /// </summary>
    private static void RemoveHopByHop(IHeaderDictionary headers, HttpResponseMessage response)
    {
        var named = response.Headers.NonValidated.TryGetValues("Connection", out var values) ? new StringValues([.. values]) : default;
        var isSwitch = (int)response.StatusCode == StatusCodes.Status101SwitchingProtocols;
        foreach (var name in headers.Keys.ToArray())
        {
            if (HopByHop.Contains(name, named)
                && !(isSwitch
                    && (name.Equals("Connection", StringComparison.OrdinalIgnoreCase)
                        || name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase))))
            {
                headers.Remove(name);
            }
        }
    }

    private void End(AttemptResult result, EvidenceKind? kind, int status = 0, FailureCause cause = FailureCause.None)
    {
        Result = result;
        Took = plan.Traffic.Time.GetElapsedTime(_began);
        _hasEnded = true;
        peer.Meter.Attempt(result);
        if (kind is { } shown)
        {
            plan.Traffic.Loop.Report(new Evidence(
                peer.Destination,
                plan.Route.Name,
                shown,
                HalfOpen: isHalfOpen,
                Waited: Took,
                Status: status,
                Cause: cause));
        }
        else if (isHalfOpen)
        {
            peer.Destination.ReturnHalfOpenPermit();
        }
    }
}
