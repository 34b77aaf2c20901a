using Gateway.Fallback;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Gateway.Tests.Fallback;

[Trait("kind", "unit")]
public sealed class NegotiationTests
{
    [Theory]
    [InlineData(null, "Problem")]
    [InlineData("", "Problem")]
    [InlineData("*/*", "Problem")]
    [InlineData("*", "Problem")]
    [InlineData("application/json", "Problem")]
    [InlineData("application/problem+json", "Problem")]
    [InlineData("APPLICATION/JSON; charset=utf-8", "Problem")]
    [InlineData("application/*", "Problem")]
    [InlineData("application/json, text/plain, */*", "Problem")]
    [InlineData("application/json, text/event-stream", "Problem")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", "Html")]
    [InlineData("text/html, */*", "Html")]
    [InlineData("text/*", "Html")]
    [InlineData("text/*, text/html;q=0.5", "Text")]
    [InlineData("text/*;q=0.9, application/json;q=0.8", "Html")]
    [InlineData("text/plain", "Text")]
    [InlineData("text/plain;q=0.9, text/html;q=0.8", "Text")]
    [InlineData("text/plain ; q=1 , application/json;q=0.999", "Text")]
    [InlineData("text/event-stream", "EventStream")]
    [InlineData("text/event-stream, */*;q=0.1", "EventStream")]
    [InlineData("*/*, application/json;q=0", "Html")]
    [InlineData("*/*;q=0.5, application/json;q=0.1, text/html;q=0", "Text")]
    [InlineData("application/json;q=0, text/html;q=0", "Problem")]
    [InlineData("image/png", "Problem")]
    [InlineData("text/html;level=\"1,2;3\", application/json;q=0.1", "Html")]
    [InlineData("text/plain;q=banana", "Text")]
    [InlineData("text/plain;q=-1, application/json;q=0.9", "Text")]
    [InlineData(",,;;,text/plain", "Text")]
    [InlineData("text/plain;Q=0.2, text/html;q=0.3", "Html")]
    public void Choose_Accept_GivesTheShape(string? accept, string shape) =>
        Assert.Equal(shape, Negotiation.Choose(accept is null ? StringValues.Empty : accept).ToString());

    [Fact]
    public void Choose_SeveralLines_ReadsThemAsOne() =>
        Assert.Equal(BuiltInFormat.Text, Negotiation.Choose(new StringValues(["application/json;q=0.3", "text/plain;q=0.4"])));

    [Fact]
    public void Choose_MoreRangesThanAnybodyNeeds_StopsReading() =>
        Assert.Equal(BuiltInFormat.Problem, Negotiation.Choose(string.Concat(Enumerable.Repeat("image/png,", 64)) + "text/html"));

    [Theory]
    [InlineData(10, 0.0, 5)]
    [InlineData(10, 0.5, 10)]
    [InlineData(10, 0.999999, 15)]
    [InlineData(30, 0.0, 15)]
    [InlineData(30, 0.999999, 45)]
    [InlineData(1, 0.999999, 1)]
    [InlineData(0, 0.5, 1)]
    [InlineData(3, 0.0, 2)]
    [InlineData(3, 0.999999, 4)]
    public void RetryAfter_Mean_StaysWithinHalfOfIt(int mean, double random, int seconds) =>
        Assert.Equal(seconds, RetryAfter.Seconds(TimeSpan.FromSeconds(mean), random));

    [Fact]
    public void RetryAfter_ManyClients_AreSpreadOverTheWholeRange()
    {
        var random = new Random(1);
        int[] seen = [.. Enumerable.Range(0, 2000)
            .Select(_ => RetryAfter.Seconds(TimeSpan.FromSeconds(10), random.NextDouble()))
            .Distinct()
            .Order()];
        Assert.Equal(Enumerable.Range(5, 11), seen);
    }
}
