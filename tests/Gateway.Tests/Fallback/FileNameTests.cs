using Gateway.Fallback;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace Gateway.Tests.Fallback;

[Trait("kind", "unit")]
public sealed class FileNameTests
{
    [Theory]
    [InlineData("shoes")]
    [InlineData("rain-jackets_2")]
    [InlineData("a.b")]
    [InlineData("Größe 42")]
    [InlineData("鞋")]
    public void IsPlain_NameOfAThing_IsPlain(string value) => Assert.True(FileName.IsPlain(value));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("...")]
    [InlineData(".hidden")]
    [InlineData("a..b")]
    [InlineData("../any")]
    [InlineData("..\\any")]
    [InlineData("a/b")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\b")]
    [InlineData("%2e%2e")]
    [InlineData("%2E%2E%2Fany")]
    [InlineData("%252e%252e")]
    [InlineData("a%2Fb")]
    [InlineData("a%5Cb")]
    [InlineData("%00")]
    [InlineData("shoes\0")]
    [InlineData("shoes\0.json")]
    [InlineData("shoes\n")]
    [InlineData("sho\res")]
    [InlineData("\tshoes")]
    [InlineData("\u007f")]
    [InlineData("\u0085")]
    [InlineData("shoes ")]
    [InlineData(" shoes")]
    [InlineData("shoes.")]
    [InlineData("C:")]
    [InlineData("shoes:stream")]
    [InlineData("{category}")]
    [InlineData("sho\u200bes")]
    [InlineData("sho\u202ees")]
    [InlineData("sho\u2028es")]
    [InlineData("\ufffd")]
    public void IsPlain_WayOut_IsRefused(string value) => Assert.False(FileName.IsPlain(value));

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    [InlineData(100_000, false)]
    public void IsPlain_Length_IsBounded(int length, bool plain) => Assert.Equal(plain, FileName.IsPlain(new string('a', length)));

    [Theory]
    [InlineData("recommend.json", "recommend.json")]
    [InlineData("trending/{category}.json", "trending/shoes.json")]
    [InlineData("{CATEGORY}/{n}.json", "shoes/7.json")]
    [InlineData("{category}{n}", "shoes7")]
    [InlineData("trending/{absent}.json", null)]
    [InlineData("trending/{bad}.json", null)]
    [InlineData("trending/{number}.json", null)]
    [InlineData("trending/{category", null)]
    [InlineData("trending/}{category}", null)]
    public void TryFill_Template_GivesTheNameOrNothing(string template, string? expected)
    {
        var values = new RouteValueDictionary { ["category"] = "shoes", ["n"] = "7", ["bad"] = "../x", ["number"] = 7 };
        Span<char> name = stackalloc char[FileName.MostCharacters];
        bool filled = FileName.TryFill(template, values, name, out int length);
        Assert.Equal(expected, filled ? name[..length].ToString() : null);
    }

    [Fact]
    public void TryFill_LongerThanAllowed_GivesNothing()
    {
        var values = new RouteValueDictionary { ["a"] = new string('a', FileName.MostCharactersOfValue) };
        Assert.False(FileName.TryFill("{a}{a}{a}{a}{a}", values, stackalloc char[FileName.MostCharacters], out _));
    }
}
