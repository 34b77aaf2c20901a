using Gateway.Configuration.Model;

namespace Gateway.Health.Signals;

/// <summary>Which files a signal reads, and which destination each is of.</summary>
internal static class LogFiles
{
    /// <summary>Where a destination's name stands in a path.</summary>
    public const string Placeholder = "{destination}";

    /// <summary>So many files are followed for each path, of more those that were written last.</summary>
    public const int MostFiles = 64;

    // Of more, any.
    private const int MostListed = MostFiles * 16;
    private static readonly string[] Packed = [".gz", ".xz", ".zst", ".bz2", ".lz4", ".zip", ".tgz"];
    private static readonly EnumerationOptions Options = new()
    {
        MatchType = MatchType.Simple,
        MatchCasing = MatchCasing.CaseSensitive,
        IgnoreInaccessible = false,
        AttributesToSkip = FileAttributes.Directory,
    };

    /// <summary>The files that are there now.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="destinations">The names of the cluster's destinations.</param>
    /// <param name="failed">Takes why a folder cannot be listed.</param>
    public static IEnumerable<LogFile> Find(SignalConfig signal, IReadOnlyList<string> destinations, Action<string> failed)
    {
        var pattern = signal.Log!;
        var found = new Dictionary<string, LogFile>(StringComparer.Ordinal);
        if (pattern.Contains(Placeholder, StringComparison.Ordinal))
        {
            // The longest name last: "guide-b*" is of guide-b, though "guide*" would fit it too.
            foreach (var name in destinations.OrderBy(static name => name.Length))
            {
                foreach (var (path, length) in List(pattern.Replace(Placeholder, InPath(name), StringComparison.Ordinal), failed))
                {
                    found[path] = new LogFile(path, signal.Destination ?? name, length);
                }
            }
        }
        else
        {
            foreach (var (path, length) in List(pattern, failed))
            {
                found[path] = new LogFile(path, signal.Destination ?? NameIn(Path.GetFileName(path), destinations), length);
            }
        }

        return found.Values;
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

    /// <summary>
    /// The longest name that stands in a file's name by itself: "guide-b" is in "guide-b.log" and not in "guide-back.log".
    /// </summary>
    internal static string? NameIn(string file, IReadOnlyList<string> destinations)
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

    // With its length what is one too many.
    private static IEnumerable<(string Path, long? Length)> List(string pattern, Action<string> failed)
    {
        var folder = Path.GetDirectoryName(pattern);
        if (folder is null || !Directory.Exists(folder))
        {
            return [];
        }

        try
        {
            string[] files = [.. Directory.EnumerateFiles(folder, Path.GetFileName(pattern), Options).Where(
                static path => !Packed.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase)).Take(MostListed)];
            return files.Length <= MostFiles
                ? files.Select(static path => (path, (long?)null))
                : Newest(files);
        }
        catch (UnauthorizedAccessException)
        {
            failed("permission to list its folder is denied");
            return [];
        }
        catch (IOException e)
        {
            failed($"its folder cannot be listed ({e.GetType().Name})");
            return [];
        }
    }

    private static IEnumerable<(string Path, long? Length)> Newest(string[] files)
    {
        var byTime = files.Select(static path => (Path: path, Info: new FileInfo(path))).OrderByDescending(
            static file => file.Info.LastWriteTimeUtc);
        return byTime.Select(static (file, place) => (
            file.Path, place < MostFiles ? null : (long?)(file.Info.Exists ? file.Info.Length : 0)));
    }
}
