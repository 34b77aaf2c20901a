using System.CommandLine;
using Gateway.Configuration;

namespace Gateway.Cli;

/// <summary><c>check [FILE]</c>: judges a configuration without starting anything.</summary>
internal static class CheckCommand
{
    /// <summary>The command; problems go to the error output with exit code 2.</summary>
    public static Command Create(Func<string, string?> environment)
    {
        var file = new Argument<string?>("FILE") { Description = ConfigPath.Description, Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("check", "Lists every problem of a configuration file at once, or says in short what it does.") { file };
        command.SetAction(async (parsed, _) =>
        {
            var path = ConfigPath.Of(parsed.GetValue(file), environment);
            var result = await ConfigPath.LoadAsync(path, environment, parsed.InvocationConfiguration.Error);
            if (result.Config is not { } config) return GatewayCli.BadUsage;
            await parsed.InvocationConfiguration.Output.WriteAsync(CheckSummary.Of(path, config, result.Warnings));
            return GatewayCli.Done;
        });
        return command;
    }
}
