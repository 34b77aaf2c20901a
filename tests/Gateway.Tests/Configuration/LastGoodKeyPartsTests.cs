using Xunit;

namespace Gateway.Tests.Configuration;

/// <summary>The parts of <c>lastGood.key</c> that would make it useless.</summary>
[Trait("kind", "unit")]
public sealed class LastGoodKeyPartsTests
{
    [Theory]
    [InlineData("header:X-Request-Id", true)]
    [InlineData("header:x-request-id", true)]
    [InlineData("header:X-Shop", false)]
    public void Header_ThatDiffersInEachRequest_IsRefused(string part, bool refused)
    {
        var problems =
            ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest.Replace(
                "cluster: guide }",
                $"cluster: guide, lastGood: {{ key: [ path, \"{part}\" ] }} }}",
                StringComparison.Ordinal)).Problems;

        Assert.Equal(refused ? 1 : 0, problems.Length);
        Assert.All(
            problems,
            static problem => Assert.Contains(
                "Leave it out: the id is another one in each request",
                problem.Message,
                StringComparison.Ordinal));
    }
}
