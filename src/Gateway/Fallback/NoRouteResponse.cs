using System.Text;
using Microsoft.Extensions.Primitives;

namespace Gateway.Fallback;

/// <summary>
/// What a client gets whose request no route takes: the path (404) or its method (405). Part of the
/// program, like <see cref="BuiltInResponse"/>.
/// </summary>
internal static class NoRouteResponse
{
    private const string ProxyStatus = "gateway; error=destination_not_found";

    private static readonly Bodies NotFound = new(404, "Not Found", "There is nothing at this address.");
    private static readonly Bodies MethodNotAllowed = new(405, "Method Not Allowed", "This address does not take this method.");

    /// <summary>Writes it in the shape that the client accepts; a response to HEAD has no body.</summary>
    /// <param name="context">The request; <c>Allow</c> is kept if it stands there.</param>
    /// <param name="status">404 or 405.</param>
    public static async Task WriteAsync(HttpContext context, int status)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.Headers["Proxy-Status"] = ProxyStatus;
        response.Headers.CacheControl = "no-store";
        var (body, contentType) = (status == StatusCodes.Status405MethodNotAllowed ? MethodNotAllowed : NotFound).For(
            context.Request.Headers.Accept,
            context.TraceIdentifier);
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private sealed class Bodies(int status, string title, string detail)
    {
        private readonly byte[] _problem =
            Encoding.UTF8.GetBytes($$"""{"type":"about:blank","title":"{{title}}","status":{{status}},"detail":"{{detail}}"}""");
        private readonly byte[] _text = Encoding.UTF8.GetBytes(detail + "\n");
        private readonly byte[] _html = Encoding.UTF8.GetBytes(BuiltInResponse.Page(title, detail));

        /// <summary>An event stream that does not begin reads no event: it gets the text.</summary>
        public (ReadOnlyMemory<byte> Body, string ContentType) For(StringValues accept, string requestId) =>
            Negotiation.Choose(accept) switch
            {
                BuiltInFormat.Html => (_html, BuiltInResponse.ContentType(BuiltInFormat.Html)),
                BuiltInFormat.Text or BuiltInFormat.EventStream => (_text, BuiltInResponse.ContentType(BuiltInFormat.Text)),
                _ => (RequestIdMember.AddTo(_problem, requestId), BuiltInResponse.ContentType(BuiltInFormat.Problem)),
            };
    }
}
