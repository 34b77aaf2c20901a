using Gateway.Fallback;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace Gateway.Tests.Fallback;

/// <summary>Files chosen by the query, and the headers that a step gives them.</summary>
[Trait("kind", "socket")]
public sealed class FileStepTests
{
    [Theory]
    [InlineData("?category=shoes", "hot/shoes.json")]
    [InlineData("?a=b&category=rain%20coats", "hot/rain coats.json")]
    [InlineData("?category=rain+coats", "hot/rain coats.json")]
    [InlineData("?%63ategory=shoes", "hot/shoes.json")]
    [InlineData("?Category=shoes", null)]
    [InlineData("?category=shoes&category=hats", null)]
    [InlineData("?category=", null)]
    [InlineData("?category", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("?category=..", null)]
    [InlineData("?category=%2e%2e", null)]
    [InlineData("?category=..%2fsecret", null)]
    [InlineData("?category=a%2Fb", null)]
    [InlineData("?category=a%255Cb", null)]
    [InlineData("?category=%252e%252e", null)]
    [InlineData("?category=a%00", null)]
    [InlineData("?category=%0d%0a", null)]
    [InlineData("?category=.hidden", null)]
    [InlineData("?category=%7Bquery:x%7D", null)]
    public void FileName_OfAQueryValue_IsOnePlainPartOrNone(string? query, string? expected)
    {
        Span<char> name = stackalloc char[FileName.MostCharacters];
        var filled = FileName.TryFill("hot/{query:category}.json", new RouteValueDictionary(), name, out var length, query);
        Assert.Equal(expected, filled ? new string(name[..length]) : null);
    }

    [Fact]
    public async Task File_OfAQueryValue_IsGivenWithTheHeadersOfItsStep()
    {
        var route = """
                fallback:
                  - { file: "{query:category}.json", headers: { Cache-Control: "max-age=60", X-Offline: 1, Content-Type: application/vnd.shop+json } }
                  - { file: any.json, status: 203, headers: { Link: </status> } }

            """;
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config(["http://127.0.0.1:1"], route: route),
            new Dictionary<string, string> { ["static/shoes.json"] = "[1]", ["static/any.json"] = "[]" });
        var shoes = await gateway.GetAsync("/?category=shoes");
        Assert.Equal(
            (200, "[1]", "max-age=60", "1", "application/vnd.shop+json"),
            (
                shoes.Status,
                shoes.Body,
                shoes.Header("Cache-Control").Single(),
                shoes.Header("X-Offline").Single(),
                shoes.Header("Content-Type").Single()));
        Assert.Equal(["file"], shoes.Header("X-Fallback"));

        foreach (var query in (string[])["?category=../any", "?category=hats", "?category=shoes&category=shoes", ""])
        {
            var any = await gateway.GetAsync("/" + query);
            Assert.Equal(
                (query, 203, "[]", "no-store", "</status>"),
                (query, any.Status, any.Body, any.Header("Cache-Control").Single(), any.Header("Link").Single()));
            Assert.Empty(any.Header("X-Offline"));
        }
    }
}
