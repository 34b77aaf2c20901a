using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>Makes listeners and routes of a <c>frontend</c> or <c>listen</c>.</summary>
internal sealed class HaProxyFrontend(Draft draft, HaProxyBackends backends, HaProxySection section)
{
    private readonly HaProxyConditions _conditions = new(section);
    private readonly List<HaProxyRule> _rules = [];
    private readonly List<DraftRoute> _routes = [];
    private readonly List<string> _allowed = [];
    private readonly List<string> _denied = [];

    /// <summary>All of it.</summary>
    public void Run()
    {
        var leadsToHttps = Redirects().Any(static line => line.Has("scheme") && line.After("scheme") is "https" && line.Has("ssl_fc"));
        new HaProxyBinds(draft, section).Run(leadsToHttps);
        if (section.Last("timeout", "http-request") is { } head
            && HaProxyValues.Time(head[2]) is { TotalMilliseconds: >= 100, TotalMinutes: <= 10 } time)
        {
            draft.Limits["headersTimeout"] = Configuration.Values.DurationText.Format(time);
        }

        var target = section.Last("default_backend") is { } fallback
            ? backends.Of(fallback[1], fallback)
            : section.Kind is "listen" ? backends.Of(section.Name, null)
            : null;
        // In the order in which HAProxy asks.
        foreach (var line in section.All("http-request", "deny").Concat(section.All("http-request", "reject")))
        {
            Deny(line, target);
        }

        foreach (var line in Redirects())
        {
            Redirect(line);
        }

        foreach (var line in section.All("use_backend"))
        {
            if (line[1].Contains('%', StringComparison.Ordinal) || _conditions.Of(line) is not { } matches)
            {
                Unclear(line);
            }
            else if (backends.Of(line[1], line) is { } cluster)
            {
                Add(matches, line, line[1], cluster);
            }
        }

        if (target is not null)
        {
            var place = section.Last("default_backend")?.At ?? section.At;
            Add([new HaProxyMatch()], new HaProxyLine(["default_backend", target.Name], place), section.Name, target);
        }

        Emit();
        foreach (var route in _routes)
        {
            route.Allow.AddRange(_allowed);
            route.Deny.AddRange(_denied);
            HaProxyHeaders.Apply(draft, route, section);
            if (backends.SectionOf(route.Cluster) is { } backend && !ReferenceEquals(backend, section))
            {
                HaProxyHeaders.Apply(draft, route, backend);
            }
        }
    }

    private IEnumerable<HaProxyLine> Redirects() => section.All("http-request", "redirect").Concat(section.All("redirect"));

    private void Unclear(HaProxyLine line) => draft.Note(
        line.At,
        line.ToString(),
        "The condition, or what it names, has no counterpart",
        "Write a route with match.host, path, methods, headers or query");

    private void Add(
        ImmutableArray<HaProxyMatch> matches,
        HaProxyLine line,
        string name,
        DraftCluster? cluster,
        Action<DraftRoute>? change = null)
    {
        foreach (var match in matches)
        {
            if (match.From.IsEmpty || change is not null)
            {
                _rules.Add(new HaProxyRule(match, line, name, cluster, change));
            }
            else
            {
                draft.Note(line.At, line.ToString(), "A route cannot be chosen by the client's network", "Write allow or deny on a route");
            }
        }
    }

    /// <summary>
    /// The routes. HAProxy takes the first rule that holds, the gateway a route for the host before one without: a rule without hosts that
    /// stands before one with them becomes a route for these hosts, too.
    /// </summary>
    private void Emit()
    {
        for (var i = 0; i < _rules.Count; i++)
        {
            var rule = _rules[i];
            Emit(rule);
            if (!rule.Match.Hosts.IsEmpty)
            {
                continue;
            }

            foreach (var later in _rules.Skip(i + 1)
                .Where(static one => !one.Match.Hosts.IsEmpty)
                .DistinctBy(static one => string.Join(' ', one.Match.Hosts), StringComparer.Ordinal)
                .Take(100))
            {
                var cluster = rule.Change is null || rule.Cluster is null ? rule.Cluster : later.Cluster ?? rule.Cluster;
                Emit(rule with
                {
                    Match = rule.Match with { Hosts = later.Match.Hosts },
                    Name = $"{later.Match.Hosts[0]}-{rule.Name}",
                    Cluster = cluster
                });
            }
        }
    }

    private void Emit(HaProxyRule rule)
    {
        var match = rule.Match;
        foreach (var path in match.Paths.DefaultIfEmpty(new SourcePath(SourcePathKind.Prefix, "/")).Take(100))
        {
            var route = draft.AddRoute(match.Paths.Length > 1 ? $"{rule.Name}-{path.Text}" : rule.Name, rule.Line.At);
            if (_routes.Count == 0)
            {
                route.Comments.Add($"{section.Kind} {section.Name} ({section.At.Short})");
            }

            route.Path = path.Pattern;
            route.Hosts.AddRange(match.Hosts.Distinct(StringComparer.Ordinal));
            route.Methods.AddRange(match.Methods.Distinct(StringComparer.Ordinal));
            foreach (var (header, condition) in match.Headers)
            {
                route.Headers[header] = condition;
            }

            foreach (var (parameter, condition) in match.Query)
            {
                route.Query[parameter] = condition;
            }

            route.Cluster = rule.Cluster;
            route.Host = "keep";
            rule.Change?.Invoke(route);
            _routes.Add(route);
            Narrower(rule.Line, path);
        }
    }

    private void Narrower(HaProxyLine line, SourcePath path)
    {
        if (path.Kind == SourcePathKind.Expression)
        {
            draft.Note(
                line.At,
                line.ToString(),
                "The most exact route wins here, so that a longer plain path goes before an expression",
                "See with \"gateway explain\" which requests it takes");
        }
        else if (path.EndsInsideASegment)
        {
            draft.Note(
                line.At,
                line.ToString(),
                $"A route takes whole segments: paths such as {path.Text}x are not its own",
                "Write a route for them if there are any");
        }
    }

    private void Redirect(HaProxyLine line)
    {
        if (line.Has("scheme") && line.Has("ssl_fc"))
        {
            return;
        }

        var code = HaProxyValues.Whole(line.After("code")) ?? 302;
        if (code is not (301 or 302 or 303 or 307 or 308))
        {
            code = 302;
        }

        var to = line.After("location") is { } location ? HaProxyValues.Text(location)
            : line.After("prefix") is { } prefix ? HaProxyValues.Text(prefix.TrimEnd('/')) is { } before ? before + "{path}" : null
            : line.After("scheme") is "https" ? "https://{host}{path}"
            : null;
        if (to is null || _conditions.Of(line) is not { } matches)
        {
            Unclear(line);
            return;
        }

        Add(matches, line, $"{section.Name}-redirect", null, route => route.Redirect = (to, code));
    }

    /// <summary>
    /// What is denied by network holds for all routes; anything else is a route that forbids, or that some networks may use.
    /// </summary>
    private void Deny(HaProxyLine line, DraftCluster? target)
    {
        if (_conditions.Of(line) is not { } matches)
        {
            Unclear(line);
            return;
        }

        foreach (var match in matches)
        {
            if (match.IsOfClientsOnly)
            {
                (match.IsNotFrom ? _allowed : _denied).AddRange(match.From);
                continue;
            }

            Add([match], line, string.Create(CultureInfo.InvariantCulture, $"{section.Name}-deny"), target, route =>
            {
                if (match.From.IsEmpty)
                {
                    route.IsForbidden = true;
                }
                else
                {
                    (match.IsNotFrom ? route.Allow : route.Deny).AddRange(match.From);
                }
            });
        }
    }
}
