using System.Collections.Immutable;
using System.Text;
using Gateway.Configuration.Including;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.History;

/// <summary>A configuration that was put in force, with its files as they were.</summary>
internal sealed record ConfigRevision
{
    /// <summary>Counts what was put in force in this state folder, over restarts.</summary>
    public required long Number { get; init; }

    /// <summary>Since when it was in force.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>SHA-256 of all files, as <see cref="ConfigSet.Hash"/>.</summary>
    public required string Hash { get; init; }

    /// <summary>What put it in force.</summary>
    public required RevisionOrigin Origin { get; init; }

    /// <summary>Who put it in force, as far as it is known; null: a file changed.</summary>
    public string? Who { get; init; }

    /// <summary>Why, as that operator said; null: not said.</summary>
    public string? Reason { get; init; }

    /// <summary>The revision whose files these are; null: it is no rollback.</summary>
    public long? RollbackTo { get; init; }

    /// <summary>
    /// <see cref="ConfigSet.Hash"/> of the files that were in place when it was rolled back: they are not put in force again, not by a
    /// restart either, unless an operator insists. Null: it is no rollback, or the files in place are these.
    /// </summary>
    public string? Instead { get; init; }

    /// <summary>The main file, then the included ones in the order in which they were merged.</summary>
    public required ImmutableArray<RevisionFile> Files { get; init; }

    /// <summary>Of a configuration that was put in force.</summary>
    public static ImmutableArray<RevisionFile> FilesOf(ConfigSet files) =>
        [.. files.Included.Prepend(files.Main).Select(static file => new RevisionFile(file.Path, Encoding.UTF8.GetString(file.Content)))];

    /// <summary>The files as if they were in place now.</summary>
    /// <param name="path">The main file, as the operator names it today.</param>
    public ConfigSet SetAt(string path) => ConfigSet.Of(FileOf(Files[0] with { Path = path }), [.. Files.Skip(1).Select(FileOf)]);

    /// <summary>The files are those that the hash is of. False: the record is damaged, or not ours.</summary>
    public bool IsSound() =>
        Number > 0
        && !Files.IsDefaultOrEmpty
        && Files.All(static file => file is { Path.Length: > 0, Content: not null })
        && string.Equals(SetAt(Files[0].Path).Hash, Hash, StringComparison.Ordinal);

    private static ConfigFile FileOf(RevisionFile file) => ConfigFile.Of(file.Path, Encoding.UTF8.GetBytes(file.Content));
}

/// <summary>What put a configuration in force.</summary>
internal enum RevisionOrigin
{
    /// <summary>The gateway started with it.</summary>
    Start,

    /// <summary>A file changed.</summary>
    File,

    /// <summary>An operator went back to an earlier revision.</summary>
    Rollback,
}

/// <summary>A file of a configuration.</summary>
/// <param name="Path">As the operator, or the pattern that includes it, names it.</param>
/// <param name="Content">Its text.</param>
internal sealed record RevisionFile(string Path, string Content);
