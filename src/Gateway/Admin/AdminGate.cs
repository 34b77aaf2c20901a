using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace Gateway.Admin;

/// <summary>
/// Who may pass, in this order: the right Host (against DNS rebinding), the right Origin (against other sites in an operator's browser), the right
/// token, a change only by a method that changes. Every answer carries the headers that keep a browser strict.
/// </summary>
internal sealed partial class AdminGate
{
    private readonly RequestDelegate _next;
    private readonly StatusPage _page;
    private readonly AttemptLimit _attempts;
    private readonly ILogger _log;
    private readonly byte[]? _token;
    private readonly string _host;

    public AdminGate(RequestDelegate next, StatusPage page, string host, string? token, TimeProvider time, ILogger log)
    {
        _next = next;
        _page = page;
        _host = host;
        _token = token is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(token));
        _attempts = new AttemptLimit(time);
        _log = log;
    }

    /// <summary>Lets a request pass or answers it.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        Harden(context.Response.Headers);

        // 1. A name that an attacker's DNS may point at us. With a token the browser has nothing to send, so any name will do there.
        if (_token is null && !IsOwnHost(context.Request.Host.Host))
        {
            await AdminJson.ProblemAsync(context, StatusCodes.Status421MisdirectedRequest,
                "This host name is not one of the operators' port. Use the address of \"admin.url\", or set \"admin.token\" to allow every name.");
            return;
        }

        // 2. Another site's script in an operator's browser.
        if (IsForeign(context.Request))
        {
            LogForeign(context.Connection.RemoteIpAddress);
            await AdminJson.ProblemAsync(context, StatusCodes.Status403Forbidden, "Calls from other sites' pages are refused. Use the status page, the commands or curl.");
            return;
        }

        // 3. The token. Whether it lives and is ready is asked by balancers and kubelets, which keep no secrets; that yes or no is all they learn.
        if (_token is not null && !IsHealthQuestion(context.Request) && !await MayPassAsync(context, _token))
        {
            return;
        }

        try
        {
            await _next(context);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            // What failed is for the log; the answer tells no insides.
            LogFailed(context.Request.Method, context.Request.Path, e);
            await AdminJson.ProblemAsync(context, StatusCodes.Status500InternalServerError, "The gateway could not answer this. Its log says why.");
        }

        // 4. What routing refused says why, too.
        if (!context.Response.HasStarted && context.Response is { StatusCode: >= 400, ContentType: null })
        {
            await AdminJson.ProblemAsync(context, context.Response.StatusCode, context.Response.StatusCode switch
            {
                404 => "There is nothing at this path. \"/\" is the status page; docs/operations.md lists the rest.",
                405 => $"Use {context.Response.Headers.Allow} for this path: changes are made by POST and DELETE only.",
                _ => "The request cannot be answered.",
            });
        }
    }

    private static void Harden(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
    }

    private bool IsOwnHost(string host) =>
        string.Equals(host, _host, StringComparison.OrdinalIgnoreCase)
        || string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool IsForeign(HttpRequest request)
    {
        if (request.Headers.Origin is [{ Length: > 0 } origin, ..]
            && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        // A link to the status page from elsewhere is harmless; everything else is not asked for by other sites.
        return request.Headers["Sec-Fetch-Site"] is ["cross-site" or "same-site", ..]
            && !(HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] is ["navigate", ..]);
    }

    private static bool IsHealthQuestion(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && request.Path.Value is "/livez" or "/readyz";

    private async Task<bool> MayPassAsync(HttpContext context, byte[] token)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        var wait = _attempts.Wait(address);
        if (wait > TimeSpan.Zero)
        {
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
            await AdminJson.ProblemAsync(context, StatusCodes.Status429TooManyRequests, "Too many wrong tokens came from this address. Wait a minute, then use the right one.");
            return false;
        }

        const string scheme = "Bearer ";
        var given = context.Request.Headers.Authorization is [{ } header] && header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? header[scheme.Length..].Trim() : null;

        // Hashes are of one length, so that neither length nor content of the token shows in the time taken.
        if (given is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), token))
        {
            return true;
        }

        if (given is not null)
        {
            LogWrongToken(address, _attempts.Wrong(address));
        }

        context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"gateway\"";
        if (given is null && HttpMethods.IsGet(context.Request.Method) && string.Equals(context.Request.Path, "/", StringComparison.Ordinal))
        {
            // A browser cannot send a token by itself: the page, which holds no data, asks for it.
            await _page.WriteAsync(context, StatusCodes.Status401Unauthorized);
            return false;
        }

        await AdminJson.ProblemAsync(context, StatusCodes.Status401Unauthorized, "Send the token of \"admin.token\" as \"Authorization: Bearer TOKEN\".");
        return false;
    }

    [LoggerMessage(8001, LogLevel.Warning, "A wrong token came to the operators' port from {Address}: number {Count} within a minute; after 10 the address is refused for the rest of it.")]
    private partial void LogWrongToken(IPAddress address, int count);

    [LoggerMessage(8003, LogLevel.Error, "{Method} \"{Path}\" on the operators' port failed.")]
    private partial void LogFailed(string method, string path, Exception exception);

    [LoggerMessage(8002, LogLevel.Warning, "A call to the operators' port from another site's page was refused; the browser is at {Address}.")]
    private partial void LogForeign(IPAddress? address);
}
