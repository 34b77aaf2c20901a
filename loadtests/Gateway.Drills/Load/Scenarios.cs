using System.Text.Json;
using System.Text.Unicode;

namespace Gateway.Drills.Load;

/// <summary>Recommendations for many users: the response must be whole JSON, and if it names a user, then this one.</summary>
internal sealed class RecommendScenario(int weight = 1, int users = 200, string name = "recommend") : Scenario(name, weight)
{
    private static readonly string[] Categories = ["shoes", "books", "garden", "toys"];

    /// <inheritdoc/>
    public override int Write(Span<byte> into, ReadOnlySpan<byte> host, long number, out long key)
    {
        key = number % users;
        Utf8.TryWrite(
            into,
            $"GET /api/guide/recommend?user=u{key}&category={Categories[key % Categories.Length]} HTTP/1.1\r\nHost: ",
            out var length);
        return Requests.End(into, length, host, "Accept: application/json\r\n\r\n"u8);
    }

    /// <inheritdoc/>
    protected override bool IsBodyGood(in ReceivedResponse response, long key)
    {
        var reader = new Utf8JsonReader(response.Body.Span);
        Span<byte> user = stackalloc byte[24];
        Utf8.TryWrite(user, $"u{key}", out var length);
        try
        {
            var good = false;
            while (reader.Read())
            {
                good = true;
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("user"u8))
                {
                    if (!reader.Read() || !reader.ValueTextEquals(user[..length]))
                    {
                        return false;
                    }
                }
            }

            return good;
        }
        catch (JsonException)
        {
            // Not JSON, or only a part of it: that is the finding.
            return false;
        }
    }
}

/// <summary>GET of one path; the response must not be empty.</summary>
internal sealed class PageScenario(string path, int weight = 1, string? name = null) : Scenario(name ?? path, weight)
{
    /// <inheritdoc/>
    public override int Write(Span<byte> into, ReadOnlySpan<byte> host, long number, out long key)
    {
        key = number;
        Utf8.TryWrite(into, $"GET {path} HTTP/1.1\r\nHost: ", out var length);
        return Requests.End(into, length, host, "Accept: */*\r\n\r\n"u8);
    }

    /// <inheritdoc/>
    protected override bool IsBodyGood(in ReceivedResponse response, long key) => !response.Body.IsEmpty;
}

/// <summary>
/// POST to the cart, each with an id of its own: <c>PREFIX-number</c>. The ledger's key is the number, so that an audit
/// can compare what was acknowledged with what was executed.
/// </summary>
internal sealed class CartScenario(string prefix, int weight = 1, string name = "cart") : Scenario(name, weight)
{
    /// <summary>The id of a key.</summary>
    public string Id(long key) => $"{prefix}-{key}";

    /// <inheritdoc/>
    public override int Write(Span<byte> into, ReadOnlySpan<byte> host, long number, out long key)
    {
        key = number;
        Span<byte> body = stackalloc byte[128];
        Utf8.TryWrite(body, $"{{\"id\":\"{prefix}-{number}\"}}", out var bodyLength);
        Utf8.TryWrite(
            into,
            $"POST /api/cart HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {bodyLength}\r\nHost: ",
            out var length);
        length = Requests.End(into, length, host, "\r\n"u8);
        body[..bodyLength].CopyTo(into[length..]);
        return length + bodyLength;
    }
}

/// <summary>A chat: an event stream of so many tokens. Good only if every id came once, in order, and no error event.</summary>
internal sealed class ChatScenario(int tokens = 20, int intervalMs = 50, int weight = 1, string name = "chat") : Scenario(name, weight)
{
    /// <inheritdoc/>
    public override int Write(Span<byte> into, ReadOnlySpan<byte> host, long number, out long key)
    {
        key = number;
        Utf8.TryWrite(into, $"GET /api/guide/chat?tokens={tokens}&intervalMs={intervalMs} HTTP/1.1\r\nHost: ", out var length);
        return Requests.End(into, length, host, "Accept: text/event-stream\r\n\r\n"u8);
    }

    /// <inheritdoc/>
    protected override bool IsBodyGood(in ReceivedResponse response, long key)
    {
        var parser = new EventParser();
        parser.Feed(response.Body.Span);
        return !parser.SawError && parser.Ids.Distinct().Count() >= tokens && parser.AreIdsWhole;
    }
}

/// <summary>The shared end of every request's head.</summary>
internal static class Requests
{
    /// <summary>Appends the Host value and the rest; returns the length.</summary>
    public static int End(Span<byte> into, int length, ReadOnlySpan<byte> host, ReadOnlySpan<byte> rest)
    {
        host.CopyTo(into[length..]);
        length += host.Length;
        "\r\n"u8.CopyTo(into[length..]);
        rest.CopyTo(into[(length + 2)..]);
        return length + 2 + rest.Length;
    }
}
