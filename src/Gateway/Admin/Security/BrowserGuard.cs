namespace Gateway.Admin.Security;

/// <summary>What keeps pages of other sites from using an operator's browser against the admin endpoint.</summary>
internal static class BrowserGuard
{
    /// <summary>Adds the headers that keep a browser strict.</summary>
    public static void Harden(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
    }

    /// <summary>The call comes from a page of another site, by <c>Origin</c> and <c>Sec-Fetch-Site</c>.</summary>
    public static bool IsForeign(HttpRequest request)
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
}
