using System.Globalization;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>Who may ask a route, and how often. What is not carried over closes the route, never opens it.</summary>
internal static class NginxAccess
{
    /// <summary>Sets the keys of a route.</summary>
    public static void Apply(Draft draft, DraftRoute route, NginxScope scope)
    {
        foreach (var guard in (ReadOnlySpan<string>)["auth_basic", "auth_request", "auth_jwt", "ssl_verify_client"])
        {
            if (scope.Find(guard) is not { First: not "off" } closed)
            {
                continue;
            }

            route.IsForbidden = true;
            route.Comments.Add($"Closed until you decide who may ask: {closed.Name} ({closed.At.Short}) is not carried over.");
        }

        Networks(draft, route, scope);
        RateLimit(draft, route, scope);
    }

    private static void Networks(Draft draft, DraftRoute route, NginxScope scope)
    {
        var allowed = false;
        foreach (var rule in scope.FindAll("allow", "deny"))
        {
            if (rule.First is "all")
            {
                if (rule.Name is "allow")
                {
                    route.Allow.Clear();
                }
                else if (!allowed)
                {
                    route.IsForbidden = true;
                }

                return;
            }

            if (NginxValues.Network(rule.First) is not { } network)
            {
                draft.Note(
                    rule.At,
                    rule.ToString(),
                    "Only networks can be allowed or denied",
                    "Write the network under allow or deny of the route");
                continue;
            }

            if (rule.Name is "allow")
            {
                allowed = true;
                route.Allow.Add(network);
                continue;
            }

            route.Deny.Add(network);
            if (allowed)
            {
                draft.Note(
                    rule.At,
                    rule.ToString(),
                    "A denied network is denied here even where a rule before allows a part of it",
                    "Write the parts that are meant under deny");
            }
        }

        // Without a "deny all" the networks that are named are no limit to others.
        route.Allow.Clear();
    }

    private static void RateLimit(Draft draft, DraftRoute route, NginxScope scope)
    {
        foreach (var limit in scope.FindAll("limit_req"))
        {
            var zoneName = NginxValues.Argument(limit, "zone");
            var zone = scope.FindAll("limit_req_zone").FirstOrDefault(one => NginxValues.Argument(one, "zone") is { } zone && string.Equals(
                zone.Split(':')[0],
                zoneName,
                StringComparison.Ordinal));
            var key = zone?.First switch
            {
                "$binary_remote_addr" or "$remote_addr" => "client",
                { } text when text.StartsWith("$http_", StringComparison.Ordinal) => $"header:{text[6..].Replace('_', '-')}",
                { } text when text.StartsWith("$cookie_", StringComparison.Ordinal) => $"cookie:{text[8..]}",
                _ => null,
            };
            var rate = zone is null ? null : NginxValues.Argument(zone, "rate");
            if (key is null
                || rate is null
                || !rate.EndsWith("r/s", StringComparison.Ordinal) && !rate.EndsWith("r/m", StringComparison.Ordinal)
                || route.RateLimit.Count > 0)
            {
                draft.Note(
                    limit.At,
                    limit.ToString(),
                    "A route limits requests by client, header or cookie, and once",
                    "Write rateLimit: { key, rate, burst }");
                continue;
            }

            var burst = int.TryParse(NginxValues.Argument(limit, "burst"), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : 0;
            route.RateLimit["key"] = key;
            route.RateLimit["rate"] = $"{rate[..^3]}/{rate[^1]}";
            route.RateLimit["burst"] = (burst + 1).ToString(CultureInfo.InvariantCulture);
            if (!limit.Arguments.Contains("nodelay", StringComparer.Ordinal) && burst > 0)
            {
                draft.Note(
                    limit.At,
                    limit.ToString(),
                    "Requests beyond the rate are not delayed: those within the burst go at once, further ones get 429",
                    "Leave it if clients can bear that");
            }
        }
    }
}
