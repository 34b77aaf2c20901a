using Gateway.LastGood.Keys;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>A query in its normal form, and which of its parameters a key means.</summary>
[Trait("kind", "unit")]
public sealed class QueryTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("&", "")]
    [InlineData("a", "a")]
    [InlineData("a=1", "a=1")]
    [InlineData("&&a=1&", "a=1")]
    [InlineData("b=1&a=2", "a=2|b=1")]
    [InlineData("a=2&b=1", "a=2|b=1")]
    [InlineData("c&b&a", "a|b|c")]
    [InlineData("c=1&a=1&b=1&a=0", "a=1|a=0|b=1|c=1")]
    [InlineData("a=2&a=1&a=3", "a=2|a=1|a=3")]
    [InlineData("b=2&a=9&b=1", "a=9|b=2|b=1")]
    [InlineData("a&B", "B|a")]
    [InlineData("a=1&A=2", "A=2|a=1")]
    [InlineData("ab=0&a=1", "a=1|ab=0")]
    [InlineData("a-b=1&a=2", "a=2|a-b=1")]
    [InlineData("=2&a&=1", "=2|=1|a")]
    [InlineData("%62=1&a=%2f", "a=%2F|b=1")]
    [InlineData("b=%&a=%41", "a=A|b=%%")]
    [InlineData("a=1%26b=2", "a=1%26b=2")]
    [InlineData("a=x+y", "a=x+y")]
    public void Normalise_ParametersByName_ThoseOfOneNameInTheirOrder(string raw, string expected)
    {
        var text = new char[QueryText.RoomFor(raw.Length)];
        var places = new Range[QueryText.MaxParameters];
        var count = QueryText.Normalise(raw, text, places);
        Assert.Equal(expected, string.Join('|', places.Take(count).Select(place => new string(text.AsSpan(place)))));
    }

    [Theory]
    [InlineData("a&b", 2, 2)]
    [InlineData("a&b&", 2, 2)]
    [InlineData("a&b&c", 2, -1)]
    [InlineData("a", 0, -1)]
    [InlineData("", 0, 0)]
    [InlineData("&&", 0, 0)]
    public void Normalise_MoreThanFit_IsMinusOne(string raw, int places, int expected) =>
        Assert.Equal(expected, QueryText.Normalise(raw, new char[64], new Range[places]));

    [Fact]
    public void RoomFor_PercentSignsAlone_IsJustEnough()
    {
        Assert.Equal(0, QueryText.RoomFor(0));
        Assert.Equal(10, QueryText.RoomFor(5));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("a=", "a")]
    [InlineData("a=1", "a")]
    [InlineData("ab=1=2", "ab")]
    [InlineData("=1", "")]
    public void NameOf_IsWhatStandsBeforeTheFirstEqualsSign(string parameter, string expected) =>
        Assert.Equal(expected, QueryText.NameOf(parameter).ToString());

    [Theory]
    [InlineData("page=2", "page", true)]
    [InlineData("page", "page", true)]
    [InlineData("PAGE=2", "page", true)]
    [InlineData("page=2", "Page", true)]
    [InlineData("pages=2", "page", false)]
    [InlineData("pag=2", "page", false)]
    [InlineData("x=page", "page", false)]
    [InlineData("filter%5B%5D=1", "filter[]", true)]
    [InlineData("Filter%5b%5D=1", "filter[]", true)]
    [InlineData("filter[]=1", "filter%5B%5D", true)]
    [InlineData("filter%5B%5D=1", "filter()", false)]
    [InlineData("filter[]=1", "filter%28%29", false)]
    [InlineData("a+b=1", "a b", true)]
    [InlineData("a%20b=1", "a b", true)]
    [InlineData("a%20b=1", "a+b", true)]
    [InlineData("a%2Bb=1", "a b", false)]
    [InlineData("a+b=1", "ab", false)]
    [InlineData("%C3%A9=1", "\u00e9", true)]
    public void IsNamed_AsAServiceWouldReadIt(string parameter, string name, bool expected) =>
        Assert.Equal(expected, QueryText.IsNamed(parameter, name));

    [Theory]
    [InlineData("a=1", 0, "a=1")]
    [InlineData("page=2", 4, "=2")]
    [InlineData("page", 4, "")]
    [InlineData("token", 0, "token")]
    [InlineData("token=", 0, "token=")]
    [InlineData("token=", 5, "=")]
    [InlineData("token=x", 0, "token={x}")]
    [InlineData("token=x", 5, "={x}")]
    [InlineData("token=x=y", 0, "token={x=y}")]
    [InlineData("access_token=secret", 0, "access_token={secret}")]
    [InlineData("keyword=x", 0, "keyword=x")]
    [InlineData("=token", 0, "=token")]
    public void Append_SecretValue_IsADigest(string parameter, int start, string expected) =>
        Assert.Equal(KeyText.Filled(expected), KeyText.Of((ref KeyBuilder key) => QueryText.Append(parameter, start, ref key)));
}
