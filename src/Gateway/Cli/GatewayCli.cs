using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Gateway.Cli.Planning;

namespace Gateway.Cli;

/// <summary>
/// The gateway's commands. Exit codes: 0 done, 1 failed, 2 bad configuration or usage. Alone it shows its help and ends with 0.
/// </summary>
internal static class GatewayCli
{
    /// <summary>What an operator asked for was done.</summary>
    public const int Done = 0;

    /// <summary>It was understood and failed.</summary>
    public const int Failed = 1;

    /// <summary>The configuration or the command line is wrong.</summary>
    public const int BadUsage = 2;

    /// <summary>When set, a failed command also prints where it failed.</summary>
    public const string DebugVariable = "GATEWAY_DEBUG";

    private const string JsonOption = "--json";

    /// <summary>Parses and runs one command line.</summary>
    /// <param name="args">Without the program's name.</param>
    /// <param name="further">Commands from rooms further right, such as <c>run</c>; they are listed first.</param>
    public static Task<int> RunAsync(string[] args, params IEnumerable<Command> further) =>
        RunAsync(args, Console.Out, Console.Error, Environment.GetEnvironmentVariable, further);

    /// <summary>The same with its surroundings given, for tests.</summary>
    public static async Task<int> RunAsync(
        string[] args,
        TextWriter output,
        TextWriter error,
        Func<string, string?> environment,
        params IEnumerable<Command> further)
    {
        var root = Commands(environment, further);
        var parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0)
        {
            return await new CommandFailure(BadUsage, "Run with --help to see the commands and their options.")
            {
                Problems = MisspeltWords.Of(parsed)
            }
                .PrintAsync(output, error, args.Contains(JsonOption, StringComparer.Ordinal));
        }

        try
        {
            // No termination handling here: `run` ends gracefully by its own deadline, and this library would cut it off after two seconds.
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null
            });
        }
        catch (Exception failure)
        {
            // The last place before the process ends: an operator needs the reason, a developer the trace.
            return await new CommandFailure(
                Failed,
                environment(DebugVariable) is null or "" ? $"Set {DebugVariable}=1 to see where." : failure.ToString())
            {
                Problems = [$"The command failed: {failure.Message}"]
            }
                .PrintAsync(output, error, args.Contains(JsonOption, StringComparer.Ordinal));
        }
    }

    /// <summary>All commands, as help, completion and man page list them.</summary>
    public static RootCommand Commands(Func<string, string?> environment, params IEnumerable<Command> further)
    {
        var root =
            new RootCommand(
                "A gateway that keeps a shop's AI guide answering: from the primary, else the standby, else the last good response, else a "
                    + "prepared file.");
        foreach (var command in further)
        {
            root.Subcommands.Add(command);
        }

        root.Subcommands.Add(CheckCommand.Create(environment));
        root.Subcommands.Add(ExplainCommand.Create(environment));
        root.Subcommands.Add(PlanCommand.Create(environment));
        root.Subcommands.Add(SchemaCommand.Create());
        root.Subcommands.Add(MigrateCommand.Create());
        root.Subcommands.Add(BacktestCommand.Create());
        root.Subcommands.Add(ReplayCommand.Create(environment));
        foreach (var command in OperatorCommands.All(environment))
        {
            root.Subcommands.Add(command);
        }

        root.Subcommands.Add(CompletionCommand.Create(root));
        root.Subcommands.Add(ManCommand.Create(root));
        foreach (var version in root.Options.OfType<VersionOption>())
        {
            version.Action = new PrintVersion();
        }

        foreach (var help in root.Options.OfType<HelpOption>())
        {
            if (help.Action is HelpAction action)
            {
                action.MaxWidth = Columns.Width;
            }
        }

        return root;
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(VersionText.Current);
            return Done;
        }
    }
}
