using System.Net;
using Gateway.Admin.Endpoints;
using Gateway.Admin.Status;
using Gateway.Configuration.Model;
using Microsoft.Net.Http.Headers;

namespace Gateway.Admin.Security;

/// <summary>
/// Who may pass, in this order: the right Host (against DNS rebinding), the right Origin (against other sites in an operator's browser),
/// the right token or client certificate and its role, a change only by a method that changes. Every response carries the headers that keep
/// a browser strict. Whether the process lives and is ready is told without a token, by the status alone: what asks for it (Kubernetes,
/// keepalived, a balancer's check) has nowhere to keep a secret.
/// </summary>
internal sealed partial class AdminGate
{
    private static readonly object StatusOnly = new();
    private static readonly object Gate = new();

    private readonly RequestDelegate _next;
    private readonly StatusPage _page;
    private readonly AttemptLimit _attempts;
    private readonly ILogger _log;
    private readonly AdminCredentials _credentials;
    private readonly string _host;

    public AdminGate(
        RequestDelegate next,
        StatusPage page,
        string host,
        AdminCredentials credentials,
        TimeProvider time,
        ILogger log)
    {
        _next = next;
        _page = page;
        _host = host;
        _credentials = credentials;
        _attempts = new AttemptLimit(time);
        _log = log;
    }

    /// <summary>Whether this caller, who is no operator where one is needed, may see no more than a status.</summary>
    public static bool SeesStatusOnly(HttpContext context) => context.Items.ContainsKey(StatusOnly);

    /// <summary>Whether a response that goes on for long may go on: its token or certificate is still an operator's.</summary>
    public static bool MayStillRead(HttpContext context) =>
        context.Items[Gate] is not AdminGate gate || !gate._credentials.AreNeeded || gate.CallerOf(context) is not null;

    /// <summary>Lets a request pass or answers it.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        BrowserGuard.Harden(context.Response.Headers);

        // 0. Whether it lives and is ready is asked by balancers and kubelets, which keep no secrets and often name no host; that yes or no
        // is all they learn.
        var isCheck = IsCheck(context.Request);

        // 1. A name that an attacker's DNS may point at us. With a token the browser has nothing to send, and a client certificate only
        // where the endpoint's own is for that name: any will do there.
        if (!_credentials.AreNeeded && !isCheck && !IsOwnHost(context.Request.Host.Host))
        {
            await AdminJson.ProblemAsync(context, StatusCodes.Status421MisdirectedRequest,
                "This is no host name of the admin endpoint. Use the address of \"admin.url\", or set \"admin.token\" to allow every "
                    + "name.");
            return;
        }

        // 2. Another site's script in an operator's browser.
        if (BrowserGuard.IsForeign(context.Request))
        {
            LogForeign(context.Connection.RemoteIpAddress);
            await AdminJson.ProblemAsync(
                context,
                StatusCodes.Status403Forbidden,
                "Calls from other sites' pages are refused. Use the status page, the commands or curl.");
            return;
        }

        // 3. The token or the certificate.
        context.Items[Gate] = this;
        if (_credentials.AreNeeded && isCheck && context.Request.Headers.Authorization.Count == 0 && CallerOf(context) is null)
        {
            context.Items[StatusOnly] = StatusOnly;
        }
        else if (_credentials.AreNeeded && !await MayPassAsync(context))
        {
            return;
        }

        try
        {
            await _next(context);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            // What failed is for the log; the response tells no insides.
            LogFailed(context.Request.Method, context.Request.Path, e);
            await AdminJson.ProblemAsync(
                context,
                StatusCodes.Status500InternalServerError,
                "The gateway could not answer this. Its log says why.");
        }

        // 4. What routing refused says why, too.
        if (!context.Response.HasStarted && context.Response is { StatusCode: >= 400, ContentType: null })
        {
            await AdminJson.ProblemAsync(context, context.Response.StatusCode, WhyRefused(context.Response));
        }
    }

    private AdminTokens Tokens => _credentials.Tokens;

    private OperatorCertificates Certificates => _credentials.Certificates;

    private static string? TokenOf(HttpRequest request)
    {
        const string scheme = "Bearer ";
        return request.Headers.Authorization is [{ } header] && header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            ? header[scheme.Length..].Trim()
            : null;
    }

    private static string WhyRefused(HttpResponse response) => response.StatusCode switch
    {
        404 => "There is nothing at this path. \"/\" is the status page; docs/operations.md lists the rest.",
        405 => $"Use {response.Headers.Allow} for this path: changes are made by POST and DELETE only.",
        _ => "The request cannot be answered.",
    };

    private static bool IsCheck(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && request.Path.Value is ("/livez" or "/readyz");

    private bool IsOwnHost(string host) =>
        string.Equals(host, _host, StringComparison.OrdinalIgnoreCase)
        || string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    // A token is the more deliberate proof: a wrong one is not made good by a certificate, which a browser sends by itself.
    private AdminCaller? CallerOf(HttpContext context) =>
        TokenOf(context.Request) is { } given ? Tokens.Find(given)
        : ShownCertificate.Of(context) is { } shown ? Certificates.Judge(shown).Caller
        : null;

    private async Task<bool> MayPassAsync(HttpContext context)
    {
        var given = TokenOf(context.Request);

        // Before any limit: the right token passes, whatever else came from the same address.
        if (given is not null && Tokens.Find(given) is { } caller)
        {
            return await MayDoAsync(context, caller);
        }

        if (given is null && ShownCertificate.Of(context) is { } shown)
        {
            return await MayPassAsync(context, shown);
        }

        if (given is not null)
        {
            var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
            var count = _attempts.Wrong(address);
            if (_attempts.MayLog())
            {
                LogWrongToken(address, count);
            }

            if (count > AttemptLimit.Max)
            {
                context.Response.Headers.RetryAfter = "1";
                await AdminJson.ProblemAsync(
                    context,
                    StatusCodes.Status429TooManyRequests,
                    "Too many wrong tokens came from this address within a second. The right one passes at any time.");
                return false;
            }
        }

        context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"gateway\"";
        if (given is null && await AsksForTokenAsync(context))
        {
            return false;
        }

        var hasShown = ShownCertificate.Of(context) is not null;
        if (Certificates.AreAsked && !hasShown)
        {
            // A certificate is shown in a handshake: this connection, perhaps older than the key, never has one.
            context.Response.Headers.Connection = "close";
        }

        await AdminJson.ProblemAsync(context, StatusCodes.Status401Unauthorized, WhatIsNeeded(given is not null && hasShown));
        return false;
    }

    // A browser cannot send a token by itself, and sends a certificate that may be the wrong one: the page, which holds no data, asks for
    // the token.
    private async Task<bool> AsksForTokenAsync(HttpContext context)
    {
        var asks = Tokens.AreNeeded
            && HttpMethods.IsGet(context.Request.Method)
            && string.Equals(context.Request.Path, "/", StringComparison.Ordinal);
        if (asks)
        {
            await _page.WriteAsync(context, StatusCodes.Status401Unauthorized);
        }

        return asks;
    }

    private string WhatIsNeeded(bool hasBoth) =>
        hasBoth ? "The token is wrong. With a token the client certificate does not count: send the right token, or none."
        : !Certificates.AreAsked ? "Send a token of \"admin.token\" or \"admin.tokens\" as \"Authorization: Bearer TOKEN\"."
        : !Tokens.AreNeeded ? "Show a client certificate of an operator of \"admin.clientCertificates\"."
        : "Show a client certificate of an operator of \"admin.clientCertificates\", or send a token of \"admin.token\" or "
            + "\"admin.tokens\" as \"Authorization: Bearer TOKEN\".";

    private async Task<bool> MayPassAsync(HttpContext context, ShownCertificate shown)
    {
        var check = Certificates.Judge(shown);
        if (check.Caller is { } caller)
        {
            return await MayDoAsync(context, caller);
        }

        if (_attempts.MayLog())
        {
            LogRefusedCertificate(context.Connection.RemoteIpAddress, check.Why);
        }

        if (await AsksForTokenAsync(context))
        {
            return false;
        }

        await AdminJson.ProblemAsync(
            context, check.IsGenuine ? StatusCodes.Status403Forbidden : StatusCodes.Status401Unauthorized, check.Why);
        return false;
    }

    private static async Task<bool> MayDoAsync(HttpContext context, AdminCaller caller)
    {
        var needed = AdminCaller.NeededFor(context.Request);
        if (caller.Role < needed)
        {
            await AdminJson.ProblemAsync(
                context,
                StatusCodes.Status403Forbidden,
                $"The {caller.ProofName} \"{caller.Name}\" has the role {NameOf(caller.Role)}, and this takes {NameOf(needed)}. Use "
                    + $"another {caller.ProofName}, or change its role under "
                    + $"\"{(caller.Proof == AdminProof.Token ? "admin.tokens" : "admin.clientCertificates")}\".");
            return false;
        }

        caller.Mark(context);
        return true;
    }

    private static string NameOf(AdminRole role) => role switch
    {
        AdminRole.Read => "read",
        AdminRole.Operate => "operate",
        _ => "configure",
    };

    [LoggerMessage(8001, LogLevel.Warning, "A wrong token came to the admin endpoint from {Address}: number {Count} within this second. At "
        + "most 10 per second are logged.")]
    private partial void LogWrongToken(IPAddress address, int count);

    [LoggerMessage(8005, LogLevel.Warning, "A client certificate came to the admin endpoint from {Address}. {Why} At most 10 lines per "
        + "second are logged.")]
    private partial void LogRefusedCertificate(IPAddress? address, string why);

    [LoggerMessage(8003, LogLevel.Error, "{Method} \"{Path}\" on the admin endpoint failed.")]
    private partial void LogFailed(string method, string path, Exception exception);

    [LoggerMessage(8002, LogLevel.Warning, "A call to the admin endpoint from another site's page was refused; the browser is at "
        + "{Address}.")]
    private partial void LogForeign(IPAddress? address);
}
