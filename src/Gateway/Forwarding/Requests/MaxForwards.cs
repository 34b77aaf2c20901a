using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Gateway.Forwarding.Responses;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// Requests that end at the gateway: OPTIONS and TRACE that may go no further (<c>Max-Forwards: 0</c>, RFC 9110, section 7.6.2), and
/// <c>OPTIONS *</c>, which asks the server that it reaches and no resource (section 9.3.7).
/// </summary>
internal static class MaxForwards
{
    /// <summary>The header.</summary>
    public const string Header = "Max-Forwards";

    /// <summary>No chain is longer; a larger number becomes this one.</summary>
    private const int Most = int.MaxValue;

    private const string AllMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    /// <summary>The header has a meaning with this method only.</summary>
    public static bool Concerns(string method) => HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method);

    /// <summary>How often the request may be forwarded; null: it does not say, or not in digits.</summary>
    public static int? Read(StringValues values)
    {
        if (values.Count != 1 || values[0].AsSpan().Trim(" \t") is not { IsEmpty: false } text || text.ContainsAnyExceptInRange('0', '9'))
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : Most;
    }

    /// <summary>True: the request is answered here.</summary>
    public static bool EndsHere(HttpRequest request) => Concerns(request.Method) && Read(request.Headers[Header]) is 0;

    /// <summary>The value for the next hop; null: it goes on as it came.</summary>
    public static string? Next(StringValues values) =>
        Read(values) is { } count and > 0 ? (count - 1).ToString(CultureInfo.InvariantCulture) : null;

    /// <summary>
    /// Answers such a request. TRACE is not reflected: its body would show a script the cookies and credentials
    /// that the browser hides from it.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="route">Its route; null: it asks about the server.</param>
    public static ValueTask RespondAsync(HttpContext context, RouteConfig? route)
    {
        var allowed = route is { Methods.Length: > 0 } ? string.Join(", ", RouteEndpoints.MethodsOf(route)) : null;
        if (HttpMethods.IsTrace(context.Request.Method))
        {
            context.Response.OnStarting(
                static state =>
                {
                    var (response, allow) = ((HttpResponse, string))state;
                    response.Headers.Allow = allow;
                    return Task.CompletedTask;
                },
                (context.Response, allowed ?? AllMethods));
            return RefusalResponse.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "The gateway does not reflect requests.");
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        if (allowed is not null)
        {
            context.Response.Headers.Allow = allowed;
        }

        return ValueTask.CompletedTask;
    }
}
