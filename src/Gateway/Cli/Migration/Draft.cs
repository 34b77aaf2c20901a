using System.Text;
using Gateway.Configuration;
using Gateway.Configuration.Reading;

namespace Gateway.Cli.Migration;

/// <summary>
/// A configuration of the gateway in the making, and what could not be carried over into it. Whatever the gateway would refuse stands in
/// the result as a comment, so that the result always passes <c>check</c>.
/// </summary>
/// <param name="kind">The other proxy, as operators call it.</param>
/// <param name="file">The file that is read.</param>
internal sealed class Draft(string kind, string file)
{
    private const int MostItems = 900;
    private const int MostNotes = 2_000;
    private const int MostRounds = 200;

    private readonly List<MigrationNote> _notes = [];
    private readonly HashSet<MigrationNote> _known = [];

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

    /// <summary>Notes something that was not carried over, or not exactly; the same one only once.</summary>
    public void Note(SourcePlace at, string what, string why, string instead)
    {
        var note = new MigrationNote(at, what, why, instead);
        if (_known.Count < MostNotes && _known.Add(note)) _notes.Add(note);
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

    private readonly HashSet<string> _routeNames = new(StringComparer.Ordinal);

    /// <summary>The file and the notes. The file is what the loader accepts.</summary>
    /// <exception cref="MigrationException">No acceptable file can be made of it.</exception>
    public MigrationResult Finish(MigrationFiles files)
    {
        Settle(files);
        for (var round = 0; round < MostRounds; round++)
        {
            var text = new DraftText(this);
            var judged = ConfigLoader.Validate(ConfigFile.Of("gateway.yaml", Encoding.UTF8.GetBytes(text.Yaml)), static _ => null);
            if (judged.Problems.IsEmpty)
            {
                return new MigrationResult(
                    text.Yaml,
                    [.. _notes.OrderBy(static note => note.At.File, StringComparer.Ordinal).ThenBy(static note => note.At.Line)],
                    judged.Warnings);
            }

            var refused = false;
            foreach (var problem in judged.Problems)
            {
                if (text.ItemAt(problem.Line) is not { Refused: null } item) continue;
                refused = true;
                item.Refused = problem.Message;
                Note(
                    item.At,
                    item.Name,
                    $"What would stand for it is refused ({problem.Message.TrimEnd('.')})",
                    "It stands in the new file as a comment: correct it there");
            }

            if (!refused)
            {
                throw new MigrationException(new SourcePlace(File, 1), $"No configuration can be made of it: {judged.Problems[0].Message}");
            }
        }

        throw new MigrationException(
            new SourcePlace(File, 1),
            "Too much of it is refused by the gateway. Split the file and try the parts.");
    }

    private void Settle(MigrationFiles files)
    {
        foreach (var listen in Listens)
        {
            if (listen.Certificate is not { } pair || files.IsCertificate(pair.File, pair.Key)) continue;
            listen.Refused = $"The certificate or its key is not on this machine: {pair.File}, {pair.Key}";
            Note(
                listen.At,
                listen.Name,
                "Its certificate or key cannot be read here",
                $"Put both files where the new file names them, and take the comment signs off the listener \"{listen.Name}\"");
        }

        if (Listens.Exists(static listen => listen.Refused is not null) && Listens.TrueForAll(static listen => listen.Refused is not null))
        {
            Note(
                Listens[0].At,
                Listens[0].Name,
                "No listener is left without a certificate",
                "Until the certificates are there, the new file listens on 127.0.0.1 without TLS");
        }

        Bound(Clusters, "clusters");
        Bound(Routes, "routes");
        foreach (var cluster in Clusters.Where(static cluster => cluster.Primary.Count + cluster.Standby.Count == 0)) cluster.Refused = "It has no destination";
        foreach (var route in Routes.Where(static route => route.Redirect is null && route.Cluster is not null && !route.IsForbidden && route.Cluster.Refused is not null))
        {
            route.Refused = "Its cluster has no destination";
        }
    }

    private void Bound<T>(List<T> items, string what) where T : DraftItem
    {
        if (items.Count <= MostItems) return;
        Note(
            items[MostItems].At,
            items[MostItems].Name,
            $"More than {MostItems} {what} are in one configuration",
            "Split what the gateway does over several");
        items.RemoveRange(MostItems, items.Count - MostItems);
    }
}
