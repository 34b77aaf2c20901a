using System.CommandLine;

namespace Gateway.Cli;

/// <summary><c>man</c>: prints the manual page, as it stands in docs/gateway.1.</summary>
internal static class ManCommand
{
    /// <summary>The command; <paramref name="root"/> is what is described.</summary>
    public static Command Create(RootCommand root)
    {
        var command = new Command("man", $"Prints the manual page in roff. To read it: {ProgramName.Current} man | man -l -");
        command.SetAction(async (parsed, _) =>
        {
            await parsed.InvocationConfiguration.Output.WriteAsync(ManPage.Of(root));
            return GatewayCli.Done;
        });
        return command;
    }
}
