using Gateway.Observability;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding.Responses;

/// <summary>Ends a response that has begun and cannot be finished, so that it does not look whole.</summary>
internal static class ResponseCut
{
    /// <summary>
    /// In HTTP/1.1 the connection ends behind what was given: a reset would take from the client what it has not read yet. That the end
    /// came early the length shows, or the last chunk that is missing; only a body that ends with its connection needs the reset.
    /// </summary>
    public static void Make(HttpContext context, RequestRecord record, bool isClients)
    {
        if (context.Features.Get<IHttpResetFeature>() is { } stream)
        {
            // RFC 9113, section 7: CANCEL for a client that left, INTERNAL_ERROR for what went wrong behind us.
            stream.Reset(isClients ? 0x8 : 0x2);
        }
        else if (!isClients && (context.Response.ContentLength is not null || HttpProtocol.IsHttp11(context.Request.Protocol)))
        {
            record.IsCut = true;
        }
        else
        {
            context.Abort();
        }
    }
}
