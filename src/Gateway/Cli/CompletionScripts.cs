using System.CommandLine;
using System.CommandLine.Completions;
using System.Text;

namespace Gateway.Cli;

/// <summary>
/// Completion scripts, from the commands themselves. They start no process: a key in a shell must not cost half a second.
/// </summary>
internal static class CompletionScripts
{
    /// <summary>For bash.</summary>
    public static string Bash(RootCommand root)
    {
        var commands = string.Join(' ', Shown(root).Select(static c => c.Name));
        var text = new StringBuilder()
            .Append("# bash completion for gateway; made by: gateway completion bash\n")
            .Append("_gateway() {\n")
            .Append("  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words\n")
            .Append("  case \"$before\" in --config|--warm|--output) COMPREPLY=($(compgen -f -- \"$word\")); return ;; esac\n")
            .Append("  if [ \"$COMP_CWORD\" -eq 1 ]; then\n")
            .Append("    words=\"").Append(commands).Append(" --help --version\"\n")
            .Append("  else case \"${COMP_WORDS[1]}\" in\n");
        foreach (var command in Shown(root))
        {
            text.Append("    ").Append(command.Name).Append(") words=\"").AppendJoin(' ', WordsOf(command)).Append("\" ;;\n");
        }

        return text
            .Append("  esac; fi\n")
            .Append("  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n")
            .Append(
                "  if [ \"$COMP_CWORD\" -gt 1 ] && [[ \"${COMP_WORDS[1]}\" = check || \"${COMP_WORDS[1]}\" = migrate ]]; then "
                    + "COMPREPLY+=($(compgen -f -- \"$word\")); fi\n")
            .Append("}\n")
            .Append("complete -F _gateway gateway ./gateway\n")
            .ToString();
    }

    /// <summary>For zsh.</summary>
    public static string Zsh(RootCommand root)
    {
        var text =
            new StringBuilder(
                "#compdef gateway\n# zsh completion for gateway; made by: gateway completion zsh\n_gateway() {\n  local -a commands "
                    + "options\n  commands=(\n");
        foreach (var command in Shown(root))
        {
            text.Append("    ").Append(Quoted($"{command.Name}:{command.Description}")).Append('\n');
        }

        text.Append(
            "  )\n  if (( CURRENT == 2 )); then\n    _describe -t commands command commands\n    return\n  fi\n  case ${words[2]} in\n");
        foreach (var command in Shown(root))
        {
            text.Append("    ").Append(command.Name).Append(")\n      options=(");
            foreach (var (name, description) in DescribedWordsOf(command))
            {
                text.Append("\n        ").Append(Quoted($"{name}:{description}"));
            }

            text.Append("\n      )\n      ;;\n");
        }

        return text.Append(
            "  esac\n  if [[ ${words[CURRENT-1]} == (--config|--warm|--output) ]]; then\n    _files\n    return\n  fi\n  _describe -t "
                + "words word options\n  [[ ${words[2]} == (check|migrate) ]] && _files\n}\nif [ \"$funcstack[1]\" = _gateway ]; then "
                + "_gateway \"$@\"; else compdef _gateway gateway ./gateway; fi\n").ToString();
    }

    /// <summary>For fish.</summary>
    public static string Fish(RootCommand root)
    {
        var text = new StringBuilder("# fish completion for gateway; made by: gateway completion fish\n");
        foreach (var command in Shown(root))
        {
            text.Append("complete -c gateway -n __fish_use_subcommand -f -a ")
                .Append(command.Name)
                .Append(" -d ")
                .Append(Quoted(command.Description ?? ""))
                .Append('\n');
            foreach (var (name, description) in DescribedWordsOf(command))
            {
                var what = name.StartsWith("--", StringComparison.Ordinal) ? $"-l {name[2..]}" : $"-f -a {name}";
                text.Append("complete -c gateway -n '__fish_seen_subcommand_from ")
                    .Append(command.Name)
                    .Append("' ")
                    .Append(what)
                    .Append(" -d ")
                    .Append(Quoted(description))
                    .Append('\n');
            }
        }

        return text.ToString();
    }

    private static IEnumerable<Command> Shown(Command command) => command.Subcommands.Where(static c => !c.Hidden);

    private static IEnumerable<string> WordsOf(Command command) => DescribedWordsOf(command).Select(static w => w.Name);

    private static IEnumerable<(string Name, string Description)> DescribedWordsOf(Command command) =>
    [
        .. Shown(command).Select(static c => (c.Name, c.Description ?? "")),
        .. command.Arguments.SelectMany(static a => a.GetCompletions(CompletionContext.Empty)).Select(static c => (c.Label, "")),
        .. command.Options
            .Concat(Shown(command).SelectMany(static c => c.Options))
            .Where(static o => !o.Hidden)
            .Select(static o => (o.Name, o.Description ?? ""))
            .DistinctBy(static o => o.Name, StringComparer.Ordinal),
        ("--help", "Shows the help."),
    ];

    private static string Quoted(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
