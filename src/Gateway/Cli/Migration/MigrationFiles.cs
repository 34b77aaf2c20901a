using System.Collections.Immutable;

namespace Gateway.Cli.Migration;

/// <summary>What a migration may know of the disk, as functions, so that the rest of it is pure.</summary>
/// <param name="Read">The text of a file; null: it cannot be read.</param>
/// <param name="Find">The files that a pattern with wildcards stands for, in order.</param>
/// <param name="IsCertificate">True when a certificate and its key load.</param>
internal sealed record MigrationFiles(
    Func<string, string?> Read,
    Func<string, ImmutableArray<string>> Find,
    Func<string, string, bool> IsCertificate)
{
    /// <summary>A larger file is refused unread: no configuration of a proxy is.</summary>
    public const int LargestSize = 4 * 1024 * 1024;

    /// <summary>The disk.</summary>
    public static MigrationFiles OfDisk { get; } = new(ReadText, FindFiles, static (file, key) => CertificatePair.Loads(file, key));

    /// <summary>No disk at all: nothing beside the given text is known.</summary>
    public static MigrationFiles None { get; } = new(static _ => null, static _ => [], static (_, _) => false);

    private static string? ReadText(string path)
    {
        var file = Configuration.Reading.ConfigFile.Read(path);
        return file.Failure is null ? System.Text.Encoding.UTF8.GetString(file.Content).TrimStart('\uFEFF') : null;
    }

    private static ImmutableArray<string> FindFiles(string pattern) =>
        Configuration.Keys.IncludeKeys.HasWildcards(pattern) ? Configuration.Including.FoundFiles.Find(pattern, "").Paths
        : File.Exists(pattern) ? [pattern]
        : [];
}
