using Xunit;

namespace Gateway.Tests.Architecture;

/// <summary>Each class of tests says what it needs, so that <c>./test --quick</c> can leave out what takes long.</summary>
[Trait("kind", "unit")]
public sealed class TestKindsTests
{
    [Fact]
    public void Classes_SayWhatTheyNeed()
    {
        var wrong = TestKinds.OfClasses()
            .Where(static kind => !Said(kind.Key).SequenceEqual([kind.Value]))
            .Select(static kind => $"{kind.Key.FullName}: write [Trait(\"kind\", \"{kind.Value}\")]")
            .Order(StringComparer.Ordinal)
            .ToArray();

        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Needs_AreFound()
    {
        var kinds = TestKinds.OfClasses().ToLookup(static kind => kind.Key.Name, static kind => kind.Value, StringComparer.Ordinal);

        Assert.Equal(["unit"], kinds["FailoverMachineTests"]);
        Assert.Equal(["socket"], kinds["DeadlinesTests"]);
        Assert.Equal(["process"], kinds["ShortDrillTests"]);
        Assert.Equal(["server"], kinds["FleetTests"]);
        Assert.Equal(["browser"], kinds["StatusPageTests"]);
    }

    private static IEnumerable<string> Said(Type type) =>
        type.GetCustomAttributesData()
            .Where(static attribute => attribute.AttributeType == typeof(TraitAttribute))
            .Where(static attribute => (string?)attribute.ConstructorArguments[0].Value == "kind")
            .Select(static attribute => (string)attribute.ConstructorArguments[1].Value!);
}
