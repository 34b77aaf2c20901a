using Gateway.LastGood.Keys;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>Equal wishes are equal texts (RFC 9110, sections 12.4.2, 12.5.1 and 12.5.4).</summary>
[Trait("kind", "unit")]
public sealed class NegotiationTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData(" ,\t, ", "")]
    [InlineData("text/html", "text/html")]
    [InlineData("Text/HTML", "text/html")]
    [InlineData(" text/html\t", "text/html")]
    [InlineData("a/b,c/d", "a/b,c/d")]
    [InlineData(",a/b , ,\tc/d ,", "a/b,c/d")]
    [InlineData("a/b\nc/d", "a/b,c/d")]
    [InlineData("c/d,a/b", "c/d,a/b")]
    [InlineData("a b", "a%20b")]
    [InlineData("a%b", "a%25b")]
    [InlineData("a/b;Level=1", "a/b;level=1")]
    [InlineData("a/b ; Level=Aa ", "a/b;level=Aa")]
    [InlineData("a/b;;x=1;", "a/b;x=1")]
    [InlineData("a/b;X", "a/b;x")]
    [InlineData("a/b;x=", "a/b;x=")]
    [InlineData("a/b;x=1;Y=2;q=0.5;z", "a/b;x=1;y=2;q=500;z")]
    [InlineData("a/b;x=1=2", "a/b;x=1=2")]
    [InlineData("a/b=1;x", "a/b=1;x")]
    [InlineData("a/b;qq=0.5", "a/b;qq=0.5")]
    [InlineData("a/b;r=0.5", "a/b;r=0.5")]
    [InlineData("\u212a/\u00c4;\u212a=1", "\u212a/\u00c4;\u212a=1")]
    public void AppendAccept_BlanksAndCase_MakeNoDifference(string header, string expected) => Assert.Equal(expected, Accept(header));

    [Theory]
    [InlineData("a;p=\"b,c\"", "a;p=\"b,c\"")]
    [InlineData("a;p=\"b;c\",d", "a;p=\"b;c\",d")]
    [InlineData("a;p=\"B c\"", "a;p=\"B%20c\"")]
    [InlineData("a;p=\"b\\\",c\",D", "a;p=\"b\\\",c\",d")]
    [InlineData("a;p=\"b\\\\\",C", "a;p=\"b\\\\\",c")]
    [InlineData("a;p=\"b,C", "a;p=\"b,C")]
    [InlineData("a;p=\"b\\", "a;p=\"b\\")]
    [InlineData("a;p=\"b\\,C", "a;p=\"b\\,C")]
    [InlineData("a;p=b\\,C", "a;p=b\\,c")]
    [InlineData("a;p=\"\",C", "a;p=\"\",c")]
    public void AppendAccept_SeparatorInQuotes_EndsNothing(string header, string expected) => Assert.Equal(expected, Accept(header));

    [Theory]
    [InlineData("1", "")]
    [InlineData("1.", "")]
    [InlineData("1.0", "")]
    [InlineData("1.00", "")]
    [InlineData("1.000", "")]
    [InlineData("1.0 ", "")]
    [InlineData("0", ";q=0")]
    [InlineData("0.", ";q=0")]
    [InlineData("0.0", ";q=0")]
    [InlineData("0.000", ";q=0")]
    [InlineData("0.001", ";q=1")]
    [InlineData("0.01", ";q=10")]
    [InlineData("0.012", ";q=12")]
    [InlineData("0.1", ";q=100")]
    [InlineData("0.5", ";q=500")]
    [InlineData("0.50", ";q=500")]
    [InlineData("0.123", ";q=123")]
    [InlineData("0.999", ";q=999")]
    public void AppendAccept_Weight_IsInThousandths(string weight, string expected)
    {
        Assert.Equal("a/b" + expected, Accept($"a/b;q={weight}"));
        Assert.Equal("a/b" + expected, Accept($"a/b ;\tQ={weight};"));
        Assert.Equal("a/b" + (expected.Length > 0 ? expected : ";q=1000") + ";x=1", Accept($"a/b; Q={weight};x=1"));
    }

    [Theory]
    [InlineData("1.001")]
    [InlineData("1.5")]
    [InlineData("0.9999")]
    [InlineData("1.0000")]
    [InlineData("01")]
    [InlineData("0x5")]
    [InlineData("0.5x")]
    [InlineData("0./")]
    [InlineData("0.:")]
    [InlineData("0.x")]
    [InlineData("-1")]
    [InlineData("/")]
    [InlineData(".5")]
    [InlineData("\"0.5\"")]
    [InlineData("")]
    public void AppendAccept_WhatIsNoWeight_StaysAsItIs(string weight)
    {
        Assert.Equal("a/b;q=" + weight, Accept($"a/b;q={weight}"));
        Assert.Equal("de;q=" + weight, Languages($"de;q={weight}"));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("10")]
    [InlineData("99")]
    [InlineData("100")]
    [InlineData("800")]
    [InlineData("999")]
    [InlineData("1000")]
    [InlineData("12345")]
    public void AppendAccept_NoWeightThatReadsLikeThousandths_IsNone(string weight)
    {
        var expected = $";q=%3{weight}";
        Assert.Equal("a/b" + expected, Accept($"a/b;q={weight}"));
        Assert.Equal("a/b" + expected + ";x", Accept($"a/b; Q={weight} ;x"));
        Assert.Equal("de" + expected, Languages($"de;q={weight}"));
        Assert.NotEqual(Accept($"a/b;q=%3{weight}"), Accept($"a/b;q={weight}"));
    }

    [Theory]
    [InlineData("a/b;q=0.5;q=1", "a/b;q=500;q=1000")]
    [InlineData("a/b;q=1;q=0.5", "a/b;q=1000;q=500")]
    [InlineData("a/b;q=1;q=1", "a/b;q=1000;q=1000")]
    [InlineData("a/b;q=x;q=1", "a/b;q=x;q=1000")]
    [InlineData("a/b;q;Q=1", "a/b;q;q=1000")]
    [InlineData("a/b;q=1;x", "a/b;q=1000;x")]
    [InlineData("a/b;x;q=1", "a/b;x")]
    [InlineData("a/b;q=1 ; ", "a/b")]
    [InlineData("a/b;q = 0.5", "a/b;q%20=%200.5")]
    [InlineData("a/b;q =1", "a/b;q%20=1")]
    [InlineData("a/b;q= 0.5", "a/b;q=%200.5")]
    [InlineData("a/b;q=0.5\u00a0", "a/b;q=0.5\u00a0")]
    [InlineData("a/b;\u00a0q=0.5", "a/b;\u00a0q=0.5")]
    [InlineData("a/b ; Level = Aa ", "a/b;level%20=%20Aa")]
    [InlineData(";", ";")]
    [InlineData("; ;", ";;")]
    [InlineData(";a/b", ";a/b")]
    [InlineData("; a/b; ", ";a/b;")]
    [InlineData("c/d,;q=1", "c/d,;q=1000")]
    public void AppendAccept_WhatServicesReadDifferently_StaysApart(string header, string expected) =>
        Assert.Equal(expected, Accept(header));

    [Theory]
    [InlineData("de;", "de;")]
    [InlineData("de;q=1;", "de;q=1000;")]
    [InlineData("de;;q=1", "de;;q=1000")]
    [InlineData("de;q=0;", "de;q=0;")]
    [InlineData("de;;q=0", "de;;q=0")]
    [InlineData("de;q=1;x", "de;q=1000;x")]
    [InlineData("de;q=0.5;q=1", "de;q=500;q=1000")]
    [InlineData("de;q = 0.5", "de;q%20=%200.5")]
    [InlineData("de\u00a0;q=0.5", "de\u00a0")]
    [InlineData("\u212ao", "\u212ao")]
    [InlineData(";q=0.5", ";q=500")]
    [InlineData("de,;q=0.5", "de,;q=500")]
    [InlineData(";", ";")]
    public void AppendLanguages_WhatServicesReadDifferently_StaysApart(string header, string expected) =>
        Assert.Equal(expected, Languages(header));

    [Theory]
    [InlineData("", "")]
    [InlineData(" , ", "")]
    [InlineData("de", "de")]
    [InlineData("de-DE", "de-de")]
    [InlineData("de en", "de%20en")]
    [InlineData("de,en", "de,en")]
    [InlineData("en,de", "en,de")]
    [InlineData("en\nde", "en,de")]
    [InlineData("de;q=0.5", "de")]
    [InlineData("de;q=0.001", "de")]
    [InlineData("de ; Q=0.5 ", "de")]
    [InlineData("de;q=0", "de;q=0")]
    [InlineData("de;q=0.000,en", "en,de;q=0")]
    [InlineData("en;q=0.5,de", "de,en")]
    [InlineData("de,en;q=1.0", "de,en")]
    [InlineData("a;q=0.1,b;q=0.2,c;q=0.3", "c,b,a")]
    [InlineData("a;q=0.3,b;q=0.2,c;q=0.1", "a,b,c")]
    [InlineData("a;q=0.2,b;q=0.2,c;q=0.3", "c,a,b")]
    [InlineData("a;q=0.3,b;q=0.1,c;q=0.2", "a,c,b")]
    [InlineData("a;q=0.099,b;q=0.1", "b,a")]
    [InlineData("de-CH , fr;q=0.9 ,EN ;\tq=0.95,*;q=0", "de-ch,en,fr,*;q=0")]
    public void AppendLanguages_ByWeight_WhichIsLeftOut(string header, string expected) => Assert.Equal(expected, Languages(header));

    [Theory]
    [InlineData("en;q=0.5,de;q=x", "en;q=500,de;q=x")]
    [InlineData("en;q=0.5,de;q", "en;q=500,de;q")]
    [InlineData("en;q=0.5,de;level=1", "en;q=500,de;level=1")]
    [InlineData("en;q=0.5,de;q=0.6;x", "en;q=500,de;q=600;x")]
    [InlineData("en;q=0.5,de;x;q=0.6", "en;q=500,de;x;q=600")]
    public void AppendLanguages_MoreThanWeights_StaysInItsOrder(string header, string expected) =>
        Assert.Equal(expected, Languages(header));

    [Theory]
    [InlineData(31, true)]
    [InlineData(32, true)]
    [InlineData(33, false)]
    public void AppendLanguages_BeyondAMeasure_AreNotSorted(int count, bool sorted)
    {
        var last = count - 1;
        var header = string.Join(',', Enumerable.Range(0, last).Select(static i => $"l{i};q=0.5")) + $",l{last}";
        var plain = string.Join(',', Enumerable.Range(0, last).Select(static i => $"l{i}"));
        Assert.Equal(
            sorted ? $"l{last},{plain}" : plain.Replace(",", ";q=500,", StringComparison.Ordinal) + $";q=500,l{last}",
            Languages(header));
    }

    private static string Accept(string header) =>
        KeyText.Of((ref KeyBuilder key) => NegotiationText.AppendAccept(KeyText.Lines(header), ref key));

    private static string Languages(string header) =>
        KeyText.Of((ref KeyBuilder key) => NegotiationText.AppendLanguages(KeyText.Lines(header), ref key));
}
