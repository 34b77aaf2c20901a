using System.Text.RegularExpressions;

namespace Gateway.Tests.Architecture;

/// <summary>How long a source may be, and for what a type may be <c>partial</c>, as a checker of source text.</summary>
internal static partial class SourceShape
{
    /// <summary>Longer than this, a file owns too much: a part of it belongs to an object of its own.</summary>
    public const int FileLines = 300;

    /// <summary>Longer than this, a method does more than one thing.</summary>
    public const int MethodLines = 60;

    /// <summary>A line that is wider has to be scrolled to be read.</summary>
    public const int Columns = 140;

    /// <summary>Every problem of one source file. Each names the file and what is wrong.</summary>
    public static IEnumerable<string> ProblemsOf(string path, string source)
    {
        if (LinesOf(source) > FileLines)
        {
            yield return $"{path}: long file";
        }

        if (HasWideLine(source))
        {
            yield return $"{path}: wide line";
        }

        var code = WithoutCommentsAndTexts(source);
        foreach (var name in MembersOf(code).Where(static member => member.Lines > MethodLines).Select(static member => member.Name))
        {
            yield return $"{path}: long method {name}";
        }

        // A generator needs a partial type; without one, the type was cut for its length.
        if (PartialTypesIn(code).Any() && !Generated().IsMatch(code))
        {
            yield return $"{path}: partial";
        }
    }

    /// <summary>True when a line is too wide. Texts between three quotes stand as they are: what they hold may be of any width.</summary>
    public static bool HasWideLine(string source) =>
        CommentOrText()
            .Replace(source, static match => match.Value.TrimStart('$').StartsWith("\"\"\"", StringComparison.Ordinal)
                ? new string('\n', match.Value.Count(static c => c == '\n'))
                : match.Value)
            .Split('\n')
            .Any(static line => line.Length > Columns);

    /// <summary>Classes that do not stand in a file of their name. Values may stand beside what they belong to.</summary>
    public static IEnumerable<string> MisplacedClasses(string path, string source) =>
        TopLevelClass().Matches(WithoutCommentsAndTexts(source))
            .Select(static match => match.Groups["name"].Value)
            .Where(name => !string.Equals(name, Path.GetFileNameWithoutExtension(path), StringComparison.Ordinal))
            .Select(name => $"{path}: class {name} needs a file of its name");

    /// <summary>Types that are cut into several files of their room.</summary>
    public static IEnumerable<string> TypesInSeveralFiles(IEnumerable<(string Path, string Text)> sources) =>
        sources
            .SelectMany(static source =>
                PartialTypesIn(WithoutCommentsAndTexts(source.Text)).Distinct(StringComparer.Ordinal).Select(name =>
                    $"{source.Path.Split('/')[0]}: {name}"))
            .CountBy(static name => name, StringComparer.Ordinal)
            .Where(static name => name.Value > 1)
            .Select(static name => $"{name.Key} in several files");

    private static IEnumerable<string> PartialTypesIn(string code) =>
        PartialType().Matches(code).Select(static match => match.Groups["name"].Value);

    /// <summary>The source with line breaks alone where comments and texts stood, so that lines keep their numbers.</summary>
    private static string WithoutCommentsAndTexts(string source) =>
        CommentOrText().Replace(source, static match =>
            new string('\n', match.Value.Count(static c => c == '\n')) + (match.Value[0] == '/' ? "" : "_"));

    /// <summary>Lines as <c>wc</c> counts them.</summary>
    private static int LinesOf(string source) => source.Count(static c => c == '\n');

    /// <summary>
    /// Methods, constructors, operators and local types' members with their lines, from the signature to the last bracket.
    /// </summary>
    private static IEnumerable<(string Name, int Lines)> MembersOf(string code)
    {
        var (line, first, start, depth, assigned) = (1, 0, 0, 0, false);
        for (var i = 0; i < code.Length; i++)
        {
            var c = code[i];
            if (c == '\n')
            {
                line++;
            }

            if (char.IsWhiteSpace(c))
            {
                continue;
            }

            if (first == 0)
            {
                (first, start) = (line, i);
            }

            var header = depth == 0 && c is '{' or '}' or ';' ? code[start..i] : "";
            if (depth == 0 && (c == '}' || (c == '{' && (TypeHeader().IsMatch(header) || Namespace().IsMatch(header)))))
            {
                // Into a type, or out of it: its members are looked at one by one.
                (first, assigned) = (0, false);
                continue;
            }

            if (c is '(' or '[' or '{')
            {
                depth++;
            }

            if (c is ')' or ']' or '}')
            {
                depth--;
            }

            if (c == '=' && depth == 0 && !code.AsSpan(start, i - start).TrimEnd("=!<>").TrimEnd().EndsWith("operator"))
            {
                assigned = true;
            }

            if (depth != 0 || (c != ';' && (c != '}' || assigned)))
            {
                continue;
            }

            if (MethodHeader().Match(code[start..i]) is { Success: true } method
                && !TypeHeader().IsMatch(code[start..(start + method.Length)]))
            {
                yield return (method.Groups["name"].Value, line - first + 1);
            }

            (first, assigned) = (0, false);
        }
    }

    [GeneratedRegex(""""//[^\n]*|/\*.*?\*/|\$*"{3,}.*?"{3,}|(?:\$@|@\$|@)"(?:[^"]|"")*"|\$?"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'"""", RegexOptions.Singleline, 5000)]
    private static partial Regex CommentOrText();

    [GeneratedRegex(@"^(?:(?:public|internal|static|abstract|sealed|partial) )*class (?<name>\w+)", RegexOptions.Multiline, 5000)]
    private static partial Regex TopLevelClass();

    [GeneratedRegex(@"\bpartial\s+(?:class|struct|record|interface)\s+(?:struct\s+|class\s+)?(?<name>\w+)", RegexOptions.None, 5000)]
    private static partial Regex PartialType();

    [GeneratedRegex(@"\[\s*(?:LoggerMessage|GeneratedRegex|JsonSerializable|JsonSourceGenerationOptions)\b", RegexOptions.None, 5000)]
    private static partial Regex Generated();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record)\s+(?:struct\s+|class\s+)?[A-Z]\w*", RegexOptions.None, 5000)]
    private static partial Regex TypeHeader();

    [GeneratedRegex(@"\bnamespace\s", RegexOptions.None, 5000)]
    private static partial Regex Namespace();

    [GeneratedRegex(
        @"^(?>(?:\[[^\]]*\]\s*)*)[^={]*?\b(?<name>(?!(?:static|public|internal|private|protected|async|readonly|override|ref)\b)\w+)"
            + @"\s*(?:<[^={(]*>\s*)?\(",
        RegexOptions.None,
        5000)]
    private static partial Regex MethodHeader();
}
