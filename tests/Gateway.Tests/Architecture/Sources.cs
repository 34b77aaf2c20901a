using System.Collections.Frozen;
using Gateway.Tests.Configuration;

namespace Gateway.Tests.Architecture;

/// <summary>The gateway's own source files, for the tests that read them.</summary>
internal static class Sources
{
    private static readonly FrozenSet<string> Built = new[] { "bin", "obj", "node_modules" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Paths below <c>src/Gateway</c>, with slashes, and texts.</summary>
    public static (string Path, string Text)[] OfTheGateway() => [.. In(Repository.PathOf("src", "Gateway"))];

    /// <summary>The same of <c>loadtests</c>: drills, benchmarks, peers.</summary>
    public static (string Path, string Text)[] OfTheLoads() => [.. In(Repository.PathOf("loadtests"))];

    /// <summary>Every source of the repository: the gateway, the guide, tests and loads.</summary>
    public static (string Path, string Text)[] All() =>
        [.. new[] { "src", "tests", "loadtests" }.SelectMany(static folder => In(Repository.PathOf(folder)))];

    private static IEnumerable<(string Path, string Text)> In(string root) =>
        Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(file => (Path: Path.GetRelativePath(root, file).Replace('\\', '/'), File: file))
            .Where(static source => !source.Path.Split('/').Any(Built.Contains))
            .Select(static source => (source.Path, File.ReadAllText(source.File)));
}
