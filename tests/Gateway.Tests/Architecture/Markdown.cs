using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Tests.Architecture;

/// <summary>What the tests of the pages need to know of Markdown.</summary>
internal static partial class Markdown
{
    /// <summary>The targets of links and pictures, code left out.</summary>
    public static IEnumerable<string> LinksIn(string page) =>
        Link().Matches(Code().Replace(page, "")).Select(static match => match.Groups["target"].Value);

    /// <summary>What stands between backticks, in lines of code as well as in the text.</summary>
    public static IEnumerable<string> CodeIn(string page) => Code().Matches(page).Select(static match => match.Value);

    /// <summary>The anchors of the headings, as GitHub forms them.</summary>
    public static IEnumerable<string> AnchorsIn(string page)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var heading in Heading().Matches(Fence().Replace(page, "")).Select(static match => match.Groups["text"].Value))
        {
            var anchor = AnchorOf(heading);
            seen[anchor] = seen.TryGetValue(anchor, out var before) ? before + 1 : 0;
            yield return seen[anchor] == 0 ? anchor : $"{anchor}-{seen[anchor]}";
        }
    }

    /// <summary>Every problem of the links of one page.</summary>
    /// <param name="name">The page's path from the root, with slashes.</param>
    /// <param name="page">Its text.</param>
    /// <param name="read">The text of a file of the repository, <c>""</c> for a folder; null: there is none.</param>
    public static IEnumerable<string> BrokenLinksIn(string name, string page, Func<string, string?> read)
    {
        foreach (var link in LinksIn(page))
        {
            if (link.Contains("://", StringComparison.Ordinal) || link.StartsWith("mailto:", StringComparison.Ordinal))
            {
                continue;
            }

            var parts = link.Split('#', 2);
            var target = parts[0].Length == 0
                ? name
                : Path.GetRelativePath("/", Path.GetFullPath(parts[0], "/" + Path.GetDirectoryName(name))).Replace('\\', '/');
            if (read(target) is not { } text)
            {
                yield return $"{name}: the link \"{link}\" leads to no file.";
            }
            else if (parts.Length == 2 && !AnchorsIn(text).Contains(parts[1], StringComparer.Ordinal))
            {
                yield return $"{name}: the link \"{link}\" leads to no heading.";
            }
        }
    }

    private static string AnchorOf(string heading)
    {
        var anchor = new StringBuilder(heading.Length);
        foreach (var c in heading.Trim())
        {
            if (char.IsLetterOrDigit(c) || c is '-' or '_')
            {
                anchor.Append(char.ToLowerInvariant(c));
            }
            else if (c == ' ')
            {
                anchor.Append('-');
            }
        }

        return anchor.ToString();
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)[^)]*\)", RegexOptions.None, 5000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```|`[^`\n]+`", RegexOptions.Singleline | RegexOptions.Multiline, 5000)]
    private static partial Regex Code();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline, 5000)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^#{1,6} +(?<text>.+?)\s*$", RegexOptions.Multiline, 5000)]
    private static partial Regex Heading();
}
