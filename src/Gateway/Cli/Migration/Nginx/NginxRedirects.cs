namespace Gateway.Cli.Migration.Nginx;

/// <summary><c>return</c> and <c>rewrite … permanent</c> as redirects.</summary>
internal static class NginxRedirects
{
    /// <summary>True: the server does nothing but lead to the same address under https.</summary>
    public static bool LeadsToHttps(NginxScope server)
    {
        var returns = server.Block
            .All("return")
            .Concat(server.Block.All("location").Where(static one => one.First is "/").SelectMany(static one => one.All("return")))
            .ToList();
        var leads = returns.Exists(static one => one.Arguments is [.., var url]
            && url.StartsWith("https://$", StringComparison.Ordinal)
            && url.Contains("$request_uri", StringComparison.Ordinal))
            || server.Block.All("rewrite").Any(static one => one.Arguments.Length > 1 && one.Arguments[1].StartsWith(
                "https://$",
                StringComparison.Ordinal));
        return leads
            && !server.Block.Inside.Any(static one => one.Name is "location"
                && one.Inside.Any(static inner => inner.Name is "proxy_pass" or "grpc_pass"));
    }

    /// <summary>The redirect of a <c>return</c>; null: it is none, or has no counterpart.</summary>
    public static (string To, int Status)? Of(NginxDirective directive)
    {
        var (status, url) = directive.Arguments switch
        {
            [var only] when only.StartsWith("http", StringComparison.Ordinal) => (302, only),
            ["301" or "302" or "303" or "307" or "308", var to] =>
                (int.Parse(directive.First, System.Globalization.CultureInfo.InvariantCulture), to),
            _ => (0, ""),
        };
        return status == 0 || To(url) is not { } address ? null : (address, status);
    }

    /// <summary>An address in the gateway's grammar, which adds the query by itself; null: it has no counterpart.</summary>
    public static string? To(string url)
    {
        var address = url.Replace("$scheme://", "https://", StringComparison.Ordinal)
            .Replace("?$args", "", StringComparison.Ordinal)
            .Replace("$is_args$args", "", StringComparison.Ordinal);
        return address.Contains(' ', StringComparison.Ordinal) ? null : NginxText.Of(address);
    }
}
