using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Routing;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of <c>cors</c>.</summary>
internal static class CorsKeys
{
    /// <summary>Every origin, or every header.</summary>
    public const string Any = "*";

    /// <summary>Which scripts of other origins may use a route.</summary>
    public static RecordSchema<CorsConfig> Cors { get; } =
        new RecordSchema<CorsConfig>("a mapping of what scripts of other origins may do", static () => new CorsConfig { Origins = [] })
        .Key(
            "origins",
            new ListSchema<string>(Origin(), atLeast: 1, atMost: 100),
            static (cors, value) => cors with { Origins = [.. value.Distinct(StringComparer.Ordinal)] },
            "Origins that may use it: https://shop.example, \"https://*.shop.example\" for every name below, or \"*\" for all.",
            required: true)
        .Key(
            "methods",
            new ListSchema<string>(Schemas.Method(), atLeast: 1),
            static (cors, value) => cors with { Methods = [.. value.Distinct(StringComparer.Ordinal)] },
            "Methods that they may use; those of \"match\", else GET, HEAD and POST, when left out.")
        .Key(
            "headers",
            new ListSchema<string>(Schemas.Token("a header's name, or \"*\""), atMost: 100),
            static (cors, value) => cors with { Headers = [.. value.Distinct(StringComparer.OrdinalIgnoreCase)] },
            "Request headers that they may send; \"*\" for every one. Accept, Accept-Language, Content-Language and simple content types "
                + "need no mention.",
            "[]")
        .Key(
            "credentials",
            Schemas.Boolean(),
            static (cors, value) => cors with { Credentials = value },
            "Whether requests may carry cookies and credentials.",
            "false")
        .Key(
            "maxAge",
            Schemas.Duration("0s", "24h"),
            static (cors, value) => cors with { MaxAge = value },
            "How long a browser may remember a preflight; most remember at most 2h.",
            "10m")
        .Finish(Together);

    private static CorsConfig Together(CorsConfig cors, string path, Reader reader)
    {
        if (cors.Origins.Contains(Any, StringComparer.Ordinal))
        {
            if (cors.Credentials)
            {
                reader.ProblemAt(
                    $"{path}/credentials",
                    "Every origin may use it, given \"*\" in \"origins\": with credentials any page could act as its visitor, and browsers "
                        + "refuse it. Write the origins, or credentials: false.",
                    $"{path}/origins");
            }

            if (cors.Origins.Length > 1)
            {
                reader.ProblemAt($"{path}/origins", "Every origin is allowed by \"*\". Write it alone, or the origins without it.");
            }
        }

        return cors;
    }

    private static TextSchema<string> Origin() => new(
        "an origin", "Write scheme and host, like https://shop.example, or \"*\"",
        static () =>
            Schemas.Pattern(@"^\*$|^https?://(\*\.)?[A-Za-z0-9._-]+(:[0-9]{1,5})?$|^https?://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$|\$\{"),
            static text =>
        {
            if (text is Any)
            {
                return text;
            }

            if (text is "null")
            {
                return Parsed<string>.Bad(
                    "Pages of unknown origin say \"null\", among them any that an attacker puts into a frame: write the origin");
            }

            var lower = text.ToLowerInvariant();
            var scheme = lower.StartsWith("https://", StringComparison.Ordinal)
                ? "https://"
                : lower.StartsWith("http://", StringComparison.Ordinal) ? "http://"
                : null;
            if (scheme is null)
            {
                return Parsed<string>.Bad();
            }

            var host = lower[scheme.Length..];
            if (host.EndsWith('/'))
            {
                return Parsed<string>.Bad($"An origin has no path: write \"{lower.TrimEnd('/')}\"");
            }

            var standard = scheme.Length == 8 ? ":443" : ":80";
            if (host.EndsWith(standard, StringComparison.Ordinal))
            {
                return Parsed<string>.Bad($"Browsers leave the usual port out: write \"{lower[..^standard.Length]}\"");
            }

            return RouteChangeKeys.IsHost(host.StartsWith(HostName.Below, StringComparison.Ordinal) ? host[HostName.Below.Length..] : host)
                ? lower
                : Parsed<string>.Bad();
        });
}
