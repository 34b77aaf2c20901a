using System.Text.RegularExpressions;

namespace Gateway.Tests.Architecture;

/// <summary>The rule of the house, as a checker of source text: which room may know which.</summary>
internal static partial class Rooms
{
    /// <summary>From left to right; a room may use those to its left.</summary>
    public static readonly string[] InOrder =
        ["Observability", "Configuration", "Redis", "Health", "Consensus", "Failover", "Fleet", "LastGood", "Fallback", "Upstream",
        "Forwarding", "Notifications", "Admin", "Server", "Cli", "Hosting"];

    /// <summary>The last resort must work when the clever parts fail.</summary>
    private static readonly string[] LastResort = ["LastGood", "Fallback"];

    private static readonly string[] CleverParts = ["Health", "Consensus", "Failover", "Fleet"];

    /// <summary>Folders that say nothing of what is in them.</summary>
    private static readonly string[] Nameless =
    [
        "Common",
        "Utils",
        "Util",
        "Utilities",
        "Helpers",
        "Helper",
        "Abstractions",
        "Shared",
        "Misc"
    ];

    /// <summary>Every problem of one source file.</summary>
    /// <param name="path">Below <c>src/Gateway</c>, with slashes.</param>
    /// <param name="source">Its text.</param>
    /// <param name="typesOf">The types that each room declares: inside <c>Gateway.Health</c>,
    /// <c>Failover.Cluster</c> needs no using.</param>
    public static IEnumerable<string> ProblemsOf(string path, string source, IReadOnlyDictionary<string, HashSet<string>> typesOf)
    {
        var folders = path.Split('/')[..^1];
        foreach (var nameless in folders.Where(folder => Nameless.Contains(folder, StringComparer.OrdinalIgnoreCase)))
        {
            yield return $"{path}: the folder \"{nameless}\" says nothing of what is in it. Name the concept.";
        }

        if (folders.Length == 0)
        {
            if (!string.Equals(path, "Program.cs", StringComparison.Ordinal))
            {
                yield return $"{path}: only Program.cs stands outside of the rooms.";
            }

            yield break;
        }

        var room = folders[0];
        var place = Array.IndexOf(InOrder, room);
        if (place < 0)
        {
            yield return $"{path}: there is no room \"{room}\".";
            yield break;
        }

        var code = WithoutCommentsAndTexts(source);
        var declared = Namespace().Matches(code).Select(static match => match.Groups["name"].Value).ToArray();
        var expected = $"Gateway.{string.Join('.', folders)}";
        if (declared is not [var only] || !string.Equals(only, expected, StringComparison.Ordinal))
        {
            yield return $"{path}: its namespace must be {expected}, and is {(declared.Length == 0 ? "none" : string.Join(", ", declared))}"
                + $".";
        }

        var used = Qualified().Matches(Namespace().Replace(code, "")).Select(static match => match.Groups["room"].Value)
            .Concat(Relative().Matches(code)
                .Where(match => typesOf.TryGetValue(match.Groups["room"].Value, out var types)
                    && types.Contains(match.Groups["type"].Value))
                .Select(static match => match.Groups["room"].Value))
            .Distinct(StringComparer.Ordinal);
        foreach (var other in used)
        {
            if (Array.IndexOf(InOrder, other) is var its && its > place)
            {
                yield return $"{path}: {room} uses {other}, which stands to its right.";
            }
            else if (its < 0)
            {
                yield return $"{path}: there is no room \"{other}\".";
            }
            else if (LastResort.Contains(room, StringComparer.Ordinal) && CleverParts.Contains(other, StringComparer.Ordinal))
            {
                yield return $"{path}: {room} uses {other}, and must work when that fails.";
            }
        }
    }

    /// <summary>The names of the types that a source declares.</summary>
    public static IEnumerable<string> TypesIn(string source) =>
        Declaration().Matches(WithoutCommentsAndTexts(source)).Select(static match => match.Groups["name"].Value);

    private static string WithoutCommentsAndTexts(string source) => CommentOrText().Replace(source, " ");

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|\$*"{3,}.*?"{3,}|\$?@\$?"(?:[^"]|"")*"|\$?"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", RegexOptions.Singleline, 5000)]
    private static partial Regex CommentOrText();

    [GeneratedRegex(@"\bnamespace\s+(?<name>[\w.]+)", RegexOptions.None, 5000)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"(?<![\w.])Gateway\s*\.\s*(?<room>\w+)", RegexOptions.None, 5000)]
    private static partial Regex Qualified();

    [GeneratedRegex(@"(?<![\w.])(?<room>[A-Z]\w+)\s*\.\s*(?<type>\w+)", RegexOptions.None, 5000)]
    private static partial Regex Relative();

    [GeneratedRegex(@"\b(?:class|struct|record|interface|enum)\s+(?<name>[A-Z]\w*)", RegexOptions.None, 5000)]
    private static partial Regex Declaration();
}
