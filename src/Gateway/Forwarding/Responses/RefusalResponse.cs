using System.Text.Encodings.Web;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Forwarding.Responses;

/// <summary>The response to a request that the gateway refuses by itself: no destination is asked for it.</summary>
internal static class RefusalResponse
{
    /// <summary>Writes it, as RFC 9457 has it. The response must not have started.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">From 400 to 499.</param>
    /// <param name="closes">What follows on the connection is not trusted: it ends.</param>
    /// <param name="addHeaders">Adds what else there is to say; null: nothing.</param>
    /// <param name="detail">What is wrong, as a sentence; it repeats nothing of what the client sent.</param>
    public static async ValueTask WriteAsync(
        HttpContext context,
        int status,
        string detail,
        bool closes = true,
        Action<IHeaderDictionary>? addHeaders = null)
    {
        var response = context.Response;
        response.Clear();
        response.StatusCode = status;
        addHeaders?.Invoke(response.Headers);
        if (closes && (HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol)))
        {
            // What follows on this connection cannot be told from the rest of a body.
            response.Headers.Connection = "close";
        }

        var title = ReasonPhrases.GetReasonPhrase(status);
        var body = System.Text.Encoding.UTF8.GetBytes(
            $$"""{"type":"about:blank","title":"{{title}}","status":{{status.ToString(System.Globalization.CultureInfo.InvariantCulture)}},"detail":"{{JavaScriptEncoder.Default.Encode(detail)}}","requestId":"{{JavaScriptEncoder.Default.Encode(context.TraceIdentifier)}}"}""");
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
    }
}
