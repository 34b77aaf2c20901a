using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SampleGuide;

/// <summary>Whole responses, with their Content-Length.</summary>
internal static class GuideResponse
{
    // These responses are never put into a page, and people read them.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task JsonAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            write(json);
        }

        return BytesAsync(context, status, "application/json", buffer.WrittenMemory);
    }

    public static async Task BytesAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
