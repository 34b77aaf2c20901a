using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of a route that redirects.</summary>
internal static class RedirectKeys
{
    private const int Longest = 1024;

    /// <summary>Another address in place of a cluster.</summary>
    public static RecordSchema<RedirectConfig> Redirect { get; } =
        new RecordSchema<RedirectConfig>("a mapping with to and status", static () => new RedirectConfig { To = "" })
        .Key(
            "to",
            new TextSchema<string>(
                "an address with values",
                "Write one like \"https://{host}{path}\" or \"/new/{rest}\"",
                static () => Schemas.Pattern(@"^(https?://|/|\{path\})|\$\{"),
                RedirectTo),
            static (redirect, value) => redirect with { To = value },
            "The address: https://HOST and a path, or a path alone. {host}, {path} and values of the route stand for what the client "
                + "wrote; the query is added unless one stands here.",
            required: true)
        .Key(
            "status",
            new TextSchema<int>(
                "301, 302, 303, 307 or 308",
                "Write 308 (permanent) or 307 (temporary), which keep the method, or 301, 302 or 303",
                static () => Schemas.WholeSchema(301, 308),
                static text => text is "301" or "302" or "303" or "307" or "308"
                    ? int.Parse(text, CultureInfo.InvariantCulture)
                    : Parsed<int>.Bad()),
            static (redirect, value) => redirect with { Status = value },
            "The status.",
            "308");

    /// <summary>
    /// Where a request leads must not be the client's to say: a value of the path may not stand before the first slash of it.
    /// </summary>
    private static Parsed<string> RedirectTo(string text)
    {
        if (text.Length is 0 or > Longest
            || text.Any(static letter => letter is <= ' ' or > '~' or '#' or '\\')
            || TextTemplate.Parse(text) is null)
        {
            return Parsed<string>.Bad();
        }

        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || text[0] == '/')
        {
            return text.StartsWith("//", StringComparison.Ordinal)
                ? Parsed<string>.Bad("It would lead to another host: write the scheme, too")
                : text[0] == '/' || text.StartsWith("{path}", StringComparison.Ordinal) ? text : Parsed<string>.Bad();
        }

        if (text[..scheme] is not ("http" or "https"))
        {
            return Parsed<string>.Bad();
        }

        var rest = text[(scheme + 3)..];
        var end = rest.IndexOfAny(['/', '?']);
        if (rest.IndexOf("{path}", StringComparison.Ordinal) is >= 0 and var path && (end < 0 || path < end))
        {
            end = path;
        }

        var authority = end < 0 ? rest : rest[..end];
        return RouteChangeKeys.IsHost(authority.Replace("{host}", "host", StringComparison.Ordinal))
            && (authority.StartsWith("{host}", StringComparison.Ordinal) || !authority.Contains('{', StringComparison.Ordinal))
            ? text
            : Parsed<string>.Bad(
                "Write a host name or {host} after the scheme, and a slash or {path} after that: where it leads is not the client's to "
                    + "say");
    }
}
