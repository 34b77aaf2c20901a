using System.Text;
using Gateway.Configuration;
using Gateway.Configuration.Reading;

namespace Gateway.Cli.Migration;

/// <summary>Makes a file of a draft that the loader accepts: what it refuses becomes a comment, until nothing is refused.</summary>
internal static class DraftCompletion
{
    private const int MostItems = 900;
    private const int MostRounds = 200;

    /// <summary>The file and the notes. The file is what the loader accepts.</summary>
    /// <exception cref="MigrationException">No acceptable file can be made of it.</exception>
    public static MigrationResult Finish(Draft draft, MigrationFiles files)
    {
        Settle(draft, files);
        for (var round = 0; round < MostRounds; round++)
        {
            var text = new DraftText(draft);
            var judged = ConfigLoader.Validate(ConfigFile.Of("gateway.yaml", Encoding.UTF8.GetBytes(text.Yaml)), static _ => null);
            if (judged.Problems.IsEmpty)
            {
                return new MigrationResult(
                    text.Yaml,
                    [.. draft.Notes.OrderBy(static note => note.At.File, StringComparer.Ordinal).ThenBy(static note => note.At.Line)],
                    judged.Warnings);
            }

            var refused = false;
            foreach (var problem in judged.Problems)
            {
                if (text.ItemAt(problem.Line) is not { Refused: null } item)
                {
                    continue;
                }

                refused = true;
                item.Refused = problem.Message;
                draft.Note(
                    item.At,
                    item.Name,
                    $"What would stand for it is refused ({problem.Message.TrimEnd('.')})",
                    "It stands in the new file as a comment: correct it there");
            }

            if (!refused)
            {
                throw new MigrationException(
                    new SourcePlace(draft.File, 1),
                    $"No configuration can be made of it: {judged.Problems[0].Message}");
            }
        }

        throw new MigrationException(
            new SourcePlace(draft.File, 1),
            "Too much of it is refused by the gateway. Split the file and try the parts.");
    }

    private static void Settle(Draft draft, MigrationFiles files)
    {
        foreach (var listen in draft.Listens)
        {
            if (listen.Certificate is not { } pair || files.IsCertificate(pair.File, pair.Key))
            {
                continue;
            }

            listen.Refused = $"The certificate or its key is not on this machine: {pair.File}, {pair.Key}";
            draft.Note(
                listen.At,
                listen.Name,
                "Its certificate or key cannot be read here",
                $"Put both files where the new file names them, and take the comment signs off the listener \"{listen.Name}\"");
        }

        if (draft.Listens.Exists(static listen => listen.Refused is not null)
            && draft.Listens.TrueForAll(static listen => listen.Refused is not null))
        {
            draft.Note(
                draft.Listens[0].At,
                draft.Listens[0].Name,
                "No listener is left without a certificate",
                "Until the certificates are there, the new file listens on 127.0.0.1 without TLS");
        }

        Bound(draft, draft.Clusters, "clusters");
        Bound(draft, draft.Routes, "routes");
        foreach (var cluster in draft.Clusters.Where(static cluster => cluster.Primary.Count + cluster.Standby.Count == 0))
        {
            cluster.Refused = "It has no destination";
        }

        foreach (var route in draft.Routes.Where(static route => route.Redirect is null
            && route.Cluster is not null
            && !route.IsForbidden
            && route.Cluster.Refused is not null))
        {
            route.Refused = "Its cluster has no destination";
        }
    }

    private static void Bound<T>(Draft draft, List<T> items, string what) where T : DraftItem
    {
        if (items.Count <= MostItems)
        {
            return;
        }

        draft.Note(
            items[MostItems].At,
            items[MostItems].Name,
            $"More than {MostItems} {what} are in one configuration",
            "Split what the gateway does over several");
        items.RemoveRange(MostItems, items.Count - MostItems);
    }
}
