using Gateway.Fuzzing.Engine;
using Gateway.Fuzzing.Targets;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Fuzzing;

/// <summary>The inputs that eng/fuzz has found and kept, run again without instrumentation: each holds what it must.</summary>
[Collection(EdgeMapCollection.Name)]
[Trait("kind", "unit")]
public sealed class CorpusTests
{
    // A test's machine is busy with other tests.
    private static readonly TimeSpan LongestInput = TimeSpan.FromSeconds(5);

    // So few inputs are no corpus.
    private const int Fewest = 5;

    public static TheoryData<string> Targets() => [.. TargetSet.All.Select(static target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Inputs_ThatWereKept_HoldWhatTheyMust(string name)
    {
        var target = TargetSet.All.Single(target => string.Equals(target.Name, name, StringComparison.Ordinal));
        var runner = new InputRunner(target, LongestInput);
        byte[][] inputs = [.. Kept(name), .. CorpusFile.Read(PathOf($"{name}.found.txt"))];

        var findings = inputs.Concat(target.Seeds).Select(input => runner.Run(input)).OfType<Finding>().ToArray();

        Assert.True(inputs.Length >= Fewest, $"{name} has {inputs.Length} inputs");
        Assert.Empty(findings.Select(static finding => $"{finding.Kind}: {finding.Text}\n{CorpusFile.LineOf(finding.Input)}"));
    }

    [Fact]
    public void Files_AreOfTargets_AndSmall()
    {
        var files = Directory.GetFiles(PathOf(""));

        Assert.Empty(files.Select(static file => Path.GetFileName(file).Split('.')[0]).Except(Targets().Select(static row => row.Data)));
        Assert.InRange(files.Sum(static file => new FileInfo(file).Length), 1, 300 * 1024);
    }

    private static IEnumerable<byte[]> Kept(string name) => CorpusFile.Read(PathOf($"{name}.txt"));

    private static string PathOf(string file) => Repository.PathOf("tests", "Gateway.Fuzzing", "Corpus", file);
}
