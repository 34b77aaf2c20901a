namespace Gateway.Cli.Migration.Yarp;

/// <summary>Routes of YARP as routes. Both use ASP.NET's patterns.</summary>
internal static class YarpRoutes
{
    /// <summary>Adds one.</summary>
    public static void Add(Draft draft, YarpNode node, string name, IReadOnlyDictionary<string, DraftCluster> clusters)
    {
        if (node.TextOf("ClusterId") is not { } id || !clusters.TryGetValue(id, out var cluster))
        {
            draft.Note(
                node.At,
                name,
                $"There is no cluster \"{node.TextOf("ClusterId")}\" in this file",
                "Write the cluster and the route");
            return;
        }

        var match = node["Match"];
        var route = draft.AddRoute(name, node.At);
        route.Cluster = cluster;
        var path = match?.TextOf("Path") is { Length: > 0 } written ? written : "/{**catch-all}";
        route.Path = path.StartsWith('/') ? path : "/" + path;
        foreach (var host in match?.TextsOf("Hosts") ?? [])
        {
            Host(draft, route, node, host);
        }

        route.Methods.AddRange((match?.TextsOf("Methods")
            ?? []).Select(static method => method.ToUpperInvariant()).Distinct(StringComparer.Ordinal));
        foreach (var condition in match?["Headers"]?.Items ?? [])
        {
            Condition(draft, route, condition, route.Headers);
        }

        foreach (var condition in match?["QueryParameters"]?.Items ?? [])
        {
            Condition(draft, route, condition, route.Query);
        }

        if (node.TimeOf("Timeout") is { } timeout)
        {
            route.Timeouts.Total = timeout < TimeSpan.FromMilliseconds(10) ? TimeSpan.FromMilliseconds(10) : timeout;
        }

        if (route.Timeouts.Total is { } total)
        {
            route.Timeouts.FirstByte = Half(total);
        }

        if (long.TryParse(node.TextOf("MaxRequestBodySize"), System.Globalization.CultureInfo.InvariantCulture, out var body) && body >= 0)
        {
            route.RequestBody = Configuration.Values.SizeText.Format(Math.Min(body, 100L << 30));
        }

        Policies(draft, route, node);
        foreach (var transform in node["Transforms"]?.Items ?? [])
        {
            YarpTransforms.Apply(draft, route, transform);
        }
    }

    // Room for the connection and a second attempt.
    private static TimeSpan Half(TimeSpan total) => TimeSpan.FromMilliseconds(Math.Max(
        1,
        Math.Floor(Math.Min(total.TotalMilliseconds / 2, Math.Max(10, total.TotalMilliseconds - 1000)))));

    private static void Host(Draft draft, DraftRoute route, YarpNode node, string host)
    {
        var colon = host.LastIndexOf(':');
        var hasPort = colon > 0 && !host.EndsWith(']');
        if (hasPort)
        {
            draft.Note(node.At, host, "Ports do not tell hosts apart", "The route is for the name at any port");
        }

        route.Hosts.Add((hasPort ? host[..colon] : host).ToLowerInvariant());
    }

    private static void Condition(Draft draft, DraftRoute route, YarpNode node, Dictionary<string, string> conditions)
    {
        var (name, mode, values) = (node.TextOf("Name") ?? "", node.TextOf("Mode") ?? "ExactHeader", node.TextsOf("Values").ToList());
        var condition = mode switch
        {
            "ExactHeader" or "Exact" when values.Count == 1 => Flow.Text(values[0]),
            "HeaderPrefix" or "Prefix" when values.Count == 1 => $"{{ prefix: {Flow.Text(values[0])} }}",
            "Exists" => "{ present: true }",
            "NotExists" => "{ present: false }",
            _ => null,
        };
        if (condition is not null && conditions.TryAdd(name, condition))
        {
            return;
        }

        // Without the condition the route would take more than was meant.
        route.Refused = $"A condition of {name} has no counterpart";
        draft.Note(
            node.At,
            $"{name} {mode} {string.Join(", ", values)}".TrimEnd(),
            "A condition is one value, one beginning, present or absent, so that the route is left out",
            "Write a route for each value; it stands in the new file as a comment");
    }

    private static void Policies(Draft draft, DraftRoute route, YarpNode node)
    {
        if (node["AuthorizationPolicy"] is { Text: { Length: > 0 } policy } authorization && !policy.Equals(
            "anonymous",
            StringComparison.OrdinalIgnoreCase))
        {
            route.IsForbidden = true;
            route.Comments.Add($"Closed until you decide who may ask: {authorization} ({authorization.At.Short}) is not carried over.");
            draft.Note(
                authorization.At,
                authorization.ToString(),
                "A policy is code, so that the route is closed (deny)",
                "Let the service check it and take deny off, or write allow with the networks that may ask");
        }

        foreach (var (key, instead) in ((string, string)[])
        [
            ("RateLimiterPolicy", "Write rateLimit: { key, rate, burst }"),
            ("CorsPolicy", "Write cors: { origins: [ … ] }"),
            ("TimeoutPolicy", "Write timeouts"),
            ("OutputCachePolicy", "Put a cache in front or behind; lastGood keeps responses for outages")
        ])
        {
            if (node[key] is { Text: { Length: > 0 } text } named && !text.Equals("disable", StringComparison.OrdinalIgnoreCase))
            {
                draft.Note(named.At, named.ToString(), "A policy is code", instead);
            }
        }

        if (node["Order"] is { Text: { } } order)
        {
            draft.Note(
                order.At,
                order.ToString(),
                "The most exact route wins, wherever it stands",
                "See with \"gateway explain\" which route a request gets");
        }
    }
}
