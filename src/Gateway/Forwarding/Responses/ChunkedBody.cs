using System.Globalization;
using System.Text;
using Gateway.Upstream;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding.Responses;

/// <summary>
/// The body of an HTTP/1.1 response with trailers. Kestrel writes chunks but never trailers behind them, and leaves the chunks to a
/// handler that sets <c>Transfer-Encoding: chunked</c> himself. Without <see cref="EndAsync"/> the response has no end, and the connection
/// has to be cut, as YARP does.
/// </summary>
internal sealed class ChunkedBody(Stream output, HttpResponse response) : WriteOnlyStream
{
    private static readonly byte[] LineEnd = "\r\n"u8.ToArray();

    /// <summary>True: this client takes trailers, and only so can it have them.</summary>
    public static bool IsWanted(HttpRequest request) =>
        HttpProtocol.IsHttp11(request.Protocol) && request.Headers.TE.Count > 0 && HopByHop.IsNamedBy("trailers", request.Headers.TE);

    /// <summary>Puts it in the place of the response's body.</summary>
    public static void Use(HttpContext context)
    {
        var original = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        context.Response.ContentLength = null;
        context.Response.Headers.TransferEncoding = "chunked";
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(
            new ChunkedBody(original.Stream, context.Response),
            original));
    }

    /// <summary>Writes the last chunk and the trailers.</summary>
    public async ValueTask EndAsync(IReadOnlyList<KeyValuePair<string, StringValues>> trailers, CancellationToken cancellationToken)
    {
        var end = new StringBuilder("0\r\n");
        foreach (var trailer in trailers)
        {
            foreach (var value in trailer.Value)
            {
                end.Append(CultureInfo.InvariantCulture, $"{trailer.Key}: {value}\r\n");
            }
        }

        await output.WriteAsync(Encoding.Latin1.GetBytes(end.Append("\r\n").ToString()), cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // An empty chunk would be the last one. A response of the fallback chain, which took this one's place before
        // it began, is written as it is.
        var isChunked = !StringValues.IsNullOrEmpty(response.Headers.TransferEncoding);
        if (isChunked && !buffer.IsEmpty)
        {
            await output.WriteAsync(
                Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{buffer.Length:x}\r\n")),
                cancellationToken).ConfigureAwait(false);
        }

        await output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (isChunked && !buffer.IsEmpty)
        {
            await output.WriteAsync(LineEnd, cancellationToken).ConfigureAwait(false);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);
}
