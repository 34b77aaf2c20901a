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
        var request = httpContext.Request;
        var connection = request.Headers.Connection;
        var target = proxyRequest.Headers;
        foreach (var (name, values) in request.Headers)
        {
            // The host is the destination's own: its certificate and its virtual host go by it. Users' host is in X-Forwarded-Host.
            if (name.Length == 0 || name[0] == ':' || name.Equals("Host", StringComparison.OrdinalIgnoreCase)
                || RequestHeaders.EndsHere(name, connection) || ForwardedHeaders.Owns(name))
            {
                continue;
            }

            // Headers of a body are refused here and stand with the body.
            if (values.Count == 1)
            {
                target.TryAddWithoutValidation(name, values[0]);
            }
            else
            {
                target.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        if (request.Headers.TE.Count > 0 && RequestHeaders.IsNamedBy("trailers", request.Headers.TE))
        {
            // Each hop says for itself that it takes trailers; gRPC needs it said.
            target.TryAddWithoutValidation("TE", "trailers");
        }

        target.TryAddWithoutValidation(Via, request.Protocol is "HTTP/2" ? "2.0 gateway" : "1.1 gateway");
        forwarded.Write(httpContext, proxyRequest);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null || proxyResponse.Content is NoAnswer)
        {
            return false;
        }

        var response = httpContext.Response;
        var source = proxyResponse.Headers.NonValidated;
        var connection = source.TryGetValues("Connection", out var named) ? new StringValues([.. named]) : default;
        Copy(source, response.Headers, connection);
        switch (proxyResponse.Content)
        {
            case HeldContent held:
                Copy(held.UpstreamHeaders.NonValidated, response.Headers, connection);
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
                    var endIsKnown = proxyResponse.Version.Major >= 2 || streamed.UpstreamHeaders.ContentLength is not null || proxyResponse.Headers.TransferEncodingChunked == true;
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
