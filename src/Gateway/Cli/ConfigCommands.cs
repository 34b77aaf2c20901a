using System.CommandLine;
using System.Globalization;
using System.Text;
using Gateway.Admin.Endpoints;
using Gateway.Admin.Status;
using Gateway.Configuration.History;

namespace Gateway.Cli;

/// <summary><c>config history</c>, <c>config show</c> and <c>config rollback</c>: the configurations that were in force.</summary>
internal static class ConfigCommands
{
    /// <summary>The commands.</summary>
    public static Command Create(Func<string, string?> environment) =>
        new("config", "Shows the configurations that were in force, and goes back to one.")
        {
            History(environment),
            Show(environment),
            Rollback(environment),
        };

    private static Command History(Func<string, string?> environment)
    {
        var command = new Command("history", "Lists the revisions that are kept: when, by whom and why they were put in force.");
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            client => client.GetAsync<RevisionLine[]>("/config/revisions", token),
            HistoryOf));
        return command;
    }

    private static Command Show(Func<string, string?> environment)
    {
        var revision = Revision("Default: the one in force.");
        var command = new Command("show", "Prints the files of a revision as they were, secrets included.") { revision };
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            async client =>
            {
                if (parsed.GetValue(revision) is { } number)
                {
                    return await ShowAsync(client, number, token);
                }

                var kept = await client.GetAsync<RevisionLine[]>("/config/revisions", token);
                return kept.Value is null ? new(null, kept.Problem)
                    : kept.Value.FirstOrDefault(static line => line.InForce) is { } line ? await ShowAsync(client, line.Number, token)
                    : new(null, "The revision in force is not kept: the state folder could not be written.");
            },
            FilesOf));
        return command;
    }

    private static Command Rollback(Func<string, string?> environment)
    {
        var revision = Revision("Default: the one before the one in force.");
        var reason = new Option<string>("--reason") { Description = "Why; it goes to the journal.", HelpName = "TEXT", Required = true };
        var command = new Command(
            "rollback", "Puts the files of an earlier revision in force; the file in place stays out of force until it changes.")
        {
            revision,
            reason
        };
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            client => client.SendAsync(
                HttpMethod.Post,
                "/config/rollback",
                new VerbRequest
                {
                    Revision = parsed.GetValue(revision),
                    Reason = parsed.GetValue(reason),
                    Who = OperatorName.Of(environment)
                },
                token),
            static result => Columns.Wrapped(result.Message)));
        return command;
    }

    private static Argument<long?> Revision(string otherwise)
    {
        var revision = new Argument<long?>("N")
        {
            Description = $"Number of the revision, as history lists it. {otherwise}",
            Arity = ArgumentArity.ZeroOrOne,
        };
        revision.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var text }] && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                result.AddError($"A revision is a number, given \"{text}\". {ProgramName.Current} config history lists them.");
            }
        });
        return revision;
    }

    private static Task<AdminResponse<ConfigRevision>> ShowAsync(AdminClient client, long number, CancellationToken token) =>
        client.GetAsync<ConfigRevision>($"/config/revisions/{number.ToString(CultureInfo.InvariantCulture)}", token);

    private static string HistoryOf(RevisionLine[] lines)
    {
        if (lines.Length == 0)
        {
            return Columns.Wrapped("No revision is kept: the state folder has none.");
        }

        var text = new StringBuilder();
        Columns.Table(text, "", [.. lines.Reverse().Select(static line => new[]
        {
            line.Number.ToString(CultureInfo.InvariantCulture) + (line.InForce ? " in force" : ""),
            line.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            line.Hash,
            HowOf(line),
        })]);
        return text.ToString();
    }

    private static string HowOf(RevisionLine line) =>
        line.Origin switch
        {
            RevisionOrigin.Start => "start",
            RevisionOrigin.Rollback => string.Create(CultureInfo.InvariantCulture, $"rollback to {line.RollbackTo}"),
            _ => "changed file",
        }
        + (line.Who is null ? "" : $", by {line.Who}")
        + (line.Reason is null ? "" : $": {line.Reason}");

    // As it was, so that it can be written to a file; a name stands before each file only where there are several.
    private static string FilesOf(ConfigRevision revision)
    {
        if (revision.Files is [{ Content: var content }])
        {
            return content;
        }

        var text = new StringBuilder();
        foreach (var file in revision.Files)
        {
            text.Append(CultureInfo.InvariantCulture, $"# {file.Path}\n{file.Content}{(file.Content.EndsWith('\n') ? "" : "\n")}");
        }

        return text.ToString();
    }
}
