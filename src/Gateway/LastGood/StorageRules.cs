using System.Collections.Frozen;

namespace Gateway.LastGood;

/// <summary>What may be kept, who may be given it, and what makes a kept answer leave. Pure: facts in, verdict out.</summary>
internal static class StorageRules
{
    /// <summary>The labels of <see cref="Refusal"/>.</summary>
    public static readonly FrozenDictionary<Refusal, string> Labels = new Dictionary<Refusal, string>
    {
        [Refusal.Method] = "method",
        [Refusal.Status] = "status",
        [Refusal.Range] = "range",
        [Refusal.NoStore] = "no-store",
        [Refusal.Private] = "private",
        [Refusal.NoCache] = "no-cache",
        [Refusal.MustRevalidate] = "must-revalidate",
        [Refusal.SharedMaxAge] = "s-maxage",
        [Refusal.SetCookie] = "set-cookie",
        [Refusal.Authorization] = "authorization",
        [Refusal.Cookie] = "cookie",
        [Refusal.Vary] = "vary",
        [Refusal.EventStream] = "event-stream",
        [Refusal.RequestBody] = "request-body",
        [Refusal.TooLarge] = "too-large",
        [Refusal.Key] = "key",
        [Refusal.Truncated] = "truncated",
        [Refusal.Invalid] = "invalid",
        [Refusal.Overtaken] = "overtaken",
        [Refusal.Busy] = "busy",
        [Refusal.Signature] = "signature",
        [Refusal.Encoding] = "encoding",
    }.ToFrozenDictionary();

    /// <summary>Whether an answer's head allows it to be kept (RFC 9111, section 3; RFC 5861; and stricter where a leak could follow).</summary>
    public static Refusal Judge(in RequestFacts request, in AnswerFacts answer, long maxBody)
    {
        var directives = answer.Directives;

        // 1. What it is an answer to.
        if (!request.IsGet)
        {
            return Refusal.Method;
        }

        if (request.HasRange || answer.HasContentRange || answer.Status == 206)
        {
            return Refusal.Range;
        }

        if (answer.Status != 200)
        {
            return Refusal.Status;
        }

        if (request.HasBody)
        {
            return Refusal.RequestBody;
        }

        // 2. What the service and the client forbid. No stale answer may come of any of these.
        if (request.NoStore || directives.NoStore)
        {
            return Refusal.NoStore;
        }

        if (directives.Private)
        {
            return Refusal.Private;
        }

        if (directives.NoCache)
        {
            return Refusal.NoCache;
        }

        if (directives.MustRevalidate)
        {
            return Refusal.MustRevalidate;
        }

        if (directives.SharedMaxAge)
        {
            return Refusal.SharedMaxAge;
        }

        // 3. What belongs to one user.
        if (answer.SetsCookie)
        {
            return Refusal.SetCookie;
        }

        if (request.HasAuthorization && !directives.Public)
        {
            return Refusal.Authorization;
        }

        if (request.Cookies == CookieStanding.Unkeyed && !directives.Public)
        {
            return Refusal.Cookie;
        }

        // 4. What no key can tell apart, or no memory can hold.
        if (answer.VariesByAnything)
        {
            return Refusal.Vary;
        }

        if (answer.Coding < 0)
        {
            return Refusal.Encoding;
        }

        if (answer.IsEventStream)
        {
            return Refusal.EventStream;
        }

        return answer.ContentLength > maxBody ? Refusal.TooLarge : Refusal.None;
    }

    /// <summary>Whether a response is evidence that what is stored for its key was taken back; <see cref="WithdrawalRule"/> says when it is believed.</summary>
    /// <remarks>
    /// <para>Only a request whose response could be stored under the very key says anything of it: one with Authorization, cookies, a range, or a header that few clients send and no key holds is answered for its client alone.</para>
    /// <para>401 and 403 are about a client. A failure says nothing of the resource, whatever its Cache-Control: error pages say <c>no-store</c> by default.</para>
    /// </remarks>
    public static bool Withdraws(in RequestFacts request, int status, in CacheDirectives directives) =>
        CouldStore(request) && !request.HasOptionalHeaders
        && (status is 404 or 410 || (status == 200 && (directives.NoStore || directives.Private)));

    /// <summary>Whether a request's 200 could be stored for everybody who shares its key.</summary>
    public static bool CouldStore(in RequestFacts request) =>
        request.IsGet && !request.HasRange && !request.HasBody && !request.NoStore && !request.HasAuthorization && request.Cookies != CookieStanding.Unkeyed;

    /// <summary>Whether a request changed what its path shows: a method that is not safe, answered without an error (RFC 9111, section 4.4).</summary>
    public static bool Invalidates(string method, int status) => status is >= 200 and < 400 && !IsSafe(method);

    /// <summary>Whether a kept answer may be given to a request.</summary>
    /// <param name="isPublic">The answer was explicitly public.</param>
    /// <param name="isNearest">The answer was filled from anonymous requests only.</param>
    public static bool MayServe(in RequestFacts request, bool isPublic, bool isNearest) =>
        (request.IsGet || request.IsHead)
        && !request.HasBody
        && (isPublic || request.Cookies != CookieStanding.Unkeyed)
        && (isPublic || isNearest || !request.HasAuthorization);

    /// <summary>Whether a kept answer is young enough: within the route's <c>maxAge</c>, and within the service's own <c>stale-if-error</c> when it gave one.</summary>
    public static bool IsYoungEnough(TimeSpan age, TimeSpan maxAge, long freshSeconds, long? staleIfErrorSeconds) =>
        age <= maxAge && (staleIfErrorSeconds is not { } allowed || age.TotalSeconds <= freshSeconds + allowed);

    private static bool IsSafe(string method) => method is "GET" or "HEAD" or "OPTIONS" or "TRACE";
}
