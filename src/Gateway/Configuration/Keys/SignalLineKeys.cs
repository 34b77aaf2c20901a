using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of signals that count lines, wherever these come from.</summary>
internal static class SignalLineKeys
{
    private const int LongestPattern = 1024;

    /// <summary>The keys that say where lines come from.</summary>
    public static string[] Sources { get; } = ["log", "journal", "syslog", "push"];

    /// <summary>A pattern of a line, as it is applied: in time that is linear in the line.</summary>
    public static Regex PatternOf(string text) => new(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>Adds them to those of a signal.</summary>
    public static RecordSchema<SignalConfig> AddTo(RecordSchema<SignalConfig> signal) => signal
        .Key(
            "log",
            Schemas.Path("files of a log"),
            static (signal, value) => signal with { Log = value },
            "Files of a log, with * and ? in the file's name, and {destination} where a destination's name stands; with pattern.")
        .Key(
            "journal",
            Schemas.Text(
                "a unit of systemd",
                "Write the unit whose journal is followed, like guide.service or guide@*.service",
                @"^[A-Za-z0-9:_.@*?\\][A-Za-z0-9:_.@*?\\-]{0,255}$|\$\{",
                IsUnit),
            static (signal, value) => signal with { Journal = value },
            "The unit of systemd whose journal is followed, with * and ?; with pattern.")
        .Key(
            "syslog",
            UrlSchemas.Syslog(),
            static (signal, value) => signal with { Syslog = value },
            "The address at which syslog messages are taken, of RFC 5424 or RFC 3164, over UDP or TCP; with pattern.")
        .Key(
            "push",
            Schemas.Text("a name", NameText.Rule, NameText.Pattern + @"|\$\{", NameText.IsName),
            static (signal, value) => signal with { Push = value },
            "The name under which lines are sent to /signals/logs of the admin endpoint; with pattern.")
        .Key(
            "pattern",
            Pattern(),
            static (signal, value) => signal with { Pattern = value },
            "Regular expression that a line must match, without lookaround and backreferences.")
        .Key(
            "count",
            Schemas.Integer(1, 100_000),
            static (signal, value) => signal with { Count = value },
            "So many matching lines within the time make the signal fire.",
            "1")
        .Key(
            "within",
            Schemas.Duration("1s", "24h"),
            static (signal, value) => signal with { Within = value },
            "The time in which lines are counted; the signal ends when there are too few. For an alert: how long it counts unless it is "
            + "sent again, 5h when left out.",
            "30s")
        .Key(
            "destination",
            Schemas.Text(
                "a destination's name",
                "Write the name of a destination of this cluster",
                @"^\S{1,256}$|\$\{",
                static text => text.Length is > 0 and <= 256),
            static (signal, value) => signal with { Destination = value },
            "The destination that the lines are of, where neither their source nor the line says it.");

    private static bool IsUnit(string text) =>
        text.Length is > 0 and <= 256
        && text[0] != '-'
        && text.All(static letter => char.IsAsciiLetterOrDigit(letter) || ":_.@*?\\-".Contains(letter, StringComparison.Ordinal));

    private static TextSchema<string> Pattern() => new(
        "a regular expression",
        "Write a regular expression, like \"OutOfMemory|FATAL\"",
        static () => new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = LongestPattern },
        static text =>
        {
            if (text.Length is 0 or > LongestPattern)
            {
                return Parsed<string>.Bad();
            }

            try
            {
                _ = PatternOf(text);
                return text;
            }
            catch (RegexParseException e)
            {
                return Parsed<string>.Bad(string.Create(CultureInfo.InvariantCulture, $"Mend it at position {e.Offset}: {Words(e.Error)}"));
            }
            catch (NotSupportedException)
            {
                return Parsed<string>.Bad("Write it without lookaround and backreferences: a line of a log must be judged in bounded time");
            }
        });

    // "InsufficientClosingParentheses" is "insufficient closing parentheses".
    private static string Words(RegexParseError error) =>
        string.Concat(error.ToString().Select(static letter =>
            char.IsAsciiLetterUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{letter}")).TrimStart();
}
