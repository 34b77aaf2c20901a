using Gateway.Upstream;

namespace Gateway.Forwarding.Requests;

/// <summary>Gives a request to a destination its headers: the client's that go further, and those that the gateway writes.</summary>
/// <param name="forwarded">Says who asked.</param>
/// <param name="asksIdentity">Responses have to come without a coding: the gateway reads event streams, and
/// compresses others by itself.</param>
/// <param name="saysVia">Requests say <c>Via</c>.</param>
/// <param name="changes">What the route changes; null: nothing.</param>
internal sealed class RequestHeaderCopier(
    ForwardedHeaders forwarded,
    bool asksIdentity = false,
    bool saysVia = true,
    RequestHeaderChanges? changes = null)
{
    private const string LastEventId = "Last-Event-ID";

    /// <summary>Writes the headers of a request to a destination, but for its framing.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="target">Takes them.</param>
    /// <param name="skipTraceParent">The client's <c>traceparent</c> is replaced by one of ours.</param>
    /// <param name="lastEventId">Takes the place of the client's <c>Last-Event-ID</c>; null: that stays.</param>
    public void Copy<THeaders>(HttpContext context, ref THeaders target, bool skipTraceParent, string? lastEventId = null)
        where THeaders : struct, IRequestHeaders
    {
        var request = context.Request;
        var connection = request.Headers.Connection;
        var believed = forwarded.Believes(context);
        var certificate = forwarded.CertificateOf(context);
        var isHopLimited = MaxForwards.Concerns(request.Method);
        foreach (var (name, values) in request.Headers)
        {
            // The host is the destination's own: its certificate and its virtual host go by it. Users' host is in X-Forwarded-Host.
            if (name.Length == 0 || name[0] == ':' || name.Equals("Host", StringComparison.OrdinalIgnoreCase)
                || HopByHop.Contains(name, connection) || ForwardedHeaders.Owns(name) || RequestIds.Owns(name) || (!believed
                    && ForwardedHeaders.IsClaim(name)) || IsHttpoxy(name)
                || (skipTraceParent && name.Equals("traceparent", StringComparison.OrdinalIgnoreCase))
                || (lastEventId is not null && name.Equals(LastEventId, StringComparison.OrdinalIgnoreCase))
                || (asksIdentity && name.Equals("Accept-Encoding", StringComparison.OrdinalIgnoreCase))
                || (certificate is not null && ClientCertificate.Owns(name))
                || (changes is not null && changes.Replaces(name)))
            {
                continue;
            }

            if (values.Count > 1 && name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
            {
                // HTTP/2 sends each cookie as a line of its own; HTTP/1.1 knows one line only (RFC 9113, section 8.2.3).
                target.Add(name, string.Join("; ", (IEnumerable<string?>)values));
                continue;
            }

            if (isHopLimited && name.Equals(MaxForwards.Header, StringComparison.OrdinalIgnoreCase) && MaxForwards.Next(values) is { } next)
            {
                target.Add(name, next);
                continue;
            }

            foreach (var value in values)
            {
                target.Add(name, value);
            }
        }

        if (certificate?.Value is { } shown && changes?.Replaces(ClientCertificate.Header) != true)
        {
            target.Add(ClientCertificate.Header, shown);
        }

        changes?.Write(context, ref target);
        AddOwn(context, ref target, lastEventId);
    }

    /// <summary>Adds what this hop says for itself.</summary>
    private void AddOwn<THeaders>(HttpContext context, ref THeaders target, string? lastEventId)
        where THeaders : struct, IRequestHeaders
    {
        var request = context.Request;
        if (asksIdentity)
        {
            // In a compressed stream no event can be seen, and nothing can be said between two of them; what is compressed
            // for users here is stored once.
            target.Add("Accept-Encoding", "identity");
        }

        if (lastEventId is not null)
        {
            target.Add(LastEventId, lastEventId);
        }

        if (request.Headers.TE.Count > 0 && HopByHop.IsNamedBy("trailers", request.Headers.TE))
        {
            // Each hop says for itself that it takes trailers; gRPC needs it said.
            target.Add("TE", "trailers");
        }

        if (saysVia)
        {
            target.Add("Via", request.Protocol is "HTTP/2" ? "2.0 gateway" : "1.1 gateway");
        }

        target.Add(RequestIds.Header, context.TraceIdentifier);
        forwarded.Write(context, ref target);
    }

    /// <summary>
    /// CGI makes <c>HTTP_PROXY</c> of it, by which many an HTTP client sends its own requests through a proxy of the attacker's
    /// (CVE-2016-5385). It has no meaning in HTTP.
    /// </summary>
    private static bool IsHttpoxy(string name) => name.Equals("Proxy", StringComparison.OrdinalIgnoreCase);
}
