using System.Globalization;
using Gateway.LastGood.Policy;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood;

/// <summary>Gives a kept response to a client, with the headers of the contract.</summary>
internal static class LastGoodWriter
{
    /// <summary>
    /// Writes the response; a Range gets the whole, HEAD no body, a CORS preflight the headers alone, and <c>If-None-Match</c> a 304 if it
    /// names the stored validator.
    /// </summary>
    /// <returns>False: the response had begun, or the client is gone. Never throws.</returns>
    public static async ValueTask<bool> WriteAsync(HttpContext context, FoundResponse found, StoredUse use = StoredUse.Fallback)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            return false;
        }

        try
        {
            // 1. Nothing of a failed attempt may show through.
            var stored = found.Response;
            response.Headers.Clear();
            var isPreflight = HttpMethods.IsOptions(context.Request.Method);
            response.StatusCode = isPreflight
                ? StatusCodes.Status204NoContent
                : IsNotModified(context.Request, stored) ? StatusCodes.Status304NotModified
                : StatusCodes.Status200OK;

            // 2. The stored headers, and what we say of them.
            WriteHeaders(response, found, use);

            // 3. The body.
            if (isPreflight || response.StatusCode == StatusCodes.Status304NotModified)
            {
                return true;
            }

            response.ContentLength = stored.Body.Length;
            if (!HttpMethods.IsHead(context.Request.Method) && stored.Body.Length > 0)
            {
                await response.Body.WriteAsync(stored.Body, context.RequestAborted);
            }

            return true;
        }
        catch (Exception)
        {
            // The last net never throws. A client that left is the usual case; a response that was begun is cut, so that it cannot look
            // whole.
            if (response.HasStarted)
            {
                context.Features.Get<IHttpRequestLifetimeFeature>()?.Abort();
            }

            return false;
        }
    }

    private static void WriteHeaders(HttpResponse response, FoundResponse found, StoredUse use)
    {
        // A nearest response is another resource's: its validators would make later conditional requests go wrong.
        foreach (var (name, value) in found.Response.Headers)
        {
            if (!found.Response.IsNearest || !IsValidator(name))
            {
                response.Headers.Append(name, value);
            }
        }

        if (use == StoredUse.Fallback)
        {
            response.Headers["X-Fallback"] = "last-good";
        }

        response.Headers[HeaderNames.Age] = ((long)found.Age.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        response.Headers[HeaderNames.CacheControl] = "no-cache";
        response.Headers["Cache-Status"] = StatusOf(found, use);
    }

    /// <summary>
    /// <c>Cache-Status</c> (RFC 9211): for how many seconds the response is stale, with the minus of a freshness that is over; <c>-0</c>
    /// while it is still fresh.
    /// </summary>
    internal static string StatusOf(FoundResponse found, StoredUse use = StoredUse.Fallback)
    {
        if (use == StoredUse.Collapsed)
        {
            return "gateway; fwd=miss; collapsed";
        }

        // One form in every case: a search for "ttl=-" finds each response that stands for a live one.
        var stale = Math.Max(0, -found.TimeToLive);
        var detail = found.Response.IsNearest
            ? "nearest"
            : use == StoredUse.StaleWhileRevalidate ? "stale-while-revalidate"
            : "stale-if-error";
        return string.Create(CultureInfo.InvariantCulture, $"gateway; hit; ttl=-{stale}; detail={detail}");
    }

    private static bool IsNotModified(HttpRequest request, StoredResponse stored)
    {
        if (stored.ETag is null || stored.IsNearest)
        {
            return false;
        }

        // The weak comparison of RFC 9110, section 8.8.3.2; "*" names no validator.
        var tagOfStored = Opaque(stored.ETag);
        foreach (var line in request.Headers.IfNoneMatch)
        {
            foreach (var tag in new TagList(line))
            {
                if (Opaque(tag).SequenceEqual(tagOfStored))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static ReadOnlySpan<char> Opaque(ReadOnlySpan<char> tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;

    private static bool IsValidator(string name) =>
        name.Equals(HeaderNames.ETag, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.LastModified, StringComparison.OrdinalIgnoreCase)
        || name.Equals("Content-Location", StringComparison.OrdinalIgnoreCase);

    // The tags of a line; a comma inside quotes does not end one.
    private ref struct TagList(ReadOnlySpan<char> line)
    {
        private ReadOnlySpan<char> _rest = line;

        public ReadOnlySpan<char> Current { get; private set; }

        public readonly TagList GetEnumerator() => this;

        public bool MoveNext()
        {
            while (!_rest.IsEmpty)
            {
                var open = _rest.IndexOf('"');
                if (open < 0)
                {
                    return false;
                }

                var length = _rest[(open + 1)..].IndexOf('"');
                if (length < 0)
                {
                    return false;
                }

                var start = open >= 2 && _rest[open - 1] == '/' && _rest[open - 2] == 'W' ? open - 2 : open;
                Current = _rest[start..(open + length + 2)];
                _rest = _rest[(open + length + 2)..];
                return true;
            }

            return false;
        }
    }
}
