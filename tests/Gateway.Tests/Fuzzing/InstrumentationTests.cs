using System.Runtime.Loader;
using Gateway.Fuzzing.Engine;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Fuzzing;

/// <summary>An instrumented copy does what the original does, and counts.</summary>
[Collection(EdgeMapCollection.Name)]
[Trait("kind", "unit")]
public sealed class InstrumentationTests
{
    [Fact]
    public void Assembly_ThatIsInstrumented_CountsItsEdges()
    {
        using var folder = new TemporaryFolder();
        var copy = Path.Combine(folder.Path, "gateway.dll");
        File.Copy(typeof(Gateway.Upstream.Http1.ContentLength).Assembly.Location, copy);

        Assert.InRange(Instrumentation.Apply(copy), 10_000, EdgeMap.Size * 10);

        // Beside the original: what it refers to is found as always.
        var context = new AssemblyLoadContext("instrumented", isCollectible: true);
        var parse = context.LoadFromAssemblyPath(copy).GetType("Gateway.Upstream.Http1.ContentLength")!
            .GetMethod("Parse")!.CreateDelegate<Parse>();
        var (short1, short2, list, bad) = (Edges(parse, "5", 5), Edges(parse, "7", 7), Edges(parse, "5, 5", 5), Edges(parse, "x", null));
        context.Unload();

        Assert.NotEqual(0UL, short1);
        Assert.Equal(short1, short2);
        Assert.Equal(3, new[] { short1, list, bad }.Distinct().Count());
    }

    private static ulong Edges(Parse parse, string text, long? expected)
    {
        EdgeMap.Clear();
        Assert.Equal(expected, parse(text));
        return Coverage.LastSignature();
    }

    private delegate long? Parse(ReadOnlySpan<char> value);
}
