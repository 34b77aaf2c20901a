using System.CommandLine;
using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Configuration;

namespace Gateway.Cli;

/// <summary>
/// <c>check [FILE] [--connect] [--upgrade]</c>: judges a configuration without starting anything; on request probes each destination
/// once, or says what of a file for an older version has another name or meaning.
/// </summary>
internal static class CheckCommand
{
    private static readonly JsonSerializerOptions Readable = new(AdminJson.Options) { WriteIndented = true };

    /// <summary>The command. Exit code 2: the configuration has problems; 1: it is valid, and a destination does not answer.</summary>
    public static Command Create(Func<string, string?> environment)
    {
        var file = new Argument<string?>("FILE") { Description = ConfigPath.Description, Arity = ArgumentArity.ZeroOrOne };
        var config = new Option<string?>("--config") { Description = "The same as FILE.", HelpName = "FILE" };
        var connect = new Option<bool>("--connect")
        {
            Description = "Probe each destination once, as the gateway would, and name what is wrong."
        };
        var upgrade = new Option<bool>("--upgrade")
        {
            Description = "Of a file written for an older version: what has another name or meaning now, and what to write."
        };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of text; problems, too." };
        var command = new Command("check", "Lists every problem of a configuration file at once, or says in short what it does.")
        {
            file,
            config,
            connect,
            upgrade,
            json
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var path = ConfigPath.Of(parsed.GetValue(file) ?? parsed.GetValue(config), environment);
            var isJson = parsed.GetValue(json);
            var loaded = ConfigLoader.Load(path, environment);
            if (parsed.GetValue(upgrade))
            {
                return await UpgradeReport.PrintAsync(path, loaded, output, isJson);
            }

            if (loaded.Config is not { } valid)
            {
                return await ConfigPath.FailureOf(loaded).PrintAsync(output, error, isJson);
            }

            IReadOnlyList<ConnectionCheck>? checks = parsed.GetValue(connect)
                ? await ConnectionChecks.RunAsync(valid, environment, TimeProvider.System, cancellationToken)
                : null;
            await output.WriteAsync(isJson
                ? JsonSerializer.Serialize(new
                {
                    File = path,
                    Valid = true,
                    Included = loaded.Included.IsEmpty
                    ? null
                    : loaded.Included.ToArray(),
                    Warnings = loaded.Warnings.Select(static w => w.ToString()),
                    Destinations = checks
                },
                    Readable) + "\n"
                : CheckSummary.Of(path, valid, loaded) + (checks is null ? "" : ConnectionChecks.Text(checks)));
            return checks is null || checks.All(static c => c.Passed) ? GatewayCli.Done : GatewayCli.Failed;
        });
        return command;
    }
}
