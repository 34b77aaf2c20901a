using System.Globalization;

namespace Gateway.Cli.Migration;

/// <summary>A route.</summary>
internal sealed class DraftRoute(string name, SourcePlace at) : DraftItem(name, at)
{
    /// <summary>The route pattern.</summary>
    public string Path { get; set; } = "/{**rest}";

    /// <summary>The hosts; empty: all.</summary>
    public List<string> Hosts { get; } = [];

    /// <summary>The methods; empty: all.</summary>
    public List<string> Methods { get; } = [];

    /// <summary>Conditions on headers, their values as YAML.</summary>
    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Conditions on query parameters, their values as YAML.</summary>
    public Dictionary<string, string> Query { get; } = new(StringComparer.Ordinal);

    /// <summary>The cluster that serves it; null: the first one, for a route that forbids everything.</summary>
    public DraftCluster? Cluster { get; set; }

    /// <summary>Where it redirects; null: it does not.</summary>
    public (string To, int Status)? Redirect { get; set; }

    /// <summary>The host that destinations see; null: their own.</summary>
    public string? Host { get; set; }

    /// <summary>Keys of <c>rewrite</c>.</summary>
    public Dictionary<string, string> Rewrite { get; } = new(StringComparer.Ordinal);

    /// <summary>Changes of requests.</summary>
    public DraftHeaders Request { get; } = new();

    /// <summary>Changes of responses.</summary>
    public DraftHeaders Response { get; } = new();

    /// <summary>Deadlines in place of the cluster's.</summary>
    public DraftTimeouts Timeouts { get; } = new();

    /// <summary>Attempts in place of the cluster's.</summary>
    public int? MostAttempts { get; set; }

    /// <summary>Largest request body; null: the gateway's.</summary>
    public string? RequestBody { get; set; }

    /// <summary>Networks that may use it.</summary>
    public List<string> Allow { get; } = [];

    /// <summary>Networks that may not.</summary>
    public List<string> Deny { get; } = [];

    /// <summary>Keys of <c>rateLimit</c>.</summary>
    public Dictionary<string, string> RateLimit { get; } = new(StringComparer.Ordinal);

    /// <summary>Last-good responses are kept and given.</summary>
    public bool KeepsLastGood { get; set; }

    /// <summary>POSTs may be sent twice.</summary>
    public bool Retryable { get; set; }

    /// <summary>In place of the cluster's; null: as there.</summary>
    public string? ResponseBuffer { get; set; }

    /// <summary>Compression in place of the gateway's; null: as there.</summary>
    public string? Compression { get; set; }

    /// <summary>The key <c>cors</c> as YAML; null: none.</summary>
    public string? Cors { get; set; }

    /// <summary>Forbids everything.</summary>
    public bool IsForbidden { get; set; }

    public override IEnumerable<(string Key, string Value)> Keys()
    {
        yield return ("match", Match());
        if (Redirect is { } redirect)
        {
            yield return (
                "redirect",
                Flow.Map([new("to", redirect.To), new("status", redirect.Status.ToString(CultureInfo.InvariantCulture))]));
        }
        else
        {
            yield return ("cluster", Flow.Text(Cluster?.Name ?? ""));
            if (Host is not null)
            {
                yield return ("host", Flow.Text(Host));
            }

            if (Rewrite.Count > 0)
            {
                yield return ("rewrite", Flow.Map(Rewrite));
            }
        }

        if (HeaderKeys() is { } headers)
        {
            yield return ("headers", headers);
        }

        foreach (var access in AccessKeys())
        {
            yield return access;
        }

        if (Redirect is not null)
        {
            yield break;
        }

        foreach (var key in ServingKeys())
        {
            yield return key;
        }
    }

    private IEnumerable<(string Key, string Value)> ServingKeys()
    {
        if (Timeouts.ToYaml(MostAttempts ?? Cluster?.AttemptsInForce ?? 3, Cluster?.Timeouts.Connect) is { } timeouts)
        {
            yield return ("timeouts", timeouts);
        }

        if (MostAttempts is { } most)
        {
            yield return ("attempts", $"{{ max: {most.ToString(CultureInfo.InvariantCulture)} }}");
        }

        if (ResponseBuffer is not null)
        {
            yield return ("responseBuffer", ResponseBuffer);
        }

        if (RequestBody is not null)
        {
            yield return ("limits", $"{{ requestBody: {RequestBody} }}");
        }

        if (Compression is not null)
        {
            yield return ("compression", Compression);
        }

        if (Retryable)
        {
            yield return ("retryable", "true");
        }

        if (!KeepsLastGood)
        {
            yield break;
        }

        yield return ("lastGood", "{}");
        yield return ("fallback", "[ lastGood ]");
    }

    private IEnumerable<(string Key, string Value)> AccessKeys()
    {
        if (Cors is not null)
        {
            yield return ("cors", Cors);
        }

        if (IsForbidden)
        {
            yield return ("deny", Flow.List(["0.0.0.0/0", "::/0"]));
        }
        else if (Deny.Count > 0)
        {
            yield return ("deny", Flow.List(Deny.Distinct(StringComparer.Ordinal)));
        }

        if (Allow.Count > 0 && !IsForbidden)
        {
            yield return ("allow", Flow.List(Allow.Distinct(StringComparer.Ordinal)));
        }

        if (RateLimit.Count > 0)
        {
            yield return ("rateLimit", Flow.Map(RateLimit));
        }
    }

    private string Match()
    {
        var keys = new List<KeyValuePair<string, string>>();
        if (Hosts.Count > 0)
        {
            keys.Add(new("host", Hosts.Count == 1 ? Flow.Text(Hosts[0]) : Flow.List(Hosts)));
        }

        keys.Add(new("path", Flow.Text(Path)));
        if (Methods.Count > 0)
        {
            keys.Add(new("methods", Flow.List(Methods)));
        }

        if (Headers.Count > 0)
        {
            keys.Add(new("headers", Flow.Raw(Headers)));
        }

        if (Query.Count > 0)
        {
            keys.Add(new("query", Flow.Raw(Query)));
        }

        return Flow.Raw(keys);
    }

    private string? HeaderKeys()
    {
        var keys = new List<KeyValuePair<string, string>>();
        if (Redirect is null && Request.ToYaml() is { } request)
        {
            keys.Add(new("request", request));
        }

        if (Response.ToYaml() is { } response)
        {
            keys.Add(new("response", response));
        }

        return keys.Count == 0 ? null : Flow.Raw(keys);
    }
}
