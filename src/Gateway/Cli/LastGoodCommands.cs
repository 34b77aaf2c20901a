using System.CommandLine;
using System.Globalization;
using System.Text;
using Gateway.Admin.Status;

namespace Gateway.Cli;

/// <summary><c>last-good</c>: what is kept, forgetting it, and fetching ahead.</summary>
internal static class LastGoodCommands
{
    /// <summary><c>last-good [--prefix TEXT] [--limit N] [--warm FILE]</c> and <c>last-good purge</c>.</summary>
    public static Command Create(Func<string, string?> environment)
    {
        var prefix = new Option<string?>("--prefix")
        {
            Description = "List the stored responses whose key or path begins so.",
            HelpName = "TEXT"
        };
        var limit = new Option<int?>("--limit")
        {
            Description = $"List so many stored responses. Default: {LastGoodView.DefaultLimit} with --prefix, else none.",
            HelpName = "N"
        };
        var warm = new WarmOptions();
        var command = new Command("last-good", "Shows the stored last-good responses, by route or one by one, and fetches responses ahead.")
        {
            prefix,
            limit
        };
        warm.AddTo(command);
        var target = new AdminTarget(command, environment);
        command.SetAction(async (parsed, token) =>
        {
            if (warm.IsWanted(parsed))
            {
                return await warm.RunAsync(parsed, target, token);
            }

            var some = parsed.GetValue(limit) ?? (parsed.GetValue(prefix) is null ? 0 : LastGoodView.DefaultLimit);
            var path =
                $"/last-good?limit={some.ToString(CultureInfo.InvariantCulture)}&prefix="
                    + $"{Uri.EscapeDataString(parsed.GetValue(prefix) ?? "")}";
            return await target.RunAsync(
                parsed,
                client => client.GetAsync<LastGoodListing>(path, token),
                listing => Text(listing, some > 0));
        });
        command.Subcommands.Add(VerbCommands.Purge(environment));
        return command;
    }

    private static string Text(LastGoodListing listing, bool entries)
    {
        var text = new StringBuilder();
        foreach (var route in listing.Routes)
        {
            text.Append(CultureInfo.InvariantCulture, $"{route.Route}: {route.Entries} responses, {route.Bytes} bytes");
            text.Append(route.Coverage is { } coverage ? $", for {coverage:P0} of the last hour's requests.\n" : ".\n");
            if (route.SplitBy is { } header)
            {
                Columns.Append(
                    text,
                    "  ",
                    $"The header \"{header}\" gives nearly every request a key of its own. If the service does not use it, name it in "
                        + $"lastGood.ignoreHeaders.",
                    2);
            }

        }

        if (listing.Routes.Count == 0)
        {
            text.Append("No route keeps last good responses.\n");
        }

        if (entries)
        {
            text.Append('\n');
            foreach (var entry in listing.Entries)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{entry.Key}\n  {entry.Size} bytes from {entry.Tier}, {entry.Age:0} s old"
                        + $"{(entry.Nearest ? ", a nearest response" : "")}\n");
            }

            text.Append(listing.More
                ? "There are more: name a longer --prefix or a larger --limit.\n"
                : listing.Entries.Count == 0 ? "No stored response begins so.\n"
                : "");
        }

        return text.ToString();
    }
}
