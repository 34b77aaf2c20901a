using System.CommandLine;
using Gateway.Configuration;

namespace Gateway.Cli;

/// <summary><c>schema</c>: prints the JSON schema that editors complete the configuration by.</summary>
internal static class SchemaCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var markdown = new Option<bool>("--markdown") { Description = "Print the reference table of docs/configuration.md instead." };
        var command = new Command("schema", "Prints the JSON schema of the configuration, as it stands in config/gateway.schema.json.")
        {
            markdown
        };
        command.SetAction(async (parsed, _) =>
        {
            await parsed.InvocationConfiguration.Output.WriteAsync(parsed.GetValue(markdown)
                ? ConfigReference.Table()
                : ConfigSchema.Text());
            return GatewayCli.Done;
        });
        return command;
    }
}
