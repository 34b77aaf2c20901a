using Gateway.Configuration.Model;
using Gateway.Forwarding.Responses;
using Gateway.Forwarding.Upgrades;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding.Compression;

/// <summary>
/// Compresses the responses of a route for its users, whatever gives them: a destination, the store of last-good responses, a file.
/// </summary>
internal sealed class ResponseCompression
{
    private readonly CompressionRule _rule;

    private ResponseCompression(CompressionConfig config)
    {
        _rule = new CompressionRule(config);
        Offload = config.Offload;
    }

    /// <summary>Destinations are asked without <c>Accept-Encoding</c>.</summary>
    public bool Offload { get; }

    /// <summary>The compression of a route; null: responses are given as they come.</summary>
    public static ResponseCompression? Of(CompressionConfig config) => config.Codings.Length == 0 ? null : new ResponseCompression(config);

    /// <summary>
    /// Takes the place of the response's body. Before any other change of its headers is registered: what is registered first is done last.
    /// </summary>
    /// <returns>Null: this request's responses are not compressed. Else the caller finishes it after the response.</returns>
    public CompressedBody? Register(HttpContext context)
    {
        // Trailers over HTTP/1.1 take a body of their own, and a client that wants them is a program, mostly gRPC.
        if (ChunkedBody.IsWanted(context.Request) || UpgradeForwarder.Is(context))
        {
            return null;
        }

        var body = new CompressedBody(
            context,
            context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(),
            _rule,
            CompressorPlaces.Shared);
        context.Features.Set<IHttpResponseBodyFeature>(body);
        context.Response.OnStarting(CompressedBody.Decide, body);
        return body;
    }
}
