using System.CommandLine;
using Gateway.Admin.Incidents;
using Gateway.Observability.History;

namespace Gateway.Cli.Incidents;

/// <summary><c>incidents list</c>, <c>show</c> and <c>drill</c>: what happened, and a rehearsal of it.</summary>
internal static class IncidentCommands
{
    /// <summary>The commands.</summary>
    public static Command Create(Func<string, string?> environment) =>
        new("incidents", "Shows the reports of incidents, and writes drills of their shape.")
        {
            List(environment),
            Show(environment),
            Drill(environment),
        };

    private static Command List(Func<string, string?> environment)
    {
        var command = new Command("list", "Lists the incidents that are kept: how long each took, and whom it hurt.");
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            client => client.GetAsync<IncidentLine[]>("/incidents", token),
            IncidentText.Of));
        return command;
    }

    private static Command Show(Func<string, string?> environment)
    {
        var name = Name();
        var command = new Command("show", "Prints a report: users by outcome, what saved requests, times, losses, timeline.") { name };
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            client => ReadAsync(client, parsed.GetValue(name), token),
            IncidentText.Of));
        return command;
    }

    private static Command Drill(Func<string, string?> environment)
    {
        var name = Name();
        var command = new Command(
            "drill", "Prints a drill file that loses the same destinations in the same way, for config/drills/incidents.")
        {
            name
        };
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            async client =>
            {
                var incident = await ReadAsync(client, parsed.GetValue(name), token);
                return incident.Value is null ? new AdminResponse<string>(null, incident.Problem)
                    : IncidentDrill.Of(incident.Value) is { } file ? new(file, null)
                    : new(null, $"In the incident \"{incident.Value.Name}\" no destination was lost: a drill could not reproduce it.");
            },
            static file => file));
        return command;
    }

    private static Argument<string?> Name() => new("NAME")
    {
        Description = "Name of the incident, as the list has it. Default: the latest.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static Task<AdminResponse<Incident>> ReadAsync(AdminClient client, string? name, CancellationToken token) =>
        client.GetAsync<Incident>($"/incidents/{Uri.EscapeDataString(name ?? "latest")}", token);
}
