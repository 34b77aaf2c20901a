using System.Collections.Frozen;

namespace Gateway.LastGood.Policy;

/// <summary>What may be kept, who may be given it, and what makes a kept response leave. Pure: facts in, health status out.</summary>
internal static class StorageRules
{
    /// <summary>The labels of <see cref="StoreRejection"/>.</summary>
    public static readonly FrozenDictionary<StoreRejection, string> Labels = new Dictionary<StoreRejection, string>
    {
        [StoreRejection.Method] = "method",
        [StoreRejection.Status] = "status",
        [StoreRejection.Range] = "range",
        [StoreRejection.NoStore] = "no-store",
        [StoreRejection.Private] = "private",
        [StoreRejection.NoCache] = "no-cache",
        [StoreRejection.MustRevalidate] = "must-revalidate",
        [StoreRejection.SharedMaxAge] = "s-maxage",
        [StoreRejection.SetCookie] = "set-cookie",
        [StoreRejection.Authorization] = "authorization",
        [StoreRejection.Cookie] = "cookie",
        [StoreRejection.Vary] = "vary",
        [StoreRejection.EventStream] = "event-stream",
        [StoreRejection.RequestBody] = "request-body",
        [StoreRejection.TooLarge] = "too-large",
        [StoreRejection.Key] = "key",
        [StoreRejection.Truncated] = "truncated",
        [StoreRejection.Invalid] = "invalid",
        [StoreRejection.Overtaken] = "overtaken",
        [StoreRejection.Busy] = "busy",
        [StoreRejection.Signature] = "signature",
        [StoreRejection.Encoding] = "encoding",
    }.ToFrozenDictionary();

    /// <summary>
    /// Whether a response's head allows it to be kept (RFC 9111, section 3; RFC 5861; and stricter where a leak could follow).
    /// </summary>
    public static StoreRejection Judge(in RequestMetadata request, in ResponseMetadata response, long maxBody)
    {
        // 1. What it is a response to. 2. What the service and the client forbid. 3. What belongs to one user.
        var rejection = JudgeExchange(request, response);
        rejection = rejection == StoreRejection.None ? JudgeDirectives(request, response.Directives) : rejection;
        rejection = rejection == StoreRejection.None ? JudgePrivacy(request, response) : rejection;
        if (rejection != StoreRejection.None)
        {
            return rejection;
        }

        // 4. What no key can tell apart, or no memory can hold.
        if (response.VariesByAnything)
        {
            return StoreRejection.Vary;
        }

        if (response.Coding < 0)
        {
            return StoreRejection.Encoding;
        }

        if (response.IsEventStream)
        {
            return StoreRejection.EventStream;
        }

        return response.ContentLength > maxBody ? StoreRejection.TooLarge : StoreRejection.None;
    }

    private static StoreRejection JudgeExchange(in RequestMetadata request, in ResponseMetadata response)
    {
        if (!request.IsGet)
        {
            return StoreRejection.Method;
        }

        if (request.HasRange || response.HasContentRange || response.Status == 206)
        {
            return StoreRejection.Range;
        }

        if (response.Status != 200)
        {
            return StoreRejection.Status;
        }

        if (request.HasBody)
        {
            return StoreRejection.RequestBody;
        }

        return StoreRejection.None;
    }

    // No stale response may come of any of these.
    private static StoreRejection JudgeDirectives(in RequestMetadata request, CacheDirectives directives)
    {
        if (request.NoStore || directives.NoStore)
        {
            return StoreRejection.NoStore;
        }

        if (directives.Private)
        {
            return StoreRejection.Private;
        }

        if (directives.NoCache)
        {
            return StoreRejection.NoCache;
        }

        if (directives.MustRevalidate)
        {
            return StoreRejection.MustRevalidate;
        }

        if (directives.SharedMaxAge)
        {
            return StoreRejection.SharedMaxAge;
        }

        return StoreRejection.None;
    }

    private static StoreRejection JudgePrivacy(in RequestMetadata request, in ResponseMetadata response)
    {
        if (response.SetsCookie)
        {
            return StoreRejection.SetCookie;
        }

        if (request.HasAuthorization && !response.Directives.Public)
        {
            return StoreRejection.Authorization;
        }

        if (request.Cookies == CookieStanding.Unkeyed && !response.Directives.Public)
        {
            return StoreRejection.Cookie;
        }

        return StoreRejection.None;
    }

    /// <summary>
    /// Whether a response is evidence that what is stored for its key was taken back; <see cref="InMemory.WithdrawalRule"/> says when it is
    /// believed.
    /// </summary>
    /// <remarks>
    /// <para>Only a request whose response could be stored under the very key says anything of it: one with Authorization, cookies, a
    /// range, or a header that few clients send and no key holds is answered for its client alone.</para>
    /// <para>401 and 403 are about a client. A failure says nothing of the resource, whatever its Cache-Control: error pages say
    /// <c>no-store</c> by default.</para>
    /// </remarks>
    public static bool Withdraws(in RequestMetadata request, int status, in CacheDirectives directives) =>
        CouldStore(request) && !request.HasOptionalHeaders
        && (status is 404 or 410 || (status == 200 && (directives.NoStore || directives.Private)));

    /// <summary>Whether a request's 200 could be stored for everybody who shares its key.</summary>
    public static bool CouldStore(in RequestMetadata request) =>
        request.IsGet
            && !request.HasRange
            && !request.HasBody
            && !request.NoStore
            && !request.HasAuthorization
            && request.Cookies != CookieStanding.Unkeyed;

    /// <summary>
    /// Whether a request changed what its path shows: a method that is not safe, answered without an error (RFC 9111, section 4.4).
    /// </summary>
    public static bool Invalidates(string method, int status) => status is >= 200 and < 400 && !SafeMethods.Contains(method);

    /// <summary>Whether a kept response may be given to a request.</summary>
    /// <param name="isPublic">The response was explicitly public.</param>
    /// <param name="isNearest">The response was filled from anonymous requests only.</param>
    public static bool MayServe(in RequestMetadata request, bool isPublic, bool isNearest) =>
        (request.IsGet || request.IsHead)
        && !request.HasBody
        && (isPublic || request.Cookies != CookieStanding.Unkeyed)
        && (isPublic || isNearest || !request.HasAuthorization);

    /// <summary>
    /// Whether a kept response is young enough: within the route's <c>maxAge</c>, and within the service's own <c>stale-if-error</c> when
    /// it gave one.
    /// </summary>
    public static bool IsYoungEnough(TimeSpan age, TimeSpan maxAge, long freshSeconds, long? staleIfErrorSeconds) =>
        age <= maxAge && (staleIfErrorSeconds is not { } allowed || age.TotalSeconds <= freshSeconds + allowed);
}
