using System.Collections.Immutable;
using Gateway.Configuration.Including;
using Gateway.Configuration.Model;

namespace Gateway.Configuration;

/// <summary>The result of validating a file: a configuration, or every problem.</summary>
internal sealed record ConfigResult
{
    /// <summary>Null as soon as there is one problem.</summary>
    public GatewayConfig? Config { get; init; }

    /// <summary>What must be changed, in the order of the file. Empty: the configuration is valid.</summary>
    public required ImmutableArray<ConfigProblem> Problems { get; init; }

    /// <summary>What an operator should know and may leave as it is, in the order of the file.</summary>
    public ImmutableArray<ConfigProblem> Warnings { get; init; } = [];

    /// <summary>Keys that are valid and mean something else than in an older version, in the order of the file.</summary>
    public ImmutableArray<ConfigProblem> ChangedMeanings { get; init; } = [];

    /// <summary>
    /// The admin endpoint as the file says, even if other keys have problems; null: the file does not say, or not in a way that could be
    /// read.
    /// </summary>
    public AdminConfig? WrittenAdmin { get; init; }

    /// <summary>The file as the operator named it.</summary>
    public string File => Files.Main.Path;

    /// <summary>The included files, in the order in which they were merged.</summary>
    public ImmutableArray<string> Included => [.. Files.Included.Select(static included => included.Path)];

    /// <summary>The files that were judged.</summary>
    public required ConfigSet Files { get; init; }

    /// <summary>
    /// SHA-256 of the bytes of all files in lower-case hexadecimal; empty when the main one could not be read.
    /// </summary>
    public string Hash => Files.Hash;
}
