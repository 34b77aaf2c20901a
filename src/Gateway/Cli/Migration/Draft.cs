namespace Gateway.Cli.Migration;

/// <summary>
/// A configuration of the gateway in the making, and what could not be carried over into it. Whatever the gateway would refuse stands in
/// the result as a comment, so that the result always passes <c>check</c>.
/// </summary>
/// <param name="kind">The other proxy, as operators call it.</param>
/// <param name="file">The file that is read.</param>
internal sealed class Draft(string kind, string file)
{
    private const int MostNotes = 2_000;

    private readonly List<MigrationNote> _notes = [];
    private readonly HashSet<MigrationNote> _known = [];
    private readonly HashSet<string> _routeNames = new(StringComparer.Ordinal);

    /// <summary>The other proxy.</summary>
    public string Kind { get; } = kind;

    /// <summary>The file that is read.</summary>
    public string File { get; } = file;

    /// <summary>The public listeners.</summary>
    public List<DraftListen> Listens { get; } = [];

    /// <summary>The clusters.</summary>
    public List<DraftCluster> Clusters { get; } = [];

    /// <summary>The routes.</summary>
    public List<DraftRoute> Routes { get; } = [];

    /// <summary>Networks whose forwarded headers are believed.</summary>
    public List<string> TrustedProxies { get; } = [];

    /// <summary>Keys of <c>limits</c>, their values as YAML.</summary>
    public Dictionary<string, string> Limits { get; } = new(StringComparer.Ordinal);

    /// <summary>The value of <c>compression</c>; null: none.</summary>
    public string? Compression { get; set; }

    /// <summary>What could not be carried over, in the order in which it was met.</summary>
    public IReadOnlyList<MigrationNote> Notes => _notes;

    /// <summary>Notes something that was not carried over, or not exactly; the same one only once.</summary>
    public void Note(SourcePlace at, string what, string why, string instead)
    {
        var note = new MigrationNote(at, what, why, instead);
        if (_known.Count < MostNotes && _known.Add(note))
        {
            _notes.Add(note);
        }
    }

    /// <summary>Adds a cluster, under another name if its own is taken.</summary>
    public DraftCluster AddCluster(string name, SourcePlace at)
    {
        var taken = Clusters.Select(static cluster => cluster.Name).ToHashSet(StringComparer.Ordinal);
        var cluster = new DraftCluster(Names.Unique(Names.Of(name, "service"), taken.Contains), at);
        Clusters.Add(cluster);
        return cluster;
    }

    /// <summary>Adds a route, under another name if its own is taken.</summary>
    public DraftRoute AddRoute(string name, SourcePlace at)
    {
        var route = new DraftRoute(Names.Unique(Names.Of(name, "route"), _routeNames.Contains), at);
        _routeNames.Add(route.Name);
        Routes.Add(route);
        return route;
    }
}
