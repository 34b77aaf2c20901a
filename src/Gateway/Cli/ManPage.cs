using System.CommandLine;
using System.CommandLine.Help;
using System.Text;

namespace Gateway.Cli;

/// <summary>The manual page, from the commands themselves.</summary>
internal static class ManPage
{
    private static readonly (string Name, string Text)[] Environment =
    [
        (ConfigPath.Variable, "The configuration file, where --config does not name one."),
        (AdminTarget.TokenVariable, "The token of the admin endpoint."),
        (OperatorCertificate.FileVariable, "PEM file of the client certificate to show at an https admin endpoint."),
        (OperatorCertificate.KeyVariable, "PEM file of its key."),
        (GatewayCli.DebugVariable, "When set, a failed command also prints where it failed."),
    ];

    /// <summary>In roff.</summary>
    public static string Of(RootCommand root)
    {
        var text = new StringBuilder()
            .Append(".TH GATEWAY 1\n")
            .Append(".SH NAME\ngateway \\- keeps a service answering from primary, standby, last good responses and prepared files\n")
            .Append(".SH SYNOPSIS\n.B gateway\n.I COMMAND\n[\\fIARGUMENT\\fR ...] [\\fIOPTION\\fR ...]\n")
            .Append(".SH DESCRIPTION\n").Append(Escaped(root.Description)).Append(" Without a command it prints its help.\n")
            .Append(".SH COMMANDS\n");
        foreach (var command in root.Subcommands.Where(static c => !c.Hidden))
        {
            Append(text, command, "");
        }

        text.Append(
            ".SH EXIT STATUS\n.TP\n0\ndone\n.TP\n1\nunderstood, and failed: refused, not reached, a destination that does not "
                + "answer\n.TP\n2\nthe configuration or the command line is wrong\n.PP\n")
            .Append(Escaped(
                "With --json the output holds one JSON value whatever happens; an error is {\"error\": {\"exitCode\", \"message\", "
                    + "...}}.")).Append('\n')
            .Append(".SH ENVIRONMENT\n");
        foreach (var (name, what) in Environment)
        {
            text.Append(".TP\n.B ").Append(Escaped(name)).Append('\n').Append(Escaped(what)).Append('\n');
        }

        return text
            .Append(".SH FILES\n.TP\n.B ")
                .Append(Escaped($"{ConfigPath.Default}, {ConfigPath.Installed}"))
                .Append("\nThe configuration, where nothing names another: the first that is there.\n")
            .Append(".SH SEE ALSO\n").Append(Escaped("docs/operations.md, docs/configuration.md")).Append('\n')
            // The page belongs to an installed gateway, wherever it is made.
            .Replace($"{ProgramName.InAClone} ", $"{ProgramName.Installed} ")
            .ToString();
    }

    private static void Append(StringBuilder text, Command command, string parent)
    {
        var arguments = string.Concat(command.Arguments.Select(static a => a.Arity.MinimumNumberOfValues == 0
            ? $" [{a.Name}]"
            : $" {a.Name}"));
        text.Append(".SS ")
            .Append(Escaped($"{parent}{command.Name}{arguments}"))
            .Append('\n')
            .Append(Escaped(command.Description))
            .Append('\n');
        foreach (var argument in command.Arguments.Where(static a => a.Description is { Length: > 0 }))
        {
            text.Append(".TP\n.I ").Append(Escaped(argument.Name)).Append('\n').Append(Escaped(argument.Description)).Append('\n');
        }

        foreach (var option in command.Options.Where(static o => o is { Hidden: false } and not HelpOption))
        {
            var value = option.HelpName is { Length: > 0 } name ? $" \\fI{Escaped(name)}\\fR" : "";
            text.Append(".TP\n\\fB")
                .Append(Escaped(option.Name))
                .Append("\\fR")
                .Append(value)
                .Append('\n')
                .Append(Escaped(option.Description))
                .Append(option.Required ? " Needed.\n" : "\n");
        }

        foreach (var further in command.Subcommands.Where(static c => !c.Hidden))
        {
            Append(text, further, $"{parent}{command.Name} ");
        }
    }

    // A hyphen that is typed must not become a dash, and no line may begin with a control character of roff.
    private static string Escaped(string? text)
    {
        var escaped = (text ?? "").Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}
