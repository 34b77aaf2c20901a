using System.Runtime.Loader;
using Gateway.Fuzzing.Engine;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Fuzzing;

/// <summary>
/// An instrumented copy does what the original does, and counts. The sample guide's assembly stands for the gateway's, which takes seconds.
/// </summary>
[Collection(EdgeMapCollection.Name)]
[Trait("kind", "unit")]
public sealed class InstrumentationTests
{
    [Fact]
    public void Assembly_ThatIsInstrumented_CountsItsEdges()
    {
        using var folder = new TemporaryFolder();
        var copy = Path.Combine(folder.Path, "sample-guide.dll");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "sample-guide.dll"), copy);

        Assert.InRange(Instrumentation.Apply(copy), 500, EdgeMap.Size);

        // Beside the original: what it refers to is found as always.
        var context = new AssemblyLoadContext("instrumented", isCollectible: true);
        var parse = context.LoadFromAssemblyPath(copy).GetType("SampleGuide.Durations")!.GetMethod("TryParse")!.CreateDelegate<Parse>();
        var (first, same, other, bad) = (Edges(parse, "5ms", 5), Edges(parse, "7ms", 7), Edges(parse, "2m", 120_000), Edges(parse, "x", 0));
        context.Unload();

        Assert.NotEqual(0UL, first);
        Assert.Equal(first, same);
        Assert.Equal(3, new[] { first, other, bad }.Distinct().Count());
    }

    private static ulong Edges(Parse parse, string text, int milliseconds)
    {
        EdgeMap.Clear();
        Assert.Equal(milliseconds > 0, parse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
        return Coverage.LastSignature();
    }

    private delegate bool Parse(string text, out TimeSpan duration);
}
