using System.Text;

namespace Gateway.Server.Acme;

/// <summary>
/// HTTP-01 (RFC 8555, section 8.3): answers an authority's request, before any route. Other requests, to the same path too, go on.
/// </summary>
internal static class HttpChallenge
{
    private const string Path = "/.well-known/acme-challenge/";

    /// <summary>Stands before the routes.</summary>
    public static Func<RequestDelegate, RequestDelegate> Before(AcmeChallenges challenges) => next => context =>
        context.Request.Path.Value is { } path
        && path.StartsWith(Path, StringComparison.Ordinal)
        && challenges.ResponseTo(path[Path.Length..]) is { } response
            ? RespondAsync(context, response)
            : next(context);

    private static Task RespondAsync(HttpContext context, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
