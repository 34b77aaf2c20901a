using System.Net.Http;
using System.Net.Http.Headers;
using Gateway.Configuration;
using Gateway.LastGood;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Forwarding;

/// <summary>
/// Copies what belongs to the message and drops what belongs to one connection, in both directions. A whole answer is written here at once;
/// others YARP streams. On the way the store of last good answers takes its copy.
/// </summary>
internal sealed class HeaderTransformer(ForwardedHeaders forwarded, RouteConfig route, LastGoodStore lastGood) : HttpTransformer
{
    private const string Via = "Via";
    private static readonly Uri NoAddress = new("http://destination.invalid/");
    private static readonly StringValues Via11 = "1.1 gateway";
    private static readonly StringValues Via20 = "2.0 gateway";

    public override ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        // Each attempt has an address of its own; left empty, YARP would make one here for nobody.
        proxyRequest.RequestUri ??= NoAddress;
        var headers = new MessageRequestHeaders(proxyRequest);
        CopyRequest(httpContext, ref headers, skipTraceParent: false);
        return ValueTask.CompletedTask;
    }

    /// <summary>The user's request as a message of its own, for a client that takes messages. It has no address yet.</summary>
    public HttpRequestMessage MessageOf(HttpContext context)
    {
        var message = new HttpRequestMessage(HttpMethods.IsHead(context.Request.Method) ? HttpMethod.Head : HttpMethod.Get, (Uri?)null) { Version = System.Net.HttpVersion.Version11 };
        var headers = new MessageRequestHeaders(message);
        CopyRequest(context, ref headers, skipTraceParent: false);
        return message;
    }

    /// <summary>Writes the headers of a request to a destination: the client's that go further, and ours.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="target">Takes them.</param>
    /// <param name="skipTraceParent">The client's <c>traceparent</c> is replaced by one of ours.</param>
    public void CopyRequest<THeaders>(HttpContext context, ref THeaders target, bool skipTraceParent)
        where THeaders : struct, IRequestHeaders
    {
        var request = context.Request;
        var connection = request.Headers.Connection;
        foreach (var (name, values) in request.Headers)
        {
            // The host is the destination's own: its certificate and its virtual host go by it. Users' host is in X-Forwarded-Host.
            if (name.Length == 0 || name[0] == ':' || name.Equals("Host", StringComparison.OrdinalIgnoreCase)
                || RequestHeaders.EndsHere(name, connection) || ForwardedHeaders.Owns(name)
                || (skipTraceParent && name.Equals("traceparent", StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }

            if (values.Count > 1 && name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
            {
                // HTTP/2 sends each cookie as a line of its own; HTTP/1.1 knows one line only (RFC 9113, section 8.2.3).
                target.Add(name, string.Join("; ", (IEnumerable<string?>)values));
                continue;
            }

            foreach (var value in values)
            {
                target.Add(name, value);
            }
        }

        if (request.Headers.TE.Count > 0 && RequestHeaders.IsNamedBy("trailers", request.Headers.TE))
        {
            // Each hop says for itself that it takes trailers; gRPC needs it said.
            target.Add("TE", "trailers");
        }

        target.Add(Via, request.Protocol is "HTTP/2" ? "2.0 gateway" : "1.1 gateway");
        forwarded.Write(context, ref target);
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null || proxyResponse.Content is NoAnswer)
        {
            return false;
        }

        var response = httpContext.Response;
        var connection = default(StringValues);
        var plain = proxyResponse.Content switch
        {
            HeldContent { Upstream: Http1Answer { IsUnfolded: false } held } => held,
            StreamedContent { Upstream: Http1Answer { IsUnfolded: false } streamed } => streamed,
            _ => null,
        };
        if (plain is not null)
        {
            plain.Head.CopyTo(response.Headers);
        }
        else
        {
            var source = proxyResponse.Headers.NonValidated;
            connection = source.TryGetValues("Connection", out var named) ? new StringValues([.. named]) : default;
            Copy(source, response.Headers, connection);
        }

        switch (proxyResponse.Content)
        {
            case HeldContent held:
                Copy(held.Upstream.Headers.NonValidated, response.Headers, connection);
                if (lastGood.OnAnswer(route, httpContext.Request, response.StatusCode, response.Headers, held.Attempt.Tier.Name, held.Attempt.ToHead) is { } whole)
                {
                    whole.Append(held.Body.Span);
                    whole.Complete();
                }

                AddVia(response, proxyResponse);
                response.ContentLength = held.Body.Length;
                if (proxyResponse.TrailingHeaders.NonValidated.Count > 0)
                {
                    if (ChunkedBody.IsWanted(httpContext.Request))
                    {
                        ChunkedBody.Use(httpContext);
                    }

                    await response.Body.WriteAsync(held.Body, cancellationToken).ConfigureAwait(false);
                    await TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken).ConfigureAwait(false);
                    return false;
                }

                await response.Body.WriteAsync(held.Body, cancellationToken).ConfigureAwait(false);
                return false;
            case StreamedContent streamed:
                Copy(streamed.UpstreamHeaders.NonValidated, response.Headers, connection);
                if (streamed.Body is EventStream)
                {
                    // Heartbeats and what is said of a cut are not in the destination's count.
                    response.ContentLength = null;
                }

                if (streamed.Body is AnswerStream body)
                {
                    // A body that ends with its connection cannot be told from one that was cut.
                    var endIsKnown = plain is not null || proxyResponse.Version.Major >= 2 || streamed.UpstreamHeaders.ContentLength is not null || proxyResponse.Headers.TransferEncodingChunked == true;
                    body.Capture = lastGood.OnAnswer(
                        route, httpContext.Request, response.StatusCode, response.Headers, streamed.Attempt.Tier.Name, streamed.Attempt.ToHead, endIsKnown);
                }

                AddVia(response, proxyResponse);
                if (response.ContentLength is null && ChunkedBody.IsWanted(httpContext.Request))
                {
                    // Whether trailers will follow is not known yet.
                    ChunkedBody.Use(httpContext);
                }

                return true;
            default:
                // Without a body there is nothing to keep, but what it says can make a kept answer leave.
                Copy(proxyResponse.Content.Headers.NonValidated, response.Headers, connection);
                lastGood.OnAnswer(route, httpContext.Request, response.StatusCode, response.Headers, "")?.Abandon();
                AddVia(response, proxyResponse);
                return true;
        }
    }

    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken) =>
        httpContext.Response.Body is ChunkedBody body
            ? body.EndAsync(proxyResponse.TrailingHeaders.NonValidated, cancellationToken)
            : base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);

    private static void AddVia(HttpResponse response, HttpResponseMessage received) =>
        response.Headers.Append(Via, received.Version.Major >= 2 ? Via20 : Via11);

    private static void Copy(HttpHeadersNonValidated source, IHeaderDictionary target, StringValues connection)
    {
        foreach (var header in source)
        {
            if (RequestHeaders.EndsHere(header.Key, connection))
            {
                continue;
            }

            var values = header.Value;
            target[header.Key] = values.Count == 1 ? new StringValues(values.ToString()) : new StringValues([.. values]);
        }
    }
}
