using System.Collections.Frozen;
using System.Collections.Immutable;
using Gateway.Configuration.Model;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of a route's last-good responses.</summary>
internal static class LastGoodKeys
{
    // Each of these is judged by rules of its own, or is always part of the key.
    private static readonly FrozenSet<string> NeverIgnored = new[]
    {
        "Accept",
        "Accept-Language",
        "Authorization",
        "Cache-Control",
        "Content-Length",
        "Cookie",
        "Host",
        "Range",
        "Transfer-Encoding"
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What of a route is kept.</summary>
    public static RecordSchema<LastGoodConfig> LastGood() =>
        new RecordSchema<LastGoodConfig>("a mapping of what is kept", () => new LastGoodConfig())
        .Key(
            "key",
            new ListSchema<KeyPart>(Part(), atLeast: 1),
            (lastGood, value) => lastGood with { Key = value },
            "What tells responses apart besides method and host. Parts: path, query, query:NAME, header:NAME, cookie:NAME.",
            "[path, query]")
        .Key(
            "maxAge",
            Schemas.Duration("1s", "8760h"),
            (lastGood, value) => lastGood with { MaxAge = value },
            "Oldest response that is served.",
            "1h")
        .Key(
            "maxBody",
            Schemas.Size("1B", "16MiB"),
            (lastGood, value) => lastGood with { MaxBody = value },
            "Largest body that is kept.",
            "256KiB")
        .Key(
            "refreshEvery",
            Schemas.Duration("0s", "24h"),
            (lastGood, value) => lastGood with { RefreshEvery = value },
            "A newer response replaces a stored one at most this often.",
            "5s")
        .Key(
            "cookies",
            Schemas.Enum(("refuse", false), ("ignore", true)),
            (lastGood, value) => lastGood with { IgnoreCookies = value },
            "refuse: a request with Cookie is neither stored nor answered, unless cookie:NAME is in the key; ignore: cookies do not "
                + "matter.",
            "refuse")
        .Key(
            "ignoreHeaders",
            new ListSchema<string>(IgnoredHeader(), atMost: 100),
            (lastGood, value) => lastGood with { IgnoreHeaders = [.. value.Distinct(StringComparer.OrdinalIgnoreCase)] },
            "Request headers that the service does not use: their values do not set requests apart.",
            "[]")
        .Key(
            "collapse",
            Schemas.Boolean(),
            (lastGood, value) => lastGood with { Collapse = value },
            "Whether equal reads in flight become one: the others wait for its response, and get it if it may be stored.",
            "false")
        .Key(
            "staleWhileRevalidate",
            Schemas.Duration("0s", "24h"),
            (lastGood, value) => lastGood with { StaleWhileRevalidate = value },
            "A stored response that is not older is given at once, and renewed behind; 0s: the live response is waited for.",
            "0s")
        .Key(
            "nearest",
            new ListSchema<ImmutableArray<KeyPart>>(new ListSchema<KeyPart>(Part(), atLeast: 1)),
            (lastGood, value) => lastGood with { Nearest = value },
            "Coarser keys in order, filled from anonymous requests only.",
            "[]");

    private static TextSchema<string> IgnoredHeader() => new(
        "a header's name",
        "Write letters, digits and dashes",
        () => Schemas.Pattern(@"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$|\$\{"),
        text => !Schemas.IsToken(text) ? Parsed<string>.Bad()
            : NeverIgnored.Contains(text)
                ? Parsed<string>.Bad(
                    $"It always counts; "
                        + $"{(string.Equals(text, "Cookie", StringComparison.OrdinalIgnoreCase)
                            ? "write \"cookies: ignore\" beside it for cookies"
                            : "remove it from the list")}")
            : text);

    private static TextSchema<KeyPart> Part()
    {
        const string rule = "Write path, query, query:NAME, header:NAME or cookie:NAME";
        return new(
            "a part of a key",
            rule,
            () =>
                Schemas.Pattern(@"^(path|query|query:[^\s]+|header:[A-Za-z0-9!#$%&'*+.^_`|~-]+|cookie:[A-Za-z0-9!#$%&'*+.^_`|~-]+)$|\$\{"),
            text =>
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? null : text[(colon + 1)..];
            switch (colon < 0 ? text : text[..colon])
            {
                case "path" when name is null: return new KeyPart(KeyPartKind.Path);
                case "query" when name is null: return new KeyPart(KeyPartKind.Query);
                case "query" when name!.Length is > 0 and <= 128
                    && !name.Any(letter => char.IsWhiteSpace(letter)
                        || char.IsControl(letter)):
                    return new KeyPart(KeyPartKind.QueryParameter, name);
                case "header" when string.Equals(name, "X-Request-Id", StringComparison.OrdinalIgnoreCase):
                    return Parsed<KeyPart>.Bad(
                        "Leave it out: the id is another one in each request, so that no stored response would be found again");
                case "header" when name is not null && Schemas.IsToken(name): return new KeyPart(KeyPartKind.Header, name);
                case "cookie" when name is not null && Schemas.IsToken(name): return new KeyPart(KeyPartKind.Cookie, name);
                default: return Parsed<KeyPart>.Bad();
            }
        });
    }
}
