using System.CommandLine;

namespace Gateway.Cli;

/// <summary><c>completion bash|zsh|fish</c>: a script that completes the commands and their options in a shell.</summary>
internal static class CompletionCommand
{
    /// <summary>The command; <paramref name="root"/> is what is completed.</summary>
    public static Command Create(RootCommand root)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command(
            "completion",
            $"Prints a completion script. For bash: source <({ProgramName.Current} completion bash), or put it into "
                + $"/etc/bash_completion.d.") { shell };
        command.SetAction(async (parsed, _) =>
        {
            await parsed.InvocationConfiguration.Output.WriteAsync(parsed.GetRequiredValue(shell) switch
            {
                "zsh" => CompletionScripts.Zsh(root),
                "fish" => CompletionScripts.Fish(root),
                _ => CompletionScripts.Bash(root),
            });
            return GatewayCli.Done;
        });
        return command;
    }
}
