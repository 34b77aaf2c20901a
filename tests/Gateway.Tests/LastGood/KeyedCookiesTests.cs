using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>The cookies that a key names (RFC 6265, section 5.4): their digests, and what a request's other cookies mean.</summary>
[Trait("kind", "unit")]
public sealed class KeyedCookiesTests
{
    [Theory]
    [InlineData("sid", null, " cookie:sid")]
    [InlineData("sid", "", " cookie:sid")]
    [InlineData("sid", "x=1; y=2", " cookie:sid")]
    [InlineData("sid", "sid=1", " cookie:sid={sid=1}")]
    [InlineData("sid", " sid=1 ", " cookie:sid={sid=1}")]
    [InlineData("sid", "x=1;sid=2; y=3", " cookie:sid={sid=2}")]
    [InlineData("sid", "sid=1; sid=2", " cookie:sid={sid=1}={sid=2}")]
    [InlineData("sid", "sid=1\nx=1; sid=2", " cookie:sid={sid=1}={sid=2}")]
    [InlineData("sid", "sid", " cookie:sid={sid}")]
    [InlineData("sid", "sid=", " cookie:sid={sid=}")]
    [InlineData("sid", "sid =1", " cookie:sid={sid =1}")]
    [InlineData("sid", "sid=a=b", " cookie:sid={sid=a=b}")]
    [InlineData("sid", "SID=1", " cookie:sid")]
    [InlineData("sid", "sids=1; si=2; xsid=3", " cookie:sid")]
    [InlineData("sid", "x=sid", " cookie:sid")]
    [InlineData("a%b", "a%b=1", " cookie:a%25b={a%b=1}")]
    [InlineData("sid", "=sid=1", " cookie:sid")]
    [InlineData("sid", "\u00a0sid=1", " cookie:sid={\u00a0sid=1}")]
    [InlineData("sid", "sid\u2003=1\u00a0", " cookie:sid={sid\u2003=1\u00a0}")]
    [InlineData("sid", "\tsid=1\t", " cookie:sid={sid=1}")]
    public void Append_EveryCookieOfTheName_AsADigest(string name, string? header, string expected) =>
        Assert.Equal(
            KeyText.Filled(expected),
            KeyText.Of((ref KeyBuilder key) => KeyedCookies.Append(KeyText.Lines(header), name, ref key)));

    [Theory]
    [InlineData("", true)]
    [InlineData(";", true)]
    [InlineData(" ; ; ", true)]
    [InlineData("sid=1", true)]
    [InlineData("sid", true)]
    [InlineData("sid =1", true)]
    [InlineData("lang=de", true)]
    [InlineData("lang=de; lang=en", true)]
    [InlineData("sid=1;lang=de", true)]
    [InlineData("sid=1\nlang=de", true)]
    [InlineData("x=1", false)]
    [InlineData("SID=1", false)]
    [InlineData("x", false)]
    [InlineData("sid=1; x=1", false)]
    [InlineData("x=1; sid=1", false)]
    [InlineData("x=1\nsid=1", false)]
    [InlineData("sid=1\nx=1", false)]
    [InlineData("sid=1; sid=2; x=1", false)]
    [InlineData("lang=de; lang=en; x=1", false)]
    [InlineData("x=1; sid=1; y=2; lang=de; z=3", true)]
    [InlineData("x=1; lang=de\nsid=1", true)]
    [InlineData(";;", true)]
    [InlineData("\t;", true)]
    [InlineData("\u00a0sid=1", true)]
    [InlineData("=sid=evil", false)]
    [InlineData("=alice", false)]
    [InlineData("=", false)]
    [InlineData(" = ", false)]
    [InlineData("==", false)]
    [InlineData("\u00a0", false)]
    [InlineData("sid=1; =x", false)]
    [InlineData("=x; sid=1; lang=de", false)]
    [InlineData("sid=1; lang=de; =lang=xx", false)]
    [InlineData("=x\nsid=1; lang=de", false)]
    public void StandingOf_AllSentAreKeyedOrAllKeyedWereSentAndAllHaveNames_IsKeyed(string header, bool keyed) =>
        Assert.Equal(
            keyed ? CookieStanding.Keyed : CookieStanding.Unkeyed,
            Cookies(KeyPartKind.Cookie, "sid", "lang").StandingOf(KeyText.Lines(header)));

    [Fact]
    public void StandingOf_KeyWithoutCookies_IsUnkeyed()
    {
        Assert.Equal(CookieStanding.Unkeyed, new KeyedCookies(new LastGoodConfig()).StandingOf("sid=1"));
        Assert.Equal(CookieStanding.Unkeyed, Cookies(KeyPartKind.Header, "sid").StandingOf("sid=1"));
        Assert.Equal(CookieStanding.Unkeyed, Cookies(KeyPartKind.QueryParameter, "sid").StandingOf("sid=1"));
    }

    [Fact]
    public void StandingOf_RouteThatIgnoresThem_IsIgnored()
    {
        Assert.Equal(CookieStanding.Ignored, new KeyedCookies(new LastGoodConfig { IgnoreCookies = true }).StandingOf("sid=1"));
        Assert.Equal(
            CookieStanding.Ignored,
            new KeyedCookies(new LastGoodConfig { IgnoreCookies = true, Key = [new(KeyPartKind.Cookie, "sid")] }).StandingOf("x=1"));
    }

    [Fact]
    public void StandingOf_NameGivenTwice_CountsOnce() =>
        Assert.Equal(CookieStanding.Keyed, Cookies(KeyPartKind.Cookie, "sid", "sid").StandingOf("sid=1; x=1"));

    [Fact]
    public void StandingOf_NamesInOtherCase_AreOthers()
    {
        var cookies = Cookies(KeyPartKind.Cookie, "sid", "SID");
        Assert.Equal(CookieStanding.Unkeyed, cookies.StandingOf("sid=1; x=1"));
        Assert.Equal(CookieStanding.Keyed, cookies.StandingOf("sid=1; SID=2; x=1"));
    }

    [Theory]
    [InlineData(33)]
    [InlineData(64)]
    public void StandingOf_ManyNames_EachCounts(int count)
    {
        var names = Enumerable.Range(0, count).Select(static i => $"c{i}").ToArray();
        var cookies = Cookies(KeyPartKind.Cookie, names);
        var all = string.Join("; ", names.Select(static name => name + "=1"));
        Assert.Equal(CookieStanding.Keyed, cookies.StandingOf(all + "; x=1"));
        Assert.Equal(CookieStanding.Unkeyed, cookies.StandingOf(all[(all.IndexOf(';', StringComparison.Ordinal) + 1)..] + "; x=1"));
    }

    private static KeyedCookies Cookies(KeyPartKind kind, params string[] names) =>
        new(new LastGoodConfig { Key = [new(KeyPartKind.Path), .. names.Select(name => new KeyPart(kind, name)).ToImmutableArray()] });
}
