using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Admin.Endpoints;

/// <summary>How the admin endpoint writes and reads JSON, and its errors (RFC 9457).</summary>
internal static class AdminJson
{
    /// <summary>Camel case, enums as words, no nulls.</summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Answers with a value.</summary>
    public static Task WriteAsync<T>(HttpContext context, T value, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(value, Options, context.RequestAborted);
    }

    /// <summary>Answers with an error that says what to do.</summary>
    public static Task ProblemAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            new Problem("about:blank", Title(status), status, detail), Options, "application/problem+json", context.RequestAborted);
    }

    private static string Title(int status) => status switch
    {
        400 => "Bad request",
        401 => "Credentials needed",
        403 => "Refused",
        404 => "Not found",
        405 => "Method not allowed",
        409 => "Not now",
        413 => "Too large",
        415 => "Wrong content type",
        421 => "Wrong host",
        429 => "Too many attempts",
        503 => "Not available",
        _ => "Error",
    };

    private sealed record Problem(string Type, string Title, int Status, string Detail);
}
