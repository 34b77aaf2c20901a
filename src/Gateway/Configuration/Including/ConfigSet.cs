using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Gateway.Configuration.Keys;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Including;

/// <summary>A configuration's file and all files that it includes, as they were at one moment.</summary>
internal sealed record ConfigSet
{
    /// <summary>More files are not included.</summary>
    public const int MostFiles = 256;

    /// <summary>The included files together may have this many bytes.</summary>
    public const long LargestTotal = 16 * 1024 * 1024;

    /// <summary>The file that the operator named.</summary>
    public required ConfigFile Main { get; init; }

    /// <summary>What each pattern of its <c>include</c> stands for.</summary>
    public ImmutableArray<FoundFiles> Found { get; init; } = [];

    /// <summary>The included files in the order in which they are merged, each once.</summary>
    public ImmutableArray<ConfigFile> Included { get; init; } = [];

    /// <summary>SHA-256 of all files: the main one's own when it includes none. Empty when one could not be read.</summary>
    public required string Hash { get; init; }

    /// <summary>Another one whenever the set would be judged otherwise.</summary>
    public required string Identity { get; init; }

    /// <summary>Reads all files once. Never throws.</summary>
    /// <param name="path">The main file as the operator named it.</param>
    /// <param name="environment">The value of a variable, or null when it is not set.</param>
    /// <param name="before">An earlier reading: its patterns hold as long as the main file is the same.</param>
    public static ConfigSet Read(string path, Func<string, string?> environment, ConfigSet? before = null)
    {
        var main = ConfigFile.Read(path);
        if (main.Failure is not null)
        {
            return Of(main);
        }

        var patterns = before is not null && string.Equals(before.Main.Hash, main.Hash, StringComparison.Ordinal)
            ? [.. before.Found.Select(static found => found.Pattern)]
            : PatternsOf(main, environment);
        if (patterns.IsEmpty)
        {
            return Of(main);
        }

        ImmutableArray<FoundFiles> found = [.. patterns.Select(pattern => FoundFiles.Find(pattern, path))];
        var included = ReadAll(found);
        return new ConfigSet
        {
            Main = main,
            Found = found,
            Included = included,
            Hash = HashOf(main, included),
            Identity = IdentityOf(main, found, included),
        };
    }

    /// <summary>A file alone, whatever it includes.</summary>
    public static ConfigSet Of(ConfigFile main) => new() { Main = main, Hash = main.Hash, Identity = main.Failure ?? main.Hash };

    /// <summary>Files that were read at another time, whatever the patterns stand for now.</summary>
    public static ConfigSet Of(ConfigFile main, ImmutableArray<ConfigFile> included) => new()
    {
        Main = main,
        Included = included,
        Hash = HashOf(main, included),
        Identity = IdentityOf(main, [], included),
    };

    private static ImmutableArray<string> PatternsOf(ConfigFile main, Func<string, string?> environment)
    {
        // Most files include none and need not be parsed for it.
        if (main.Content.AsSpan().IndexOf("include"u8) < 0)
        {
            return [];
        }

        var reader = new Reader(main.Path, environment);
        return YamlComposer.Compose(main.Content, static (_, _, _) => { }) is MappingNode root
            && root.Entries.FirstOrDefault(static entry => entry.Key.Text is "include").Value is { } node
            && IncludeKeys.Patterns.TryRead(node, "include", reader, out var patterns) ? patterns : [];
    }

    private static ImmutableArray<ConfigFile> ReadAll(ImmutableArray<FoundFiles> found)
    {
        var files = ImmutableArray.CreateBuilder<ConfigFile>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var total = 0L;
        foreach (var path in found.SelectMany(static one => one.Paths))
        {
            if (!seen.Add(Path.GetFullPath(path)))
            {
                continue;
            }

            if (files.Count == MostFiles)
            {
                files.Add(Refused(path, $"More than {MostFiles} files are included, this one first. Write larger ones."));
                break;
            }

            var file = ConfigFile.Read(path);
            total += file.Content.Length;
            if (total > LargestTotal)
            {
                var most = SizeText.Format(LargestTotal);
                files.Add(Refused(
                    path,
                    $"The included files are larger than {most} together. Split what the gateway does over several gateways."));
                break;
            }

            files.Add(file);
        }

        return files.ToImmutable();
    }

    private static ConfigFile Refused(string path, string why) => new() { Path = path, Failure = why };

    private static string HashOf(ConfigFile main, ImmutableArray<ConfigFile> included) =>
        included.IsEmpty ? main.Hash
        : included.Any(static file => file.Failure is not null) ? ""
        : Digest(included.Select(file => $"{Path.GetFileName(file.Path)} {file.Hash}").Prepend(main.Hash));

    private static string IdentityOf(ConfigFile main, ImmutableArray<FoundFiles> found, ImmutableArray<ConfigFile> included) => Digest(
    [
        main.Hash,
        .. found.Select(static one => one.Failure ?? string.Join('|', one.Paths)),
        .. included.Select(static file => file.Failure ?? file.Hash),
    ]);

    private static string Digest(IEnumerable<string> lines) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
}
