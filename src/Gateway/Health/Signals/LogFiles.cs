using Gateway.Configuration.Model;

namespace Gateway.Health.Signals;

/// <summary>Which files a signal reads, and which destination each is of.</summary>
internal static class LogFiles
{
    /// <summary>Where a destination's name stands in a path.</summary>
    public const string Placeholder = "{destination}";

    private const int MostFiles = 64;
    private static readonly string[] Packed = [".gz", ".xz", ".zst", ".bz2", ".lz4", ".zip", ".tgz"];
    private static readonly EnumerationOptions Options = new()
    {
        MatchType = MatchType.Simple,
        MatchCasing = MatchCasing.CaseSensitive,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.Directory,
    };


    /// <summary>The files that are there now, each with its destination; null: the line says it, or it is of the whole cluster.</summary>
    public static IReadOnlyDictionary<string, string?> Find(SignalConfig signal, IReadOnlyList<string> destinations)
    {
        var pattern = signal.Log!;
        var found = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (pattern.Contains(Placeholder, StringComparison.Ordinal))
        {
            // The longest name last: "guide-b*" is of guide-b, though "guide*" would fit it too.
            foreach (var name in destinations.OrderBy(static name => name.Length))
            {
                foreach (var path in List(pattern.Replace(Placeholder, InPath(name), StringComparison.Ordinal)))
                {
                    found[path] = signal.Destination ?? name;
                }
            }
        }
        else
        {
            foreach (var path in List(pattern))
            {
                found[path] = signal.Destination ?? NameIn(Path.GetFileName(path), destinations);
            }
        }

        return found;
    }

    /// <summary>A destination's name as it stands in a path: what is no letter, digit, dot or dash is an underscore.</summary>
    public static string InPath(string name) =>
        string.Create(name.Length, name, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsLetterOrDigit(text[i]) || text[i] is '.' or '-' or '_' ? text[i] : '_';
            }
        });

    // The longest name that stands in the file's name by itself: "guide-b" is in "guide-b.log" and not in "guide-back.log".
    private static string? NameIn(string file, IReadOnlyList<string> destinations)
    {
        string? best = null;
        foreach (var name in destinations)
        {
            var text = InPath(name);
            var at = file.IndexOf(text, StringComparison.Ordinal);
            if (at >= 0 && name.Length > (best?.Length ?? 0) && IsEdge(file, at - 1) && IsEdge(file, at + text.Length))
            {
                best = name;
            }
        }

        return best;
    }

    private static bool IsEdge(string text, int at) => at < 0 || at >= text.Length || !char.IsLetterOrDigit(text[at]);

    private static IEnumerable<string> List(string pattern)
    {
        var folder = Path.GetDirectoryName(pattern);
        if (folder is null || !Directory.Exists(folder))
        {
            return [];
        }

        string[] files = [.. Directory.EnumerateFiles(folder, Path.GetFileName(pattern), Options).Where(
            static path => !Packed.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase)).Take(MostFiles * 16)];
        return files.Length <= MostFiles ? files : files.OrderByDescending(File.GetLastWriteTimeUtc).Take(MostFiles);
    }
}
