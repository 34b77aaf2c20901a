using System.CommandLine;
using System.Globalization;
using Gateway.Configuration.Values;

namespace Gateway.Cli;

/// <summary>What is wrong with a command line, with the word that was probably meant.</summary>
internal static class MisspeltWords
{
    /// <summary>Every error, a sentence each.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var unknown = parsed.UnmatchedTokens.Select(token => SentenceOf(token, command)).ToArray();

        // The library says the same of them in other words, and that a command is missing where one is misspelt.
        var others = parsed.Errors.Select(static e => e.Message)
            .Where(message => !parsed.UnmatchedTokens.Any(token => message.Contains($"'{token}'", StringComparison.Ordinal))
                && (unknown.Length == 0 || command.Subcommands.Count == 0));
        return [.. unknown.Concat(others).Distinct(StringComparer.Ordinal)];
    }

    private static string SentenceOf(string token, Command command)
    {
        var isOption = token.StartsWith('-');
        var known = isOption
            ? OptionsOf(command).SelectMany(static o => o.Aliases.Append(o.Name))
            : command.Subcommands.Where(static c => !c.Hidden).Select(static c => c.Name);
        var what = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        var meant = DidYouMean.Of(token, known) is { } near
            ? string.Create(CultureInfo.InvariantCulture, $" Did you mean \"{near}\"?")
            : "";
        var where = command is RootCommand ? "" : $" of \"{command.Name}\"";
        return $"There is no {what} \"{token}\"{where}.{meant}";
    }

    private static IEnumerable<Option> OptionsOf(Command command) =>
        command.Options.Concat(command.Parents.OfType<Command>().SelectMany(static parent =>
            parent.Options.Where(static o => o.Recursive)));
}
