using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Routing;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of a route that change messages: <c>host</c>, <c>rewrite</c>, <c>headers</c>.</summary>
internal static class RouteChangeKeys
{
    /// <summary>The client's host goes further.</summary>
    public const string Keep = "keep";

    /// <summary>The destination's own name.</summary>
    public const string Destination = "destination";

    private const int LongestValue = 1024;
    private const string TokenPattern = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$";

    private static readonly (string Why, string Remedy, string[] Names)[] OfTheWire =
    [
        ("It says where the body ends, and the gateway writes it", "Leave it out", ["Content-Length", "Transfer-Encoding", "Trailer"]),
        ("It belongs to one connection and goes no further", "Leave it out",
        [
            "Connection",
            "Keep-Alive",
            "Proxy-Connection",
            "Proxy-Authenticate",
            "Proxy-Authorization",
            "Proxy-Authentication-Info",
            "TE",
            "Upgrade",
            "Expect",
            "HTTP2-Settings",
            "Upgrade-Insecure-Connection"
        ]),
    ];

    private static readonly FrozenDictionary<string, string> WireReasons = Reasons(OfTheWire);

    private static readonly FrozenDictionary<string, string> RequestReasons = Reasons(
        ("The host has a key of its own", "Write \"host: NAME\" on the route", ["Host"]),
        OfTheWire[0],
        OfTheWire[1],
        ("The gateway writes it", "Leave it out; \"trustedProxies\" says whose are believed",
        [
            "X-Forwarded-For",
            "X-Forwarded-Proto",
            "X-Forwarded-Host",
            "X-Forwarded-Port",
            "Forwarded",
            "X-Request-Id"
        ]),
        ("The gateway writes it", "Leave it out; \"via\" of the cluster says in which messages", ["Via"]),
        ("The gateway writes it", "Leave it out", ["traceparent", "Last-Event-ID", "Max-Forwards"]));

    private static readonly FrozenDictionary<string, string> ResponseReasons = Reasons(
        ("It says where the body ends, and the gateway writes it", "Leave it out", ["Content-Length", "Transfer-Encoding", "Trailer"]),
        ("It describes the bytes that follow", "Leave it out", ["Content-Encoding", "Content-Range"]),
        ("It belongs to one connection and goes no further", "Leave it out",
        [
            "Connection",
            "Keep-Alive",
            "Proxy-Connection",
            "Proxy-Authenticate",
            "Proxy-Authorization",
            "Proxy-Authentication-Info",
            "TE",
            "Upgrade",
            "Expect",
            "HTTP2-Settings",
            "Upgrade-Insecure-Connection"
        ]),
        ("The gateway says by it what became of the request", "Leave it out",
        [
            "X-Fallback",
            "Proxy-Status",
            "Cache-Status",
            "X-Request-Id",
            "Age",
            "Date"
        ]),
        ("The gateway writes it", "Leave it out; \"via\" of the cluster says in which messages", ["Via"]));

    /// <summary>Under which name destinations are asked.</summary>
    public static TextSchema<string> Host { get; } = new(
        "destination, keep or a host name", "Write destination, keep, or a name like guide.internal or guide.internal:8080",
        static () => Schemas.Pattern(@"^[A-Za-z0-9._-]+(:[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$|\$\{"), static text =>
            text is Keep or Destination || IsHost(text) ? text
            : DidYouMean.Of(text, [Keep, Destination]) is { } near
                ? Parsed<string>.Bad($"Write \"{near}\", or a host name")
                : Parsed<string>.Bad());

    /// <summary>Which path destinations are asked for.</summary>
    public static RecordSchema<RewriteConfig> Rewrite { get; } =
        new RecordSchema<RewriteConfig>("a mapping with stripPrefix, prefix or path", static () => new RewriteConfig())
        .Key(
            "stripPrefix",
            Path("a path", "Write the beginning of a path as people read it, like /api", isTemplate: false),
            static (rewrite, value) => rewrite with { StripPrefix = value.TrimEnd('/') },
            "Taken off the beginning of the path, whole segments of it, in any case and however they are escaped.")
        .Key(
            "prefix",
            Path("an escaped path", "Write an escaped path without query, like /v1", isTemplate: false),
            static (rewrite, value) => rewrite with { Prefix = value.TrimEnd('/') },
            "Put before the path, once stripPrefix is off.")
        .Key(
            "path",
            Path("an escaped path with values", "Write an escaped path without query, like \"/v1/{rest}\"", isTemplate: true),
            static (rewrite, value) => rewrite with { Path = value },
            "In place of the path; {name} is a value of the route as the client wrote it, escapes included.")
        .Finish(static (rewrite, path, reader) =>
        {
            if (rewrite.Path is not null && (rewrite.StripPrefix is not null || rewrite.Prefix is not null))
            {
                reader.ProblemAt(
                    $"{path}/path",
                    "The key \"path\" replaces the whole path, so that \"stripPrefix\" and \"prefix\" beside it do nothing. Write either.");
            }

            return rewrite;
        });

    /// <summary>What is changed in headers.</summary>
    public static RecordSchema<BothWays> Headers { get; } =
        new RecordSchema<BothWays>("a mapping with request and response", static () => new BothWays(null, null))
        .Key(
            "request",
            Changes(RequestReasons, isRequest: true),
            static (both, value) => both with { Request = value },
            "Of requests to destinations. A header that is set or removed here does not reach them from clients, and sets no last-good "
                + "responses apart.")
        .Key(
            "response",
            Changes(ResponseReasons, isRequest: false),
            static (both, value) => both with { Response = value },
            "Of every response of the route: of a tier, last-good, file, built-in, refusal.");

    /// <summary>What was read of both directions.</summary>
    internal sealed record BothWays(HeaderChangesConfig? Request, HeaderChangesConfig? Response);

    /// <summary>Headers of a prepared response, as they stand.</summary>
    public static MapSchema<string, HeaderLineConfig> FixedLines { get; } = new(
        "headers", TokenPattern, StringComparer.OrdinalIgnoreCase, static name => ProblemOf(name, ResponseReasons),
        FixedValue(),
        static (name, value) => new HeaderLineConfig(name, value));

    /// <summary>Headers of a probe, as they stand.</summary>
    public static MapSchema<string, HeaderLineConfig> ProbeLines { get; } = new(
        "headers",
        TokenPattern,
        StringComparer.OrdinalIgnoreCase,
        static name => string.Equals(name, "Host", StringComparison.OrdinalIgnoreCase)
            ? $"The host has a key of its own, given {Reader.Quote(name)}. Write \"host: NAME\" beside \"headers\"."
            : ProblemOf(name, RequestReasons),
        FixedValue(),
        static (name, value) => new HeaderLineConfig(name, value));

    /// <summary>Headers of a deep probe, as they stand.</summary>
    public static MapSchema<string, HeaderLineConfig> DeepProbeLines { get; } = new(
        "headers",
        TokenPattern,
        StringComparer.OrdinalIgnoreCase,
        static name => string.Equals(name, "Host", StringComparison.OrdinalIgnoreCase)
            ? $"The host is that of the destination, given {Reader.Quote(name)}. Leave it out."
            : ProblemOf(name, RequestReasons),
        FixedValue(),
        static (name, value) => new HeaderLineConfig(name, value));

    /// <summary>Why a header of the gateway's own requests cannot have this name, as a sentence; null: it can.</summary>
    public static string? ProblemOfOwn(string name) => ProblemOf(name, WireReasons);

    /// <summary>True for a host name or an address, with or without a port.</summary>
    public static bool IsHost(string text)
    {
        var name = HostName.Of(text).ToString();
        var port = text.AsSpan(Math.Min(name.Length, text.Length));
        return !name.StartsWith('*')
            && HostName.IsPattern(name)
            && (port.IsEmpty
                || (port[0] == ':'
                    && ushort.TryParse(
                        port[1..],
                        System.Globalization.NumberStyles.None,
                        System.Globalization.CultureInfo.InvariantCulture,
                        out var number)
                    && number > 0));
    }

    private static TextSchema<string> FixedValue() => new(
        "a header's value",
        $"Write up to {LongestValue} visible ASCII characters, with blanks only between them",
        static () => new JsonObject { ["type"] = new JsonArray("string", "integer", "boolean"), ["maxLength"] = LongestValue },
        static text => IsValue(text) ? text : Parsed<string>.Bad());

    private static RecordSchema<HeaderChangesConfig> Changes(FrozenDictionary<string, string> reasons, bool isRequest)
    {
        var values = isRequest
            ? "{host}, {path}, {client} and values of the route stand for themselves."
            : "It may hold {host}, {path}, {client} and values of the route.";
        return new RecordSchema<HeaderChangesConfig>("a mapping with set, add or remove", static () => new HeaderChangesConfig())
            .Key("set", Lines(reasons), static (changes, value) => changes with { Set = value }, $"In place of what was there. {values}")
            .Key("add", Lines(reasons), static (changes, value) => changes with { Add = value }, "Beside what was there.")
            .Key(
                "remove",
                new ListSchema<string>(Name(reasons), atMost: 100),
                static (changes, value) => changes with { Remove = [.. value.Distinct(StringComparer.OrdinalIgnoreCase)] },
                "Taken out, whatever it holds.");
    }

    private static MapSchema<string, HeaderLineConfig> Lines(FrozenDictionary<string, string> reasons) =>
        new(
            "headers",
            TokenPattern,
            StringComparer.OrdinalIgnoreCase,
            name => ProblemOf(name, reasons),
            Value(),
            static (name, value) => new HeaderLineConfig(name, value));

    private static TextSchema<string> Name(FrozenDictionary<string, string> reasons) => new(
        "a header's name", "Write letters, digits and dashes", static () => Schemas.Pattern(TokenPattern + @"|\$\{"), text =>
            !Schemas.IsToken(text) ? Parsed<string>.Bad() : reasons.TryGetValue(text, out var reason) ? Parsed<string>.Bad(reason) : text);

    private static string? ProblemOf(string name, FrozenDictionary<string, string> reasons) =>
        name.StartsWith(':')
            ? $"A name with a colon is part of HTTP/2's own grammar and no header, given {Reader.Quote(name)}. Leave it out."
        : !Schemas.IsToken(name) ? $"This is no header's name, given {Reader.Quote(name)}. Write letters, digits and dashes."
        : reasons.TryGetValue(name, out var reason) ? $"This header cannot be changed, given {Reader.Quote(name)}. {reason}."
        : null;

    private static TextSchema<string> Value() => new(
        "a header's value",
        $"Write up to {LongestValue} visible ASCII characters, with blanks only between them; {{name}} is a value, and {{{{ a brace",
        static () => new JsonObject { ["type"] = new JsonArray("string", "integer", "boolean"), ["maxLength"] = LongestValue },
        static text =>
            IsValue(text) && TextTemplate.Parse(text) is not null ? text : Parsed<string>.Bad());

    private static bool IsValue(string text) =>
        text.Length <= LongestValue && text is not ([' ', ..] or [.., ' ']) && text.All(static letter => letter is >= ' ' and <= '~');

    private static TextSchema<string> Path(string what, string rule, bool isTemplate) =>
        new(what, rule, static () => Schemas.Pattern(@"^/|\$\{"), text =>
    {
        if (text.Length is 0 or > LongestValue
            || text[0] != '/'
            || text.Any(static letter => letter is <= ' ' or > '~' or '?' or '#' or '\\'))
        {
            return Parsed<string>.Bad();
        }

        if (text.Split('/').Any(static segment => segment is "." or ".."))
        {
            return Parsed<string>.Bad("Write the path without \".\" and \"..\"");
        }

        return isTemplate ? TextTemplate.Parse(text) is null ? Parsed<string>.Bad() : text
            : text.AsSpan().IndexOfAny('{', '}') >= 0 ? Parsed<string>.Bad("Values of the route can stand in \"path\" only")
            : text;
    });

    private static FrozenDictionary<string, string> Reasons(params ReadOnlySpan<(string Why, string Instead, string[] Names)> groups)
    {
        var reasons = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (why, instead, names) in groups)
        {
            foreach (var name in names)
            {
                reasons.Add(name, $"{why}: {char.ToLowerInvariant(instead[0])}{instead[1..]}");
            }
        }

        return reasons.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }
}
