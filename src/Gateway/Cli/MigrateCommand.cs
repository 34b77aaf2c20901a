using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Migration;
using Gateway.Cli.Migration.HaProxy;
using Gateway.Cli.Migration.Nginx;
using Gateway.Cli.Migration.Yarp;

namespace Gateway.Cli;

/// <summary><c>migrate nginx|haproxy|yarp FILE</c>: a first configuration out of that of another proxy.</summary>
internal static class MigrateCommand
{
    private static readonly string[] Kinds = ["nginx", "haproxy", "yarp"];

    /// <summary>The command. Exit code 2: the file cannot be read; 1: the output is there already or cannot be written.</summary>
    public static Command Create()
    {
        var kind = new Argument<string>("PROXY") { Description = $"What FILE is for: {string.Join(", ", Kinds)}." };
        kind.AcceptOnlyFromAmong(Kinds);
        var file = new Argument<string>("FILE")
        {
            Description = "The configuration of the other proxy. Files that it includes are read, too."
        };
        var output = new Option<string?>("--output")
        {
            Description = "Write the new file here instead of to the output.",
            HelpName = "FILE"
        };
        var force = new Option<bool>("--force") { Description = "Replace the file that --output names." };
        var command = new Command(
            "migrate",
            "Writes a first gateway.yaml out of another proxy's configuration, and lists what it could not carry over.")
            {
                kind,
                file,
                output,
                force
            };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(kind),
            parsed.GetRequiredValue(file),
            parsed.GetValue(output),
            parsed.GetValue(force),
            parsed.InvocationConfiguration,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        string kind, string path, string? target, bool force, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        var error = console.Error;
        var source = Configuration.Reading.ConfigFile.Read(path);
        if (source.Failure is { } failure)
        {
            return await Failed(GatewayCli.BadUsage, $"{path}: {failure}", error);
        }

        MigrationResult result;
        try
        {
            result = Run(kind, MigrationFiles.OfDisk.Read(path) ?? "", path, MigrationFiles.OfDisk);
        }
        catch (MigrationException problem)
        {
            return await Failed(GatewayCli.BadUsage, problem.Message, error);
        }

        if (target is null)
        {
            await console.Output.WriteAsync(result.Yaml);
        }
        else if (await WriteAsync(target, result.Yaml, force, cancellationToken) is { } problem)
        {
            return await Failed(GatewayCli.Failed, problem, error);
        }

        await error.WriteAsync(Summary(result, target));
        return GatewayCli.Done;
    }

    /// <summary>The migration of one text.</summary>
    /// <exception cref="MigrationException">The text is no configuration of that proxy.</exception>
    public static MigrationResult Run(string kind, string text, string file, MigrationFiles files) => kind switch
    {
        "haproxy" => HaProxyMigration.Run(text, file, files),
        "yarp" => YarpMigration.Run(text, file, files),
        _ => NginxMigration.Run(text, file, files),
    };

    private static async Task<int> Failed(int exitCode, string message, TextWriter error) =>
        await new CommandFailure(exitCode, message).PrintAsync(TextWriter.Null, error, json: false);

    private static async Task<string?> WriteAsync(string target, string yaml, bool force, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new FileStream(target, force ? FileMode.Create : FileMode.CreateNew, FileAccess.Write);
            await using var writer = new StreamWriter(stream);
            await writer.WriteAsync(yaml.AsMemory(), cancellationToken);
            return null;
        }
        catch (IOException) when (!force && Path.Exists(target))
        {
            return $"\"{target}\" is there already and was left as it is. Name another file, or add --force to replace it.";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"\"{target}\" cannot be written ({failure.GetType().Name}). Name a file in a folder that is there and may be written "
                + $"to.";
        }
    }

    private static string Summary(MigrationResult result, string? target)
    {
        var lines = result.Notes.Select(static note => note.ToString()).ToList();
        if (lines.Count > 0)
        {
            lines.Add("");
        }

        var many = result.Notes.Length == 1 ? "1 thing was" : $"{result.Notes.Length.ToString(CultureInfo.InvariantCulture)} things were";
        lines.Add(result.Notes.Length == 0
            ? "Everything was carried over."
            : $"{many} not carried over as it stands, see above: each with what to write by hand.");
        lines.Add($"Next: {ProgramName.Current} check {target ?? "gateway.yaml"}");
        return string.Concat(lines.Select(Columns.Wrapped));
    }
}
