using System.CommandLine;
using System.Globalization;
using System.Text;
using Gateway.Admin;

namespace Gateway.Cli;

/// <summary><c>last-good</c>: what is kept, forgetting it, and fetching ahead.</summary>
internal static class LastGoodCommands
{
    /// <summary><c>last-good [--prefix TEXT] [--limit N] [--warm FILE]</c> and <c>last-good purge</c>.</summary>
    public static Command Create(Func<string, string?> environment)
    {
        var prefix = new Option<string?>("--prefix") { Description = "List the stored responses whose key or path begins so.", HelpName = "TEXT" };
        var limit = new Option<int?>("--limit") { Description = $"List so many stored responses. Default: {LastGoodView.DefaultLimit} with --prefix, else none.", HelpName = "N" };
        var warm = new Option<string?>("--warm") { Description = "Fetch each path or URL of this file, one a line, through the public listener, so that its response is stored.", HelpName = "FILE" };
        var url = new Option<string?>("--url") { Description = "The public listener for --warm. Default: the configuration's first listen.url.", HelpName = "URL" };
        var host = new Option<string?>("--host") { Description = "The Host that users ask for, for lines of --warm that are only a path: responses are kept by host. Default: the public listener itself.", HelpName = "NAME" };
        var header = new Option<string[]>("--header") { Description = "A further header of --warm's requests, like \"Accept-Language: de\"; may be given more than once.", HelpName = "LINE" };
        var atOnce = new Option<int>("--at-once") { Description = "Requests of --warm at the same time, 1 to 64. Default: 8.", HelpName = "N", DefaultValueFactory = static _ => 8 };
        var command = new Command("last-good", "Shows the stored last-good responses, by route or one by one, and fetches responses ahead.") { prefix, limit, warm, url, host, header, atOnce };
        var target = new AdminTarget(command, environment);
        command.SetAction(async (parsed, token) =>
        {
            if (parsed.GetValue(warm) is { } file)
            {
                var (listener, problem) = parsed.GetValue(url) is { } named ? (named, null) : target.UsersUrl(parsed);
                if (listener is null)
                {
                    return await problem!.PrintAsync(parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, target.IsJson(parsed));
                }

                var plan = new WarmPlan(file, listener, parsed.GetValue(host), parsed.GetValue(header) ?? [], parsed.GetValue(atOnce));
                return await WarmRun.RunAsync(plan, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, token);
            }

            var some = parsed.GetValue(limit) ?? (parsed.GetValue(prefix) is null ? 0 : LastGoodView.DefaultLimit);
            var path = $"/last-good?limit={some.ToString(CultureInfo.InvariantCulture)}&prefix={Uri.EscapeDataString(parsed.GetValue(prefix) ?? "")}";
            return await target.RunAsync(parsed, client => client.GetAsync<LastGoodListing>(path, token), listing => Text(listing, some > 0));
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
                Columns.Append(text, "  ", $"The header \"{header}\" gives nearly every request a key of its own. If the service does not use it, name it in lastGood.ignoreHeaders.", 2);
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
                text.Append(CultureInfo.InvariantCulture, $"{entry.Key}\n  {entry.Size} bytes from {entry.Tier}, {entry.Age:0} s old{(entry.Nearest ? ", a nearest response" : "")}\n");
            }

            text.Append(listing.More ? "There are more: name a longer --prefix or a larger --limit.\n" : listing.Entries.Count == 0 ? "No stored response begins so.\n" : "");
        }

        return text.ToString();
    }
}
