using System.Globalization;
using Gateway.Configuration.Model;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of <c>rateLimit</c>.</summary>
internal static class AccessRuleKeys
{
    /// <summary>How many requests one sender may make.</summary>
    public static RecordSchema<RateLimitConfig> RateLimit { get; } =
        new RecordSchema<RateLimitConfig>("a mapping with key, rate and burst", static () => new RateLimitConfig())
        .Key(
            "key",
            Sender(),
            static (limit, value) => limit with { Header = value.Header, Cookie = value.Cookie },
            "What tells senders apart: the client's address behind trustedProxies (an IPv6 one by its /64), a header or a cookie. Requests "
                + "without the header or cookie count by address.",
            "client")
        .Key(
            "rate",
            Rate(),
            static (limit, value) => limit with { Count = value.Count, Per = value.Per },
            "Requests per second (20/s), per minute (100/m) or per hour (1000/h).",
            required: true)
        .Key(
            "burst",
            Schemas.Integer(1, 1_000_000),
            static (limit, value) => limit with { Burst = value },
            "Requests at once of a sender that made none for a while; the number of rate when left out.");

    private static TextSchema<(string? Header, string? Cookie)> Sender() =>
        new(
            "client, header:NAME or cookie:NAME",
            "Write client, header:NAME or cookie:NAME",
            static () => Schemas.Pattern(@"^(client|(header|cookie):[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128})$|\$\{"),
            static text =>
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? "" : text[(colon + 1)..];
            return text is "client" ? (null, null)
                : text.StartsWith("header:", StringComparison.Ordinal) && Schemas.IsToken(name) ? (name, null)
                : text.StartsWith("cookie:", StringComparison.Ordinal) && Schemas.IsToken(name) ? (null, name)
                : Parsed<(string?, string?)>.Bad();
        });

    private static TextSchema<(int Count, TimeSpan Per)> Rate() =>
        new(
            "a rate",
            "Write a whole number and a time, like 20/s, 100/m or 1000/h, at most 10000/s",
            static () => Schemas.Pattern(@"^[1-9][0-9]{0,8}/[smh]$|\$\{"),
            static text =>
        {
            if (text.Length < 3
                || text[^2] != '/'
                || !int.TryParse(text.AsSpan(0, text.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                || count < 1)
            {
                return Parsed<(int, TimeSpan)>.Bad();
            }

            TimeSpan? per = text[^1] switch
            {
                's' => TimeSpan.FromSeconds(1),
                'm' => TimeSpan.FromMinutes(1),
                'h' => TimeSpan.FromHours(1),
                _ => null
            };
            return per is { } time && count / time.TotalSeconds <= 10_000 ? (count, time) : Parsed<(int, TimeSpan)>.Bad();
        });
}
