using System.Collections.Frozen;
using Gateway.Tests.Configuration;

namespace Gateway.Tests.Architecture;

/// <summary>The gateway's own source files, for the tests that read them.</summary>
internal static class Sources
{
    private static readonly FrozenSet<string> Built = new[] { "bin", "obj" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Paths below <c>src/Gateway</c>, with slashes, and texts.</summary>
    public static (string Path, string Text)[] OfTheGateway()
    {
        var root = Repository.PathOf("src", "Gateway");
        return [.. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(file => (Path: Path.GetRelativePath(root, file).Replace('\\', '/'), File: file))
            .Where(static source => !Built.Contains(source.Path.Split('/')[0]))
            .Select(static source => (source.Path, File.ReadAllText(source.File)))];
    }
}
