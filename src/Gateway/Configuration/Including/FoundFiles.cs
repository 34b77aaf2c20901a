using System.Collections.Immutable;
using System.Security;
using Gateway.Configuration.Keys;

namespace Gateway.Configuration.Including;

/// <summary>What one pattern of <c>include</c> stands for at one moment.</summary>
/// <param name="Pattern">As written.</param>
/// <param name="Paths">The files in the order of their names, as problems name them.</param>
/// <param name="Failure">Why they cannot be told; null: they can.</param>
internal sealed record FoundFiles(string Pattern, ImmutableArray<string> Paths, string? Failure = null)
{
    /// <summary>A folder with more entries is not searched: it is looked at twice a second.</summary>
    public const int MostEntries = 10_000;

    /// <summary>Looks for the files of <paramref name="pattern"/>. Never throws.</summary>
    /// <param name="pattern">A valid one.</param>
    /// <param name="main">The file that includes; it never includes itself. Empty: none.</param>
    public static FoundFiles Find(string pattern, string main)
    {
        try
        {
            var whole = Path.Combine(Path.GetDirectoryName(main) ?? "", pattern);
            return IncludeKeys.HasWildcards(pattern)
                ? Search(pattern, whole, main.Length == 0 ? "" : Path.GetFullPath(main))
                : new FoundFiles(pattern, [whole]);
        }
        catch (DirectoryNotFoundException)
        {
            return new FoundFiles(pattern, []);
        }
        catch (UnauthorizedAccessException)
        {
            return Failed(pattern, "The folder may not be read by the user that the gateway runs as. Allow it, for example by chmod");
        }
        catch (Exception failure) when (failure is IOException or NotSupportedException or ArgumentException or SecurityException)
        {
            return Failed(pattern, $"The folder cannot be read ({failure.GetType().Name}). Name a readable one");
        }
    }

    private static FoundFiles Failed(string pattern, string why) => new(pattern, [], why);

    private static FoundFiles Search(string pattern, string whole, string main)
    {
        var (folder, wanted) = (Path.GetDirectoryName(whole) ?? "", Path.GetFileName(whole));
        var paths = new List<string>();
        var entries = 0;
        foreach (var entry in Directory.EnumerateFileSystemEntries(folder.Length == 0 ? "." : folder))
        {
            if (++entries > MostEntries)
            {
                return Failed(pattern, $"The folder has more than {MostEntries:N0} entries. Name one for configuration files alone");
            }

            var name = Path.GetFileName(entry);
            var isMain = string.Equals(Path.GetFullPath(entry), main, StringComparison.Ordinal);
            if (IncludeKeys.Matches(wanted, name) && !isMain && !Directory.Exists(entry))
            {
                paths.Add(Path.Combine(folder, name));
            }
        }

        paths.Sort(StringComparer.Ordinal);
        return new FoundFiles(pattern, [.. paths]);
    }
}
