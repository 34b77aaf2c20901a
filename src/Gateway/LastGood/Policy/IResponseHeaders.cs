using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;

namespace Gateway.LastGood.Policy;

/// <summary>
/// The headers of a response, wherever it was seen: on its way to the client, or as it came from a destination. Structs, so that reading
/// costs no allocation.
/// </summary>
internal interface IResponseHeaders
{
    /// <summary>All lines of one header; empty: it is not there.</summary>
    StringValues this[string name] { get; }

    /// <summary>Adds every header to <paramref name="kept"/> that <see cref="StoredHeaders"/> keeps.</summary>
    void CopyTo(StoredHeaders.Builder kept);
}

/// <summary>The headers of <see cref="HttpResponse"/>.</summary>
internal readonly struct ResponseHeaders(IHeaderDictionary headers) : IResponseHeaders
{
    /// <inheritdoc/>
    public StringValues this[string name] => headers[name];

    /// <inheritdoc/>
    public void CopyTo(StoredHeaders.Builder kept)
    {
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
            {
                kept.Add(name, value);
            }
        }
    }
}

/// <summary>The headers of <see cref="HttpResponseMessage"/>, its content's included.</summary>
internal readonly struct MessageHeaders(HttpResponseMessage message) : IResponseHeaders
{
    /// <inheritdoc/>
    public StringValues this[string name] =>
        TryGet(message.Headers.NonValidated, name, out var values) || TryGet(message.Content.Headers.NonValidated, name, out values)
            ? values
            : default;

    /// <inheritdoc/>
    public void CopyTo(StoredHeaders.Builder kept)
    {
        Copy(message.Headers.NonValidated, kept);
        Copy(message.Content.Headers.NonValidated, kept);
    }

    private static void Copy(HttpHeadersNonValidated headers, StoredHeaders.Builder kept)
    {
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
            {
                kept.Add(name, value);
            }
        }
    }

    private static bool TryGet(HttpHeadersNonValidated headers, string name, out StringValues values)
    {
        values = default;
        if (!headers.TryGetValues(name, out var found))
        {
            return false;
        }

        values = found.Count == 1 ? new StringValues(found.ToString()) : new StringValues([.. found]);
        return true;
    }
}
