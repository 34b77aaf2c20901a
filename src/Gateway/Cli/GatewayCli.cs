using System.CommandLine;

namespace Gateway.Cli;

/// <summary>The gateway's commands. Exit codes: 0 done, 1 failed, 2 bad configuration or usage.</summary>
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

    /// <summary>Parses and runs one command line.</summary>
    /// <param name="args">Without the program's name.</param>
    /// <param name="further">Commands from rooms further right, such as <c>run</c>; they are listed first.</param>
    public static Task<int> RunAsync(string[] args, params IEnumerable<Command> further) => RunAsync(args, Console.Out, Console.Error, Environment.GetEnvironmentVariable, further);

    /// <summary>The same with its surroundings given, for tests.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, Func<string, string?> environment, params IEnumerable<Command> further)
    {
        var root = new RootCommand("A gateway that keeps a shop's AI guide answering: from the primary, else the standby, else the last good answer, else a prepared file.");
        foreach (var command in further) root.Subcommands.Add(command);
        root.Subcommands.Add(CheckCommand.Create(environment));
        root.Subcommands.Add(ExplainCommand.Create(environment));
        root.Subcommands.Add(SchemaCommand.Create());
        foreach (var command in OperatorCommands.All(environment)) root.Subcommands.Add(command);

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var problem in parsed.Errors) await error.WriteLineAsync(problem.Message);
            await error.WriteLineAsync("Run with --help to see the commands and their options.");
            return BadUsage;
        }

        try
        {
            // No termination handling here: `run` ends gracefully by its own deadline, and this library would cut it off after two seconds.
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception failure)
        {
            // The last place before the process ends: an operator needs the reason, whoever repairs it the trace.
            await error.WriteLineAsync($"The command failed: {failure.Message}");
            await error.WriteLineAsync(environment(DebugVariable) is null or "" ? $"Set {DebugVariable}=1 to see where." : failure.ToString());
            return Failed;
        }
    }
}
