using System.IO.Enumeration;

namespace Gateway.Configuration.Keys;

/// <summary>The key <c>include</c>.</summary>
internal static class IncludeKeys
{
    private static readonly char[] Wildcards = ['*', '?'];

    /// <summary>Files that are merged into the one that names them.</summary>
    public static OneOrMoreSchema<string> Patterns { get; } = new(new TextSchema<string>(
        "a path with or without wildcards",
        "Write a path like conf.d/*.yaml; a relative one starts at the folder of this file",
        static () => Schemas.Pattern(@"^[^\x00-\x1f]*[^/\x00-\x1f]$"),
        static text =>
        {
            if (text.Length is 0 or > 1024 || text.Any(char.IsControl))
            {
                return Parsed<string>.Bad();
            }

            var name = text.LastIndexOf('/') + 1;
            return name == text.Length ? Parsed<string>.Bad($"This is a folder: write \"{text}*.yaml\"")
                : text[name..] is "." or ".." ? Parsed<string>.Bad($"This is a folder: write \"{text}/*.yaml\"")
                : text.AsSpan(0, name).IndexOfAny(Wildcards) >= 0
                    ? Parsed<string>.Bad("Wildcards can stand in a file's name only, not in a folder's")
                : text;
        }));

    /// <summary>True: the last part of the path stands for any number of files.</summary>
    public static bool HasWildcards(string pattern) => pattern.IndexOfAny(Wildcards) >= 0;

    /// <summary>
    /// True when a file's name is one of those that the last part of a pattern stands for. As in a shell, a wildcard stands for no name
    /// that begins with a dot: editors and Kubernetes keep theirs under such names.
    /// </summary>
    public static bool Matches(string pattern, string name) =>
        !name.StartsWith('.')
            && FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), name, ignoreCase: false);
}
