using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.Responses;
using Gateway.Upstream;

namespace Gateway.Forwarding.Requests;

/// <summary>What one attempt sends, and over which client. The client goes by the destination, never by the method.</summary>
internal abstract class AttemptRequest
{
    /// <summary>The body; null: there is none.</summary>
    public abstract AttemptContent? Content { get; }

    /// <summary>Its method is HEAD: the response has no body, whatever its head says.</summary>
    public abstract bool IsHead { get; }

    /// <summary>The head waits for the first byte of the body, so that a body that was not asked for tells that nothing was sent.</summary>
    public abstract bool HeadWaitsForContent { get; }

    /// <summary>
    /// The body had not been sent whole when the exchange ended. What ended it may be what the client sent, or that a destination has seen
    /// enough of it: it is no evidence.
    /// </summary>
    public virtual bool IsPartlySent => false;

    /// <summary>
    /// A kept connection turned out to be closed before anything came back over it, as happens to idle ones: that
    /// says nothing of the destination.
    /// </summary>
    public virtual bool WasStale => false;

    /// <summary>
    /// It is certain that nothing of it was sent when it failed so. Over HTTP/1.1 the head waits for the content's first byte; HTTP/2 sends
    /// it at once, so there only a refusal is certain.
    /// </summary>
    public bool IsUnsent(Exception failure) =>
        AttemptFailure.IsRefusedStream(failure) || (HeadWaitsForContent && Content is { Started: false });

    /// <summary>
    /// The response's head, and its body as it comes. What it cannot do without the client's request it does before it returns.
    /// </summary>
    /// <param name="traceParent">Takes the place of the client's <c>traceparent</c>; null: that stays.</param>
    /// <param name="cancellationToken">Ends everything, the reading of the body included.</param>
    /// <exception cref="UnwritableRequestException">The request cannot be written; nothing of it was sent.</exception>
    public abstract ValueTask<UpstreamResponse> SendAsync(string? traceParent, CancellationToken cancellationToken);

    /// <summary>The user's request, addressed to one destination.</summary>
    /// <param name="plan">The route's plan.</param>
    /// <param name="peer">Where it goes.</param>
    /// <param name="context">The user's request.</param>
    /// <param name="target">Escaped path and query.</param>
    /// <param name="body">The user's body; null: there is none.</param>
    /// <param name="lastEventId">The stream goes on after this event; null: it is no stream that goes on.</param>
    public static AttemptRequest To(
        CompiledRoute plan,
        UpstreamEndpoint peer,
        HttpContext context,
        string target,
        RequestBody? body,
        string? lastEventId = null) =>
        SpeaksHttp11(plan, peer, context.Request)
            ? new Http1Request(context, plan.Headers, peer, target, plan.HostFor(context.Request), body, lastEventId, plan.Traffic.Time)
            : new MessageRequest(
                context,
                plan.Headers,
                peer,
                target,
                plan.HostFor(context.Request),
                body,
                lastEventId,
                plan.Traffic.Transport);

    /// <summary>
    /// HTTP/1.1: in clear, and over TLS where a probe has negotiated it. A client that says gRPC does not choose the protocol: a
    /// destination that was not found to speak HTTP/2 gets what it speaks.
    /// </summary>
    private static bool SpeaksHttp11(CompiledRoute plan, UpstreamEndpoint peer, HttpRequest request)
    {
        if (peer.IsTls)
        {
            // SocketsHttpHandler takes the name in Host for TLS as well, and keeps connections for each such
            // name: a client would choose both.
            return peer.Destination.NegotiatesHttp11 || (plan.ChangesHost && !Grpc.Is(request));
        }

        return !peer.Destination.SpeaksHttp2Alone && (!Grpc.Is(request) || !peer.Destination.OffersHttp2(wanted: true));
    }
}
