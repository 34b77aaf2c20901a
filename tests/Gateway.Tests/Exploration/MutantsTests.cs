using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Exploration;

/// <summary>What breaks the code for eng/explore --mutants fits the code, and says how it is found.</summary>
[Trait("kind", "unit")]
public sealed class MutantsTests
{
    private static readonly string[] Patches = Directory.GetFiles(Repository.PathOf("eng", "explore-mutants"), "*.patch");

    [Fact]
    public void Patches_AreTen() => Assert.InRange(Patches.Length, 10, int.MaxValue);

    /// <summary>All that a patch finds and takes out stands there, in one piece: it applies.</summary>
    [Fact]
    public void EveryPatch_FitsTheCode()
    {
        foreach (var patch in Patches)
        {
            var lines = File.ReadAllLines(patch);
            var file = lines.First(static line => line.StartsWith("+++ b/", StringComparison.Ordinal))["+++ b/".Length..];
            var before = string.Join('\n', lines.SkipWhile(static line => !line.StartsWith("@@", StringComparison.Ordinal))
                .Skip(1)
                .Where(static line => line.StartsWith(' ') || line.StartsWith('-'))
                .Select(static line => line[1..]));
            Assert.Contains(before, File.ReadAllText(Repository.PathOf(file)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void EveryPatch_NamesAnInvariantOfThePage()
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "proofs.md"));

        Assert.All(Patches, patch =>
        {
            var first = File.ReadLines(patch).First();
            Assert.StartsWith("Found as: ", first, StringComparison.Ordinal);
            Assert.Contains($"`{first["Found as: ".Length..]}`", page, StringComparison.Ordinal);
        });
    }
}
