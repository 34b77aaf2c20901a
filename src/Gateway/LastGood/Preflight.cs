using Gateway.LastGood.Policy;

namespace Gateway.LastGood;

/// <summary>
/// A browser's question whether a script may send a request to another origin (Fetch, section 4.9). Without a response the request itself
/// is never sent, so that a stored response to it would not help.
/// </summary>
internal static class Preflight
{
    /// <summary>The request is one.</summary>
    public static bool Is(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.Origin.Count == 1 && request.Headers.AccessControlRequestMethod.Count == 1;

    /// <summary>Whether it is one that browsers send, without anything of its user: only such a one is stored and answered.</summary>
    public static bool IsAnonymous(in RequestMetadata facts) =>
        !facts.HasAuthorization && facts.Cookies == CookieStanding.None && !facts.HasBody;

    /// <summary>Whether a response to one may be stored: a success that belongs to no user.</summary>
    public static bool MayStore(int status, in CacheDirectives directives, bool setsCookie) =>
        status is >= 200 and < 300 && !directives.NoStore && !directives.Private && !setsCookie;

    /// <summary>Whether a response takes back what is stored. A failure does not, nor does one that says to come later.</summary>
    public static bool Withdraws(int status) =>
        status is >= 400 and < 500 and not (StatusCodes.Status408RequestTimeout or StatusCodes.Status429TooManyRequests);

    /// <summary>
    /// Whether a header of the response is kept. How long a browser may remember it is not: it falls back to five seconds, so that a
    /// permission that the service takes back meanwhile is soon gone.
    /// </summary>
    public static bool Keeps(string name) =>
        (name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase)
            && !name.Equals("Access-Control-Max-Age", StringComparison.OrdinalIgnoreCase))
        || name.Equals("Vary", StringComparison.OrdinalIgnoreCase) || name.Equals("Allow", StringComparison.OrdinalIgnoreCase);
}
