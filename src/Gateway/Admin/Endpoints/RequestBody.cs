using System.Buffers;
using System.Globalization;

namespace Gateway.Admin.Endpoints;

/// <summary>The body of a request to the admin endpoint, within a limit.</summary>
internal static class RequestBody
{
    /// <summary>The body; null: it is compressed, too large or broke off, and the response says so.</summary>
    /// <param name="context">The request.</param>
    /// <param name="most">So many bytes are taken; whole KiB.</param>
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

        if (context.Request.ContentLength > most)
        {
            await TooLongAsync(context, most, instead);
            return null;
        }

        var body = new ArrayBufferWriter<byte>(4096);
        try
        {
            int count;
            while ((count = await context.Request.Body.ReadAsync(body.GetMemory(4096), context.RequestAborted)) > 0)
            {
                body.Advance(count);
                if (body.WrittenCount > most)
                {
                    await TooLongAsync(context, most, instead);
                    return null;
                }
            }

            return body.WrittenMemory;
        }
        catch (BadHttpRequestException e)
        {
            await AdminJson.ProblemAsync(context, e.StatusCode, "The body could not be read to its end. Send it again.");
            return null;
        }
    }

    private static Task TooLongAsync(HttpContext context, int most, string instead) => AdminJson.ProblemAsync(
        context,
        StatusCodes.Status413PayloadTooLarge,
        string.Create(CultureInfo.InvariantCulture, $"The body is too long. At most {most / 1024} KiB is taken: {instead}."));
}
