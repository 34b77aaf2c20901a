using System.Globalization;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>What holds in a location, as settings of its route and of its cluster.</summary>
internal sealed class NginxSettings(Draft draft)
{
    private readonly Dictionary<DraftCluster, string> _retries = [];

    /// <summary>What only a cluster can have. The first location that leads there says it.</summary>
    public void OfCluster(DraftCluster cluster, NginxScope scope)
    {
        if (scope.Find("proxy_connect_timeout") is { } connect && NginxValues.Time(connect.First) is { } time)
        {
            cluster.Timeouts.Connect ??= time;
        }

        var next = scope.Find("proxy_next_upstream");
        var words = next is null ? "" : string.Join(' ', next.Arguments);
        if (_retries.TryGetValue(cluster, out var known))
        {
            // What the gateway does by default holds most of what is asked for.
            var isUsual = known.Length == 0
                && next?.Arguments.All(static word =>
                    word is "error" or "timeout" or "invalid_header" or "http_502" or "http_503" or "http_504") is true;
            if (next is not null && !isUsual && !string.Equals(known, words, StringComparison.Ordinal))
            {
                draft.Note(
                    next.At,
                    next.ToString(),
                    "What is tried elsewhere is a setting of the cluster, and another location has set it already",
                    "Give this route a cluster of its own if it matters");
            }

            return;
        }

        _retries.Add(cluster, words);
        if (next is not null)
        {
            Retries(cluster, next);
        }

        if (scope.Find("proxy_next_upstream_tries") is { } tries
            && int.TryParse(tries.First, NumberStyles.None, CultureInfo.InvariantCulture, out var most)
            && most > 0)
        {
            cluster.MostAttempts ??= Math.Min(most, 10);
        }
    }

    /// <summary>What changes requests on their way, and who may ask.</summary>
    public void OfRequests(DraftRoute route, NginxScope scope)
    {
        foreach (var header in scope.FindAll("proxy_set_header", "grpc_set_header"))
        {
            RequestHeader(route, header);
        }

        if (scope.Find("proxy_read_timeout") is { } read && NginxValues.Time(read.First) is { } time)
        {
            route.Timeouts.FirstByte = time;
            route.Timeouts.Idle = time;
        }

        // What holds for all of nginx stands at the top of the new file.
        if (scope.Find("client_max_body_size") is { } body && !IsGlobal(scope, body) && NginxValues.Size(body.First) is { } size)
        {
            route.RequestBody = size;
        }
        if (scope.Find("gzip") is { } gzip && !IsGlobal(scope, gzip))
        {
            route.Compression = gzip.First is "on" ? NginxGlobals.CompressionOf(scope) : "off";
        }

        if (scope.Find("proxy_buffering") is { First: "off" } buffering)
        {
            route.ResponseBuffer = "0";
            draft.Note(
                buffering.At,
                buffering.ToString(),
                "No response of this route is buffered, as here",
                "Write \"stream: {}\" if it carries server-sent events, which then survive the loss of a destination");
        }

        if (scope.Find("proxy_next_upstream") is { } next && next.Arguments.Contains("non_idempotent", StringComparer.Ordinal))
        {
            route.Retryable = true;
        }

        NginxAccess.Apply(draft, route, scope);
        Cache(route, scope);
    }

    /// <summary>What changes responses on their way.</summary>
    public void OfResponses(DraftRoute route, NginxScope scope)
    {
        foreach (var hidden in scope.FindAll("proxy_hide_header"))
        {
            route.Response.Remove.Add(hidden.First);
        }

        foreach (var header in scope.FindAll("add_header"))
        {
            if (header.Arguments.Length < 2)
            {
                continue;
            }

            var value = NginxText.Of(scope.Fill(header.Arguments[1]));
            if (value is null)
            {
                draft.Note(
                    header.At,
                    header.ToString(),
                    "A variable in the value has no counterpart",
                    "Write it under headers.response with {host}, {path} or {client}");
            }
            else if (value.Length > 0 && !route.Response.Add.TryAdd(header.First, value))
            {
                draft.Note(
                    header.At,
                    header.ToString(),
                    "A header is added once",
                    "Join the values with a comma if the header is a list");
            }
        }
    }

    private static bool IsGlobal(NginxScope scope, NginxDirective directive)
    {
        var outermost = scope;
        while (outermost.Outer is { } outer)
        {
            outermost = outer;
        }

        return ReferenceEquals(outermost.Block.Last(directive.Name), directive);
    }

    private void Retries(DraftCluster cluster, NginxDirective next)
    {
        if (next.First is "off")
        {
            cluster.MostAttempts = 1;
            return;
        }

        var reasons = new List<string>();
        foreach (var word in next.Arguments)
        {
            switch (word)
            {
                case "error":
                    reasons.AddRange("connect", "reset", "truncated");
                    break;
                case "timeout":
                    reasons.Add("timeout");
                    break;
                case "http_500" or "http_502" or "http_503" or "http_504" or "http_429":
                    reasons.Add(word[5..]);
                    break;
                case "non_idempotent" or "invalid_header":
                    break;
                default:
                    draft.Note(
                        next.At,
                        $"proxy_next_upstream {word}",
                        "A client's mistake is the same at every destination",
                        "Leave it out, or let the service answer 503 where it means to be asked elsewhere");
                    break;
            }
        }

        if (reasons.Count > 0)
        {
            cluster.Attempts["retryOn"] = Flow.List(reasons.Distinct(StringComparer.Ordinal));
        }
    }

    private void RequestHeader(DraftRoute route, NginxDirective header)
    {
        if (header.Arguments.Length < 2)
        {
            return;
        }

        var (name, text) = (header.First, header.Arguments[1]);
        switch (name.ToLowerInvariant())
        {
            case "host":
                Host(route, header, text);
                return;
            case "x-forwarded-for" or "x-forwarded-proto" or "x-forwarded-host" or "x-forwarded-port" or "forwarded"
                or "upgrade" or "connection" or "x-request-id" or "te" or "via":
                // The gateway writes them by itself.
                return;
        }

        if (text.Length == 0)
        {
            route.Request.Remove.Add(name);
        }
        else if (NginxText.Of(text) is { } value)
        {
            route.Request.Set[name] = value;
            if (text.Contains("$request_uri", StringComparison.Ordinal))
            {
                draft.Note(
                    header.At,
                    header.ToString(),
                    "{path} has no query",
                    "Leave it, or let the service use the request's own target");
            }
        }
        else
        {
            draft.Note(
                header.At,
                header.ToString(),
                "A variable in the value has no counterpart",
                "Write it under headers.request with {host}, {path}, {client} or a value of the route");
        }
    }

    private void Host(DraftRoute route, NginxDirective header, string text)
    {
        if (text is "$host" or "$http_host" or "$server_name")
        {
            route.Host = "keep";
        }
        else if (text is "$proxy_host")
        {
            route.Host = null;
        }
        else if (!text.Contains('$', StringComparison.Ordinal))
        {
            route.Host = text;
        }
        else if (text is "$host:$server_port")
        {
            route.Host = "keep";
        }
        else
        {
            draft.Note(header.At, header.ToString(), "A variable in the host has no counterpart", "Write host: keep, or host: NAME");
        }
    }

    private void Cache(DraftRoute route, NginxScope scope)
    {
        var cache = scope.Find("proxy_cache");
        if (cache is null or { First: "off" })
        {
            return;
        }

        var stale = scope.Find("proxy_cache_use_stale");
        if (stale is not null
            && stale.Arguments.Any(static word => word is "error" or "timeout" || word.StartsWith("http_5", StringComparison.Ordinal)))
        {
            route.KeepsLastGood = true;
            draft.Note(
                cache.At,
                cache.ToString(),
                "The gateway asks a destination for every request and keeps responses for outages alone (lastGood)",
                "Put a cache in front or behind if it takes load off; see docs/last-good.md for key and age");
        }
        else
        {
            draft.Note(
                cache.At,
                cache.ToString(),
                "The gateway is no cache",
                "Put a cache in front or behind; write lastGood: {} and fallback: [ lastGood ] to give stored responses in outages");
        }
    }
}
