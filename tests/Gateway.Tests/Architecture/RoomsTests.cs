using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Architecture;

[Trait("kind", "unit")]
public sealed class RoomsTests
{
    private static readonly Dictionary<string, HashSet<string>> SomeTypes = new(StringComparer.Ordinal)
    {
        ["Forwarding"] = ["Exchange"],
        ["Failover"] = ["Cluster"],
    };

    [Fact]
    public void Sources_UseOnlyRoomsToTheirLeft()
    {
        var sources = Sources.OfTheGateway();
        var types = sources
            .Where(static source => source.Path.Contains('/', StringComparison.Ordinal))
            .GroupBy(static source => source.Path.Split('/')[0], StringComparer.Ordinal)
            .ToDictionary(
                static room => room.Key,
                static room => room.SelectMany(static source => Rooms.TypesIn(source.Text)).ToHashSet(StringComparer.Ordinal),
                StringComparer.Ordinal);

        Assert.Empty(sources.SelectMany(source => Rooms.ProblemsOf(source.Path, source.Text, types)));
    }

    [Fact]
    public void Sources_HaveEveryRoom() =>
        Assert.Equal(
            Rooms.InOrder.Order(StringComparer.Ordinal),
            Sources.OfTheGateway()
                .Select(static source => source.Path.Split('/'))
                .Where(static parts => parts.Length > 1)
                .Select(static parts => parts[0])
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal));

    [Fact]
    public void Project_UsesNothingForEveryFile() =>
        Assert.DoesNotContain("<Using ", File.ReadAllText(Repository.PathOf("src", "Gateway", "Gateway.csproj")), StringComparison.Ordinal);

    [Theory]
    [InlineData("Health/A.cs", "using Gateway.Failover;\nnamespace Gateway.Health;", "Health uses Failover, which stands to its right")]
    [InlineData("Health/A.cs", "using static Gateway.Failover.Cluster;\nnamespace "
        + "Gateway.Health;", "Health uses Failover, which stands to its right")]
    [InlineData("Health/A.cs", "using C = Gateway.Failover.Cluster;\nnamespace "
        + "Gateway.Health;", "Health uses Failover, which stands to its right")]
    [InlineData("Admin/A.cs", "global using Gateway.Cli;\nnamespace Gateway.Admin;", "Admin uses Cli, which stands to its right")]
    [InlineData("Configuration/Model/A.cs", "namespace Gateway.Configuration.Model;\nclass A { Gateway.Forwarding.Exchange? e; "
        + "}", "Configuration uses Forwarding, which stands to its right")]
    [InlineData("Configuration/A.cs", "namespace Gateway.Configuration;\nclass A { global::Gateway.Forwarding.Exchange? e; "
        + "}", "Configuration uses Forwarding, which stands to its right")]
    [InlineData("Configuration/A.cs", "namespace Gateway.Configuration;\nclass A { Forwarding.Exchange? e; "
        + "}", "Configuration uses Forwarding, which stands to its right")]
    [InlineData("LastGood/A.cs", "using Gateway.Health;\nnamespace "
        + "Gateway.LastGood;", "LastGood uses Health, and must work when that fails")]
    [InlineData("Fallback/A.cs", "namespace Gateway.Fallback;\nclass A { Failover.Cluster? c; "
        + "}", "Fallback uses Failover, and must work when that fails")]
    [InlineData("Health/A.cs", "namespace Gateway.Failover;", "its namespace must be Gateway.Health, and is Gateway.Failover")]
    [InlineData("Health/Probes/A.cs", "namespace Gateway.Health;", "its namespace must be Gateway.Health.Probes, and is Gateway.Health")]
    [InlineData("Health/A.cs", "class A;", "its namespace must be Gateway.Health, and is none")]
    [InlineData("Health/Helpers/A.cs", "namespace Gateway.Health.Helpers;", "the folder \"Helpers\" says nothing of what is in it")]
    [InlineData("Kitchen/A.cs", "namespace Gateway.Kitchen;", "there is no room \"Kitchen\"")]
    [InlineData("Health/A.cs", "using Gateway.Kitchen;\nnamespace Gateway.Health;", "there is no room \"Kitchen\"")]
    [InlineData("A.cs", "using Gateway.Cli;", "only Program.cs stands outside of the rooms")]
    public void Source_BreaksARule_IsTold(string path, string source, string problem) =>
        Assert.Contains(problem, Assert.Single(Rooms.ProblemsOf(path, source, SomeTypes)), StringComparison.Ordinal);

    [Theory]
    [InlineData("Failover/A.cs", "using Gateway.Health;\nusing Gateway.Configuration;\nnamespace Gateway.Failover;")]
    [InlineData("Health/Probes/A.cs", "using Gateway.Configuration.Model;\nnamespace Gateway.Health.Probes;")]
    [InlineData("LastGood/A.cs", "using Gateway.Observability;\nnamespace Gateway.LastGood;")]
    [InlineData("Configuration/A.cs", "namespace Gateway.Configuration;\nclass A { int B() => Failover.MinHealthy + "
        + "config.Forwarding.Exchange; }")]
    [InlineData("Health/A.cs", "namespace Gateway.Health;\n// Gateway.Failover is told by a channel.\n/* Gateway.Cli */ class A { string b "
        + "= \"Gateway.Admin\"; string c = \"\"\"\n Gateway.Cli \"\"\"; }")]
    [InlineData("Program.cs", "using Gateway.Hosting;")]
    public void Source_KeepsTheRules_IsNotTold(string path, string source) =>
        Assert.Empty(Rooms.ProblemsOf(path, source, SomeTypes));
}
