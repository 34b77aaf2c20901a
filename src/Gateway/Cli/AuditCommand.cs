using System.CommandLine;
using System.Globalization;
using Gateway.Admin.Status;
using Gateway.Observability.History;

namespace Gateway.Cli;

/// <summary><c>audit</c>: what operators did, all of it, for the records of a company.</summary>
internal static class AuditCommand
{
    // What the endpoint gives at once.
    private const int Page = 1000;

    // The journal has 90 days; nobody acts so often.
    private const int MostPages = 100;

    /// <summary>The command.</summary>
    public static Command Create(Func<string, string?> environment)
    {
        var since = new Option<string>("--since")
        {
            Description = "How far back, like 24h or 30d. Default: 90d, all that is kept.",
            HelpName = "SPAN",
            DefaultValueFactory = static _ => "90d",
        };
        since.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var text }] && AvailabilityView.Window(text) is null)
            {
                result.AddError($"\"{text}\" is no span. Write 24h, 30d or the like.");
            }
        });
        var cluster = new Option<string?>("--cluster")
        {
            Description = "Only of this cluster and of the whole gateway.",
            HelpName = "NAME",
        };
        var command = new Command(
            "audit",
            "Prints everything that operators did, oldest first: when, who, what and why; with --json to be kept elsewhere.")
        {
            since,
            cluster,
        };
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            client => ReadAsync(client, AvailabilityView.Window(parsed.GetValue(since)!) ?? default, parsed.GetValue(cluster), token),
            static entries => JournalText.Of(entries)));
        return command;
    }

    private static async Task<AdminResponse<JournalEntry[]>> ReadAsync(
        AdminClient client, TimeSpan since, string? cluster, CancellationToken token)
    {
        var (all, before, from) = (new List<JournalEntry>(), long.MaxValue, TimeProvider.System.GetUtcNow() - since);
        for (var page = 0; page < MostPages; page++)
        {
            var read = await client.GetAsync<JournalEntry[]>(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"/journal?acts=true&count={Page}&before={before}&cluster={Uri.EscapeDataString(cluster ?? "")}"),
                token);
            if (read.Value is not { } entries)
            {
                return read;
            }

            all.AddRange(entries.Where(entry => entry.At >= from));
            if (entries.Length < Page || entries[^1].At < from)
            {
                all.Reverse();
                return new([.. all], null);
            }

            before = entries[^1].Id;
        }

        return new(null, "Operators did more in that time than is read at once. Name a shorter --since.");
    }
}
