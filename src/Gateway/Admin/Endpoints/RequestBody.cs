using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Admin.Endpoints;

/// <summary>The body of a request to the admin endpoint, within a limit.</summary>
internal static class RequestBody
{
    /// <summary>The body; null: it is compressed, too large or broke off, and the response says so.</summary>
    /// <param name="context">The request.</param>
    /// <param name="most">So many bytes are taken; whole MiB.</param>
    /// <param name="instead">What to do about one that is larger, in a few words.</param>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContext context, int most, string instead)
    {
        if (context.Request.Headers.ContentEncoding.Any(static coding => coding is { Length: > 0 }
            && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            // Taken as it is, it would be read as something else.
            await AdminJson.ProblemAsync(
                context,
                StatusCodes.Status415UnsupportedMediaType,
                "The body is compressed, and is taken uncompressed only. Switch compression off at the sender.");
            return null;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = most;
        }

        var body = new ArrayBufferWriter<byte>(4096);
        try
        {
            int count;
            while ((count = await context.Request.Body.ReadAsync(body.GetMemory(4096), context.RequestAborted)) > 0)
            {
                body.Advance(count);
            }

            return body.WrittenMemory;
        }
        catch (BadHttpRequestException e)
        {
            await AdminJson.ProblemAsync(
                context, e.StatusCode, $"The body could not be read. At most {most / (1024 * 1024)} MiB is taken: {instead}.");
            return null;
        }
    }
}
