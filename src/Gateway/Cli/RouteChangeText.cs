using Gateway.Configuration.Model;
using Gateway.Forwarding.Requests;

namespace Gateway.Cli;

/// <summary>What a route changes in requests and responses, for <c>explain</c>.</summary>
internal static class RouteChangeText
{
    /// <summary>One line a change.</summary>
    public static IEnumerable<string> Of(GatewayConfig config, RouteConfig route, Uri url)
    {
        if (route.Redirect is null && TargetRewrite.Of(route) is { } rewrite)
        {
            yield return $"destinations are asked for {rewrite.Apply(new DefaultHttpContext(), RequestTarget.Of(url.PathAndQuery))}";
        }

        if (route.Allow.Length > 0)
        {
            yield return $"only clients in {string.Join(", ", route.Allow)}; others get 403";
        }

        if (route.Deny.Length > 0)
        {
            yield return $"no clients in {string.Join(", ", route.Deny)}: they get 403";
        }

        if (route.RateLimit is { } limit)
        {
            yield return $"at most {limit.Count} requests a "
                + $"{(limit.Per.TotalSeconds > 60 ? "hour" : limit.Per.TotalSeconds > 1 ? "minute" : "second")}, {limit.Burst} at once, by "
                + $"{(limit.Header is { } header ? $"header {header}" : limit.Cookie is { } cookie ? $"cookie {cookie}" : "client")}; more "
                + $"get 429";
        }

        if (route.KeepsHost)
        {
            yield return "destinations are asked under the client's host";
        }

        if (route.HostName is { } host)
        {
            yield return $"destinations are asked under the host {host}";
        }

        foreach (var text in Headers("request", route.RequestHeaders))
        {
            yield return text;
        }

        foreach (var text in Headers("response", route.ResponseHeaders))
        {
            yield return text;
        }

        if (route.Redirect is null && (route.Compression ?? config.Compression) is { Codings: { Length: > 0 } codings } compression)
        {
            yield return $"responses are compressed with {string.Join(", ", codings)}, as the client accepts"
                + $"{(compression.Offload ? "; destinations are asked without Accept-Encoding" : "")}";
        }

        if (route.Cors is { } cors)
        {
            yield return $"CORS for {string.Join(", ", cors.Origins)}{(cors.Credentials ? ", with credentials" : "")}; preflights are "
                + $"answered by the gateway";
        }
    }

    private static IEnumerable<string> Headers(string message, HeaderChangesConfig? changes)
    {
        if (changes is null)
        {
            yield break;
        }

        foreach (var line in changes.Set)
        {
            yield return $"{message} header {line.Name} is set to \"{line.Value}\"";
        }

        foreach (var line in changes.Add)
        {
            yield return $"{message} header {line.Name} gets \"{line.Value}\" too";
        }

        foreach (var name in changes.Remove)
        {
            yield return $"{message} header {name} is removed";
        }
    }
}
