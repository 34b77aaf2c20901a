using System.Collections.Immutable;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>Which requests a condition means: all that is named holds, each by one of its values.</summary>
internal sealed record HaProxyMatch
{
    /// <summary>Paths, one of which a request has; empty: any.</summary>
    public ImmutableArray<SourcePath> Paths { get; init; } = [];

    /// <summary>Hosts; empty: any.</summary>
    public ImmutableArray<string> Hosts { get; init; } = [];

    /// <summary>Methods; empty: any.</summary>
    public ImmutableArray<string> Methods { get; init; } = [];

    /// <summary>Conditions of headers, as YAML.</summary>
    public ImmutableArray<(string Name, string Condition)> Headers { get; init; } = [];

    /// <summary>Conditions of the query, as YAML.</summary>
    public ImmutableArray<(string Name, string Condition)> Query { get; init; } = [];

    /// <summary>Networks of clients; empty: any.</summary>
    public ImmutableArray<string> From { get; init; } = [];

    /// <summary>True: clients outside of <see cref="From"/> are meant.</summary>
    public bool IsNotFrom { get; init; }

    /// <summary>True: only networks are named.</summary>
    public bool IsOfClientsOnly => !From.IsEmpty && Paths.IsEmpty && Hosts.IsEmpty && Methods.IsEmpty && Headers.IsEmpty && Query.IsEmpty;

    /// <summary>Both together; null: the gateway cannot say so.</summary>
    public HaProxyMatch? And(HaProxyMatch other)
    {
        if ((!Paths.IsEmpty && !other.Paths.IsEmpty)
            || (!Hosts.IsEmpty && !other.Hosts.IsEmpty)
            || (!Methods.IsEmpty && !other.Methods.IsEmpty)
            || (!From.IsEmpty && !other.From.IsEmpty))
        {
            return null;
        }

        return new HaProxyMatch
        {
            Paths = Paths.AddRange(other.Paths),
            Hosts = Hosts.AddRange(other.Hosts),
            Methods = Methods.AddRange(other.Methods),
            Headers = Headers.AddRange(other.Headers),
            Query = Query.AddRange(other.Query),
            From = From.AddRange(other.From),
            IsNotFrom = IsNotFrom || other.IsNotFrom,
        };
    }
}
