using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Gateway.Fallback;

/// <summary>
/// The files in force at one moment, and what was wrong with others. Immutable: a request looks it up once and needs no disk.
/// </summary>
internal sealed class FallbackSnapshot
{
    public static readonly FallbackSnapshot Empty = new("", FrozenDictionary<string, FallbackFile>.Empty, []);

    private readonly FrozenDictionary<string, FallbackFile>.AlternateLookup<ReadOnlySpan<char>> _byName;

    public FallbackSnapshot(string folder, FrozenDictionary<string, FallbackFile> files, ImmutableArray<FallbackFileProblem> problems)
    {
        Folder = folder;
        Files = files;
        Problems = problems;
        _byName = files.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The folder that they were read from.</summary>
    public string Folder { get; }

    /// <summary>By their names, case-exact.</summary>
    public FrozenDictionary<string, FallbackFile> Files { get; }

    /// <summary>For operators: files that could not be taken over as they stand on the disk now.</summary>
    public ImmutableArray<FallbackFileProblem> Problems { get; }

    /// <summary>The file of this name, or null.</summary>
    public FallbackFile? Find(ReadOnlySpan<char> name) => _byName.TryGetValue(name, out FallbackFile? file) ? file : null;
}

/// <summary>Why a file as it stands on the disk is not in force.</summary>
/// <param name="Name">Its path below the folder; empty: the folder itself.</param>
/// <param name="Problem">A whole sentence.</param>
internal readonly record struct FallbackFileProblem(string Name, string Problem);
