namespace Gateway.Cli.Migration.HaProxy;

/// <summary>Makes a configuration of the gateway of one of HAProxy's.</summary>
internal static class HaProxyMigration
{
    /// <summary>The whole way from text to text.</summary>
    /// <exception cref="MigrationException">The text is no configuration of HAProxy's.</exception>
    public static MigrationResult Run(string text, string file, MigrationFiles files)
    {
        var draft = new Draft("haproxy", file);
        var sections = HaProxyParser.Parse(text.TrimStart('\uFEFF'), file);
        if (!sections.Any(static section => section.Kind is "frontend" or "listen"))
        {
            throw new MigrationException(
                new SourcePlace(file, 1),
                "There is no \"frontend\" or \"listen\" section, so nothing says which requests are served. Name the file that has it.");
        }

        HaProxyNotes.OfAll(sections, draft);
        if (sections.FirstOrDefault(static section => section.Kind is "global")?.Last("maxconn") is { } most
            && HaProxyValues.Whole(most[1]) is > 0 and <= 1_000_000 and var connections)
        {
            draft.Limits["connections"] = connections.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        var backends = new HaProxyBackends(draft, sections);
        foreach (var section in sections.Where(static section => section.Kind is "frontend" or "listen"))
        {
            if (section.Last("mode") is not { } mode || mode[1] is not "http")
            {
                draft.Note(
                    section.At,
                    $"{section.Kind} {section.Name}",
                    "Only mode http is carried over",
                    "Keep HAProxy for TCP; write \"mode http\" if it is HTTP and migrate again");
                continue;
            }

            new HaProxyFrontend(draft, backends, section).Run();
        }

        backends.NoteUnused();
        return DraftCompletion.Finish(draft, files);
    }
}
