namespace Gateway.Cli.Migration.Nginx;

/// <summary>Makes a configuration of the gateway of one of nginx's.</summary>
internal static class NginxMigration
{
    /// <summary>The whole way from text to text.</summary>
    /// <exception cref="MigrationException">The text is no configuration of nginx's.</exception>
    public static MigrationResult Run(string text, string file, MigrationFiles files)
    {
        var draft = new Draft("nginx", file);
        var parser = new NginxParser(files, Path.GetDirectoryName(file) ?? "", (include, path) =>
            draft.Note(
                include.At,
                include.ToString(),
                $"\"{path}\" is not there or cannot be read",
                "Put it beside the file and migrate again, or migrate it by itself"));
        var top = parser.Parse(text, file);
        var blocks = top.Where(static one => one.Name is "http").ToList();

        // A file of conf.d or sites-enabled holds what stands inside http.
        var inside = blocks.Count > 0 ? [.. blocks.SelectMany(static one => one.Inside)] : top;
        var http = new NginxScope(new NginxDirective("http", [], new SourcePlace(file, 1), inside), null);
        if (blocks.Count > 0)
        {
            NginxNotes.OfAll(top.Where(static one => one.Name is not "http"), draft);
        }

        NginxNotes.OfAll(inside, draft);
        if (!inside.Any(static one => one.Name is "server"))
        {
            throw new MigrationException(
                new SourcePlace(file, 1),
                "There is no \"server\" block, so nothing says which requests are served. Name the file that has it.");
        }

        new NginxServers(draft, http).Run();
        NginxGlobals.Run(draft, http);
        return DraftCompletion.Finish(draft, files);
    }
}
