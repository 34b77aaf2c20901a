using System.Text.RegularExpressions;
using Gateway.Hosting;
using Xunit;

namespace Gateway.Tests.Architecture;

/// <summary>Files that need one another in a circle can only be read, tested and changed together: few may.</summary>
[Trait("kind", "unit")]
public sealed partial class CyclesTests
{
    private const int MostCycles = 5;

    [Fact]
    public void Files_FormFewCycles()
    {
        var cycles = Cycles.Of(FileReferences());

        Assert.True(
            cycles.Count <= MostCycles,
            $"{cycles.Count} cycles, at most {MostCycles}:\n" + string.Join('\n', cycles.Select(static cycle => string.Join(' ', cycle))));
    }

    [Fact]
    public void References_AreRead()
    {
        // Without this a reader that sees nothing would pass as a house without cycles.
        var references = FileReferences();

        Assert.Contains("Failover/FailoverTimers.cs", references["Failover/ClusterRuntime.cs"]);
        Assert.Contains("Health/Rules/Suspicion.cs", references["Health/Rules/DestinationMonitor.cs"]);
        Assert.InRange(references.Values.Sum(static targets => targets.Count), 2_000, int.MaxValue);
    }

    [Theory]
    [InlineData("a>b b>c", "")]
    [InlineData("a>b b>a", "a b")]
    [InlineData("a>b b>c c>a c>d", "a b c")]
    [InlineData("a>b b>a c>d d>c b>c", "c d|a b")]
    [InlineData("a>b b>c c>b c>d d>a", "a b c d")]
    public void Cycle_IsFound(string edges, string cycles)
    {
        var graph = edges.Split(' ')
            .Select(static edge => edge.Split('>'))
            .GroupBy(static edge => edge[0], static edge => edge[1], StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => group.ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);

        Assert.Equal(cycles, string.Join('|', Cycles.Of(graph).Select(static cycle => string.Join(' ', cycle))));
    }

    private static Dictionary<string, HashSet<string>> FileReferences()
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, text) in Sources.OfTheGateway())
        {
            var room = NamespaceLine().Match(text).Groups["name"].Value;
            foreach (Match type in TypeLine().Matches(text))
            {
                files[$"{room}.{type.Groups["name"].Value}"] = path;
            }
        }

        var references = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var (type, targets) in TypeReferences.Of(typeof(GatewayHost).Assembly))
        {
            if (files.GetValueOrDefault(NameOf(type)) is not { } file)
            {
                continue;
            }

            if (!references.TryGetValue(file, out var found))
            {
                references.Add(file, found = new HashSet<string>(StringComparer.Ordinal));
            }

            found.UnionWith(targets.Select(target => files.GetValueOrDefault(NameOf(target)))
                .OfType<string>()
                .Where(target => !string.Equals(target, file, StringComparison.Ordinal)));
        }

        return references;
    }

    private static string NameOf(Type type) => $"{type.Namespace}.{type.Name.Split('`')[0]}";

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline, 5000)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^(?:\w+ )*(?:class|struct|record|interface|enum) (?<name>\w+)", RegexOptions.Multiline, 5000)]
    private static partial Regex TypeLine();
}
