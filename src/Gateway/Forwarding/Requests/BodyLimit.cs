using Gateway.Forwarding.Attempts;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding.Requests;

/// <summary>Takes a request's body in, as long as <c>limits.requestBody</c> allows it to be.</summary>
internal static class BodyLimit
{
    /// <summary>The body, of which a small one is read; null: the request has none.</summary>
    /// <param name="context">The request.</param>
    /// <param name="plan">Its route.</param>
    /// <param name="halfOpen">Returned if the body cannot be taken in.</param>
    /// <exception cref="BadHttpRequestException">The body is too long, or broken.</exception>
    public static async ValueTask<RequestBody?> ReadAsync(HttpContext context, CompiledRoute plan, HalfOpenPermit? halfOpen)
    {
        // Over HTTP/1 a body is announced (RFC 9112, section 6): most requests are through with two looks.
        var request = context.Request;
        if (request.ContentLength is null && request.Headers.TransferEncoding.Count == 0 && HttpProtocol.IsHttp11(request.Protocol))
        {
            return null;
        }

        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            return null;
        }

        try
        {
            var most = plan.RequestBodyLimit;
            if (request.ContentLength > most)
            {
                throw TooLong();
            }

            var buffer = plan.ClusterConfig.Attempts.RequestBuffer;
            return await RequestBody.ReadAsync(context, buffer, most, plan.Traffic.Time, context.RequestAborted).ConfigureAwait(false);
        }
        catch
        {
            halfOpen?.Destination.ReturnHalfOpenPermit();
            throw;
        }
    }

    /// <summary>A body is longer than its route allows.</summary>
    public static BadHttpRequestException TooLong() =>
        new("The body is longer than limits.requestBody allows.", StatusCodes.Status413PayloadTooLarge);
}
