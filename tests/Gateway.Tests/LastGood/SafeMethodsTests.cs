using Gateway.LastGood.Policy;
using Gateway.Tests.Architecture;
using Xunit;

namespace Gateway.Tests.LastGood;

[Trait("kind", "unit")]
public sealed class SafeMethodsTests
{
    [Theory]
    [InlineData("GET", true)]
    [InlineData("HEAD", true)]
    [InlineData("OPTIONS", true)]
    [InlineData("TRACE", true)]
    [InlineData("POST", false)]
    [InlineData("PUT", false)]
    [InlineData("PATCH", false)]
    [InlineData("DELETE", false)]
    [InlineData("CONNECT", false)]
    [InlineData("QUERY", false)]
    [InlineData("PROPFIND", false)]
    [InlineData("GETX", false)]
    [InlineData("", false)]
    public void Method_IsSafeOrAWrite(string method, bool isSafe) => Assert.Equal(isSafe, SafeMethods.Contains(method));

    // A second rule would soon say something else.
    [Fact]
    public void Sources_HaveOneRule() =>
        Assert.Equal(["LastGood/Policy/SafeMethods.cs"], Sources.OfTheGateway()
            .Where(static source => source.Text.Split('\n').Any(static line => line.Contains("IsOptions(", StringComparison.Ordinal)
                && (line.Contains("IsHead(", StringComparison.Ordinal) || line.Contains("IsGet(", StringComparison.Ordinal))
                || line.Contains("\"OPTIONS\" or \"TRACE\"", StringComparison.Ordinal)))
            .Select(static source => source.Path));
}
