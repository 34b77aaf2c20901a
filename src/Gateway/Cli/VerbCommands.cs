using System.CommandLine;
using System.Globalization;
using Gateway.Admin.Endpoints;
using Gateway.Admin.Status;
using Gateway.Configuration.Values;
using WeightCommand = Gateway.Failover.WeightCommand;

namespace Gateway.Cli;

/// <summary>The commands that change a running gateway.</summary>
internal static class VerbCommands
{
    /// <summary><c>hold TIER --for 10m --reason TEXT</c>.</summary>
    public static Command Hold(Func<string, string?> environment)
    {
        var tier = new Argument<string>("TIER") { Description = "Tier to hold active." };
        var length = new Option<string>("--for") { Description = "How long, like 10m; at most 24h.", HelpName = "SPAN", Required = true };
        var command = new Command("hold", "Lets a tier serve for a while, as long as it can.") { tier, length };
        return Verb(
            command,
            environment,
            needsReason: true,
            static _ => true,
            _ => "hold",
            (parsed, request) => request with { Tier = parsed.GetRequiredValue(tier), For = parsed.GetValue(length) });
    }

    /// <summary><c>release</c>.</summary>
    public static Command Release(Func<string, string?> environment) =>
        Verb(
            new Command("release", "Ends a hold: the gateway decides again."),
            environment,
            needsReason: false,
            static _ => true,
            static _ => "release",
            static (_, request) => request);

    /// <summary><c>drain DESTINATION [--for 10m]</c>.</summary>
    public static Command Drain(Func<string, string?> environment)
    {
        var length = new Option<string?>("--for")
        {
            Description = "Conversations that are there go on for so long, like 10m, and are cut then; at most 24h.",
            HelpName = "SPAN"
        };
        var command = OnDestination(
            "drain", "Sends nothing new to a destination until it is made ready again.", environment,
            (parsed, request) => request with { For = parsed.GetValue(length) });
        command.Options.Add(length);
        return command;
    }

    /// <summary><c>ready DESTINATION</c>.</summary>
    public static Command Ready(Func<string, string?> environment) =>
        OnDestination("ready", "Ends a drain; an ejected destination is tried now.", environment, static (_, request) => request);

    /// <summary><c>weight CLUSTER/DESTINATION N</c>, <c>weight CLUSTER/DESTINATION --clear</c>.</summary>
    public static Command Weight(Func<string, string?> environment)
    {
        var weight = new Argument<int?>("N")
        {
            Description = "1 to 1000, in place of the configuration's.",
            Arity = ArgumentArity.ZeroOrOne
        };
        var clear = new Option<bool>("--clear") { Description = "The configuration's weight again." };
        weight.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    && number is >= WeightCommand.Least and <= WeightCommand.Most))
            {
                result.AddError(
                    $"A weight is a number from 1 to 1000, given \"{text}\". To send nothing to a destination: {ProgramName.Current} "
                        + $"drain.");
            }
        });
        var command = OnDestination(
            "weight", "Changes a destination's share of its tier while the gateway runs.", environment,
            (parsed, request) => request with { Weight = parsed.GetValue(weight), Clear = parsed.GetValue(clear) });
        command.Arguments.Add(weight);
        command.Options.Add(clear);
        command.Validators.Add(result =>
        {
            if (result.GetResult(clear) is { Implicit: false } == (result.GetResult(weight) is { Tokens.Count: > 0 }))
            {
                result.AddError($"Write a weight or --clear: {ProgramName.Current} weight CLUSTER/DESTINATION 5.");
            }
        });
        return command;
    }

    /// <summary><c>reload</c>.</summary>
    public static Command Reload(Func<string, string?> environment)
    {
        var force = new Option<bool>("--force") { Description = "Put it in force whatever reload.confirmAbove says." };
        var command = Plain(
            "reload",
            "Reads the configuration again and puts it in force when it is good.",
            environment,
            HttpMethod.Post,
            static _ => "/config/reload",
            (parsed, request) => request with { Force = parsed.GetValue(force) });
        command.Options.Add(force);
        return command;
    }

    /// <summary><c>last-good purge [--key KEY | --prefix TEXT | --route NAME]</c>.</summary>
    public static Command Purge(Func<string, string?> environment)
    {
        var key = new Option<string?>("--key")
        {
            Description = $"Only the response of this key, as {ProgramName.Current} last-good --prefix lists it.",
            HelpName = "KEY"
        };
        var prefix = new Option<string?>("--prefix") { Description = "Only those whose key or path begins so.", HelpName = "TEXT" };
        var route = new Option<string?>("--route") { Description = "Only of this route. Default: all.", HelpName = "NAME" };
        var command = Plain("purge", "Forgets stored responses.", environment, HttpMethod.Delete, parsed =>
            "/last-good?" + string.Join('&', new[] { key, prefix, route }
                .Where(option => parsed.GetValue(option) is not null)
                .Select(option => $"{option.Name.TrimStart('-')}={Uri.EscapeDataString(parsed.GetValue(option)!)}")));
        command.Options.Add(key);
        command.Options.Add(prefix);
        command.Options.Add(route);
        return command;
    }

    private static Command OnDestination(
        string verb,
        string description,
        Func<string, string?> environment,
        Func<ParseResult, VerbRequest, VerbRequest> fill)
    {
        var destination = new Argument<string>("DESTINATION")
        {
            Description = $"Its name, as {ProgramName.Current} status shows it, or CLUSTER/DESTINATION."
        };
        return Verb(
            new Command(verb, description) { destination },
            environment,
            needsReason: false,
            parsed =>
                cluster =>
                    cluster.Tiers.Any(t => t.Destinations.Any(d => string.Equals(
                        d.Name,
                        NamesOf(parsed).Destination,
                        StringComparison.Ordinal))),
            NamesOf,
            parsed => $"destinations/{Uri.EscapeDataString(NamesOf(parsed).Destination!)}/{verb}",
            fill);

        // No name of a cluster holds a slash.
        (string? Cluster, string? Destination) NamesOf(ParseResult parsed)
        {
            var text = parsed.GetRequiredValue(destination);
            var slash = text.IndexOf('/', StringComparison.Ordinal);
            return slash < 0 ? (null, text) : (text[..slash], text[(slash + 1)..]);
        }
    }

    private static Command Verb(
        Command command,
        Func<string, string?> environment,
        bool needsReason,
        Func<ClusterStatus, bool> fits,
        Func<ParseResult, string> path,
        Func<ParseResult, VerbRequest, VerbRequest> fill) =>
        Verb(command, environment, needsReason, _ => fits, static _ => (null, null), path, fill);

    private static Command Verb(
        Command command,
        Func<string, string?> environment,
        bool needsReason,
        Func<ParseResult, Func<ClusterStatus, bool>> fits,
        Func<ParseResult, (string? Cluster, string? Destination)> names,
        Func<ParseResult, string> path,
        Func<ParseResult, VerbRequest, VerbRequest> fill)
    {
        var cluster = new Option<string?>("--cluster")
        {
            Description = "The cluster; may be left out where only one fits.",
            HelpName = "NAME"
        };
        var reason = new Option<string?>("--reason")
        {
            Description = "Why; it goes to the journal.",
            HelpName = "TEXT",
            Required = needsReason
        };
        var force = new Option<bool>("--force") { Description = "Override safety checks." };
        command.Options.Add(cluster);
        command.Options.Add(reason);
        command.Options.Add(force);
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            async client =>
            {
                var name = parsed.GetValue(cluster) ?? names(parsed).Cluster;
                if (name is null)
                {
                    var (found, problem) = await OnlyClusterAsync(client, fits(parsed), names(parsed).Destination, token);
                    if (found is null)
                    {
                        return new(null, problem);
                    }

                    name = found;
                }

                var request = fill(
                    parsed,
                    new() { Reason = parsed.GetValue(reason), Who = OperatorName.Of(environment), Force = parsed.GetValue(force) });
                return await client.SendAsync(HttpMethod.Post, $"/clusters/{Uri.EscapeDataString(name)}/{path(parsed)}", request, token);
            },
            static (VerbResult result) => Columns.Wrapped(result.Message)));
        return command;
    }

    private static Command Plain(
        string name,
        string description,
        Func<string, string?> environment,
        HttpMethod method,
        Func<ParseResult, string> path,
        Func<ParseResult, VerbRequest, VerbRequest>? fill = null)
    {
        var reason = new Option<string?>("--reason") { Description = "Why; it goes to the journal.", HelpName = "TEXT" };
        var command = new Command(name, description) { reason };
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            client =>
            {
                var request = new VerbRequest { Reason = parsed.GetValue(reason), Who = OperatorName.Of(environment) };
                return client.SendAsync(method, path(parsed), fill?.Invoke(parsed, request) ?? request, token);
            },
            static result => Columns.Wrapped(result.Message)));
        return command;
    }

    private static async Task<(string? Name, string? Problem)> OnlyClusterAsync(
        AdminClient client,
        Func<ClusterStatus, bool> fits,
        string? destination,
        CancellationToken cancellationToken)
    {
        var status = await client.GetAsync<StatusReport>("/status", cancellationToken);
        if (status.Value is not { } report)
        {
            return (null, status.Problem);
        }

        var fitting = report.Clusters.Where(fits).Select(static c => c.Name).ToArray();
        return fitting switch
        {
            [var only] => (only, null),
            [] => (null, NoDestination(report, destination ?? "")),
            _ => (null, $"More than one cluster fits: {string.Join(", ", fitting)}. Name one with --cluster."),
        };
    }

    private static string NoDestination(StatusReport report, string given)
    {
        var known = report.Clusters
            .SelectMany(static c => c.Tiers)
            .SelectMany(static t => t.Destinations)
            .Select(static d => d.Name)
            .ToArray();
        return $"No cluster has a destination \"{given}\".{(DidYouMean.Of(given, known) is { } near ? $" Did you mean \"{near}\"?" : "")} "
            + $"The destinations are {string.Join(", ", known.Select(static n => $"\"{n}\""))}.";
    }
}
