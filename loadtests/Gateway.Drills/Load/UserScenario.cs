using System.Text.Json;
using System.Text.Unicode;

namespace Gateway.Drills.Load;

/// <summary>How a request says whose it is.</summary>
internal enum UserBy
{
    /// <summary><c>?user=</c>: in the URL, so in every cache's key.</summary>
    Query,

    /// <summary><c>Cookie: user=</c>, on a URL that all users share.</summary>
    Cookie,

    /// <summary><c>Authorization: Bearer</c>, on a URL that all users share.</summary>
    Authorization,

    /// <summary><c>X-User</c>, a header that no <c>Vary</c> names, on a URL that all users share.</summary>
    Header,
}

/// <summary>
/// Recommendations for many users that identify themselves in different ways, of a guide that sends no cache headers. Whatever comes
/// back must be whole JSON that names this user or none; a response to a request with Cookie or Authorization must not have been stored.
/// </summary>
internal sealed class UserScenario(UserBy by, int users = 100) : Scenario(by.ToString(), 1)
{
    /// <summary>One of each way.</summary>
    public static IReadOnlyList<Scenario> AllWays(int users) => [.. Enum.GetValues<UserBy>().Select(way => new UserScenario(way, users))];

    /// <inheritdoc/>
    public override int Write(Span<byte> into, ReadOnlySpan<byte> host, long number, out long key)
    {
        // Requests of one way come in runs of different lengths, so the number is spread: neighbours are different users.
        key = (number * 37 % users + users) % users;
        int length;
        _ = by switch
        {
            UserBy.Query => Utf8.TryWrite(into, $"GET /api/guide/recommend?category=all&user=u{key} HTTP/1.1\r\nHost: ", out length),
            UserBy.Cookie => Utf8.TryWrite(
                into,
                $"GET /api/guide/recommend?category=all HTTP/1.1\r\nCookie: user=u{key}\r\nHost: ",
                out length),
            UserBy.Authorization => Utf8.TryWrite(
                into,
                $"GET /api/guide/recommend?category=all HTTP/1.1\r\nAuthorization: Bearer u{key}\r\nHost: ",
                out length),
            _ => Utf8.TryWrite(into, $"GET /api/guide/recommend?category=all HTTP/1.1\r\nX-User: u{key}\r\nHost: ", out length),
        };
        return Requests.End(into, length, host, "\r\n"u8);
    }

    /// <inheritdoc/>
    public override Outcome Judge(in ReceivedResponse response, long key) =>
        response.FallbackSource == FallbackSource.LastGood && by is UserBy.Cookie or UserBy.Authorization
            ? Outcome.WrongBody
            : base.Judge(response, key);

    /// <inheritdoc/>
    protected override bool IsBodyGood(in ReceivedResponse response, long key)
    {
        Span<byte> user = stackalloc byte[24];
        Utf8.TryWrite(user, $"u{key}", out var length);
        var reader = new Utf8JsonReader(response.Body.Span);
        try
        {
            var named = false;
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("user"u8))
                {
                    named = reader.Read() && reader.ValueTextEquals(user[..length]);
                    if (!named)
                    {
                        return false;
                    }
                }
            }

            return named;
        }
        catch (JsonException)
        {
            // Not JSON, or only a part of it: that is the finding.
            return false;
        }
    }
}

/// <summary>Recommendations whose every byte is known: the response must be exactly what the guide itself says to that user.</summary>
/// <param name="expected">The bodies, by user.</param>
internal sealed class KnownScenario(IReadOnlyList<byte[]> expected) : Scenario("known", 1)
{
    /// <summary>Asks a guide directly for each user's response.</summary>
    public static async Task<KnownScenario> AskAsync(string guide, int users, CancellationToken cancel = default)
    {
        using var client = new HttpClient();
        var bodies = new List<byte[]>(users);
        for (var user = 0; user < users; user++)
        {
            bodies.Add(await client.GetByteArrayAsync(FormattableString.Invariant($"{guide}/api/guide/recommend?user=u{user}"), cancel));
        }

        return new(bodies);
    }

    /// <inheritdoc/>
    public override int Write(Span<byte> into, ReadOnlySpan<byte> host, long number, out long key)
    {
        key = number % expected.Count;
        Utf8.TryWrite(into, $"GET /api/guide/recommend?user=u{key} HTTP/1.1\r\nHost: ", out var length);
        return Requests.End(into, length, host, "\r\n"u8);
    }

    /// <inheritdoc/>
    protected override bool IsBodyGood(in ReceivedResponse response, long key) => response.Body.Span.SequenceEqual(expected[(int)key]);
}
