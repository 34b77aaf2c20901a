using System.CommandLine;
using System.Globalization;
using Gateway.Admin.Status;
using Gateway.Cli.Incidents;
using Gateway.Observability.History;

namespace Gateway.Cli;

/// <summary>
/// The commands that read from a running gateway: <c>status</c>, <c>journal</c>, <c>audit</c>, <c>availability</c>,
/// <c>forecast</c>, <c>runbooks</c>, <c>proofs</c>, <c>last-good</c>, <c>config</c>, <c>incidents</c>.
/// </summary>
internal static class OperatorCommands
{
    /// <summary>All commands that talk to the admin endpoint.</summary>
    public static IEnumerable<Command> All(Func<string, string?> environment) =>
    [
        Status(environment), VerbCommands.Hold(environment), VerbCommands.Release(environment), VerbCommands.Drain(environment),
        VerbCommands.Ready(environment), VerbCommands.Weight(environment),
        VerbCommands.Reload(environment), Journal(environment), AuditCommand.Create(environment),
        Availability(environment), Forecast(environment), Runbooks(environment), Proofs(environment),
        LastGoodCommands.Create(environment), ConfigCommands.Create(environment), IncidentCommands.Create(environment),
    ];

    private static Command Status(Func<string, string?> environment)
    {
        var command = new Command("status", "Shows which tier serves, since when and why, and what comes next.");
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            client => client.GetAsync<StatusReport>("/status", token),
            StatusText.Of));
        return command;
    }

    private static Command Journal(Func<string, string?> environment)
    {
        var count = new Option<int>("--count")
        {
            Description = "Entries, the newest last. Default: 20; at most 1000.",
            HelpName = "N",
            DefaultValueFactory = static _ => 20
        };
        var cluster = new Option<string?>("--cluster") { Description = "Only of this cluster.", HelpName = "NAME" };
        var command = new Command("journal", "Shows what happened: transitions with their evidence, and operators' acts.")
        {
            count,
            cluster
        };
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            client => client.GetAsync<JournalEntry[]>(
                $"/journal?count={parsed.GetValue(count).ToString(CultureInfo.InvariantCulture)}&cluster="
                    + $"{Uri.EscapeDataString(parsed.GetValue(cluster) ?? "")}", token),
            static entries => JournalText.Of(entries.Reverse())));
        return command;
    }

    private static Command Forecast(Func<string, string?> environment)
    {
        var command = new Command(
            "forecast",
            "Shows which destinations are likely to fail soon and why, and how good such forecasts have been.");
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            client => client.GetAsync<ForecastReport>("/forecast", token),
            ForecastReportText.Of));
        return command;
    }

    private static Command Runbooks(Func<string, string?> environment)
    {
        var command = new Command(
            "runbooks",
            "Shows what each runbook did or would have done, why not, and the time to repair with and without it.");
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            client => client.GetAsync<RunbookReport>("/runbooks", token),
            RunbookReportText.Of));
        return command;
    }

    private static Command Proofs(Func<string, string?> environment)
    {
        var command = new Command(
            "proofs",
            "Shows when failover, failback and the loss of a destination were last seen to hurt no user, and the scheduled drills.");
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            client => client.GetAsync<ProofReport>("/proofs", token),
            ProofReportText.Of));
        return command;
    }

    private static Command Availability(Func<string, string?> environment)
    {
        var window = new Option<string>("--window")
        {
            Description = "Like 1h, 24h or 30d. Default: 24h.",
            HelpName = "SPAN",
            DefaultValueFactory = static _ => "24h"
        };
        var command = new Command(
            "availability",
            "Shows how available each cluster was, and what another standby or a faster switch would bring.") { window };
        var target = new AdminTarget(command, environment);
        command.SetAction((parsed, token) => target.RunAsync(
            parsed,
            client => client.GetAsync<ClusterAvailability[]>(
                $"/availability?window={Uri.EscapeDataString(parsed.GetValue(window) ?? "24h")}",
                token), AvailabilityText.Of));
        return command;
    }
}
