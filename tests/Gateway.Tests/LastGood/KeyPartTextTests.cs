using Gateway.Configuration.Model;
using Gateway.LastGood.Keys;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>How the parts of a key read.</summary>
[Trait("kind", "unit")]
public sealed class KeyPartTextTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a?b=1", "/a")]
    [InlineData("/a%2fb/%41", "/a%2Fb/A")]
    [InlineData("/a/../b", "/b")]
    public void Append_Path_IsItsNormalForm(string target, string expected) =>
        Assert.Equal(expected, Part(new(KeyPartKind.Path), target));

    [Theory]
    [InlineData("/a", "")]
    [InlineData("/a?", "")]
    [InlineData("/a?&", "")]
    [InlineData("/a?x", "?x")]
    [InlineData("/a?b=1&a=2", "?a=2&b=1")]
    [InlineData("/a?c&b=2&b=1&a", "?a&b=2&b=1&c")]
    [InlineData("/a?%41=%2f", "?A=%2F")]
    [InlineData("/a?token=x&page=2", "?page=2&token={x}")]
    public void Append_Query_IsAllOfItSorted(string target, string expected) =>
        Assert.Equal(KeyText.Filled(expected), Part(new(KeyPartKind.Query), target));

    [Theory]
    [InlineData("page", "/a", " query:page!")]
    [InlineData("page", "/a?pages=2", " query:page!")]
    [InlineData("page", "/a?page", " query:page")]
    [InlineData("page", "/a?page=", " query:page=")]
    [InlineData("page", "/a?page=2", " query:page=2")]
    [InlineData("page", "/a?x=1&page=2&z=3", " query:page=2")]
    [InlineData("page", "/a?page=2&page=3", " query:page=2&=3")]
    [InlineData("page", "/a?page=3&x&page=2&page", " query:page=3&=2&")]
    [InlineData("page", "/a?%70age=2", " query:page=2")]
    [InlineData("page", "/a?PAGE=2", " query:pagePAGE=2")]
    [InlineData("page", "/a?page=1&Page=2", " query:pagePage=2&=1")]
    [InlineData("a b", "/a?a+b=1", " query:a%20ba+b=1")]
    [InlineData("a%20b", "/a?a%20b=1", " query:a%2520b=1")]
    [InlineData("filter[]", "/a?filter%5b%5d=1", " query:filter[]filter%5B%5D=1")]
    [InlineData("token", "/a?token=x", " query:token={x}")]
    [InlineData("token", "/a?token=x&Token=y", " query:tokenToken={y}&={x}")]
    [InlineData("token", "/a?token=", " query:token=")]
    public void Append_QueryParameter_IsEveryValueOfTheName(string name, string target, string expected) =>
        Assert.Equal(KeyText.Filled(expected), Part(new(KeyPartKind.QueryParameter, name), target));

    [Theory]
    [InlineData(1)]
    [InlineData(383)]
    [InlineData(384)]
    [InlineData(385)]
    [InlineData(4_095)]
    public void Append_QueryOfPercentSigns_HasRoom(int length) =>
        Assert.Equal("?" + new string('%', length * 2), Part(new(KeyPartKind.Query), "/a?" + new string('%', length)));

    [Theory]
    [InlineData(8_191, true)]
    [InlineData(8_192, true)]
    [InlineData(8_193, false)]
    public void Append_QueryBeyondAllMeasure_IsNoPart(int length, bool expected)
    {
        var target = "/a?" + "page=2&".PadRight(length, 'x');
        var written = false;
        var text = KeyText.Of((ref KeyBuilder key) => written = Append(new(KeyPartKind.QueryParameter, "page"), target, ref key));
        Assert.Equal(expected, written);
        Assert.Equal(expected ? " query:page=2" : "", text);
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void Append_TooManyParameters_IsNoPart(int count, bool expected)
    {
        var target = "/a?" + string.Join('&', Enumerable.Repeat("x=1", count));
        Assert.Equal(expected, IsWritten(new(KeyPartKind.Query), target));
        Assert.Equal(expected, IsWritten(new(KeyPartKind.QueryParameter, "x"), target));
        Assert.Equal(expected, IsWritten(new(KeyPartKind.QueryParameter, "y"), target));
        Assert.True(IsWritten(new(KeyPartKind.Path), target));
        Assert.True(IsWritten(new(KeyPartKind.Header, "X-Shop"), target));
        Assert.True(IsWritten(new(KeyPartKind.Cookie, "sid"), target));
    }

    [Theory]
    [InlineData("X-Shop", null, " header:x-shop")]
    [InlineData("X-Shop", "", " header:x-shop=")]
    [InlineData("X-Shop", "3", " header:x-shop=3")]
    [InlineData("X-Shop", " A b% ", " header:x-shop=A%20b%25")]
    [InlineData("X-Shop", "1\n2", " header:x-shop=1,2")]
    [InlineData("X-Shop", "\t3\t", " header:x-shop=3")]
    [InlineData("X-Shop", "\u00a03\u2003", " header:x-shop=\u00a03\u2003")]
    [InlineData("Cf-Access-Jwt-Assertion", "a/b", " header:cf-access-jwt-assertion={a/b}")]
    [InlineData("X-Shop", " 1 \n 2 ", " header:x-shop=1%20,%202")]
    [InlineData("X-Api-Key", null, " header:x-api-key")]
    [InlineData("X-Api-Key", "s", " header:x-api-key={s}")]
    [InlineData("X-Api-Key", " s ", " header:x-api-key={ s }")]
    [InlineData("X-Api-Key", "s\nt", " header:x-api-key={s,t}")]
    public void Append_Header_IsItsValueOrItsDigest(string name, string? value, string expected)
    {
        var request = Guide.Get("/a");
        request.Headers[name] = KeyText.Lines(value);
        Assert.Equal(KeyText.Filled(expected), KeyText.Of((ref KeyBuilder key) =>
        {
            Assert.True(TargetText.TryRead(request, out var target));
            Assert.True(KeyPartText.Append(request, target, new(KeyPartKind.Header, name), ref key));
        }));
    }

    [Fact]
    public void Append_Cookie_IsItsDigest()
    {
        Assert.Equal(" cookie:sid", Part(new(KeyPartKind.Cookie, "sid"), "/a"));
        Assert.Equal(
            KeyText.Filled(" cookie:sid={sid=1}"),
            KeyText.Of((ref KeyBuilder key) =>
            {
                var request = Guide.Get("/a", ("Cookie", "x=2; sid=1"));
                Assert.True(TargetText.TryRead(request, out var target));
                Assert.True(KeyPartText.Append(request, target, new(KeyPartKind.Cookie, "sid"), ref key));
            }));
    }

    [Theory]
    [InlineData("X-Auth-User", true)]
    [InlineData("proxy-AUTHorization", true)]
    [InlineData("x-cookie-id", true)]
    [InlineData("X-COOKIE", true)]
    [InlineData("X-Csrf-Token", true)]
    [InlineData("x-tokens", true)]
    [InlineData("X-Api-Key", true)]
    [InlineData("apikey", true)]
    [InlineData("X-Secret", true)]
    [InlineData("x-secret", true)]
    [InlineData("X-Session-Id", true)]
    [InlineData("sessionid", true)]
    [InlineData("Cf-Access-Jwt-Assertion", true)]
    [InlineData("X-Goog-Iap-JWT-Assertion", true)]
    [InlineData("X-Password", true)]
    [InlineData("X-Passphrase", true)]
    [InlineData("X-Hub-Signature-256", true)]
    [InlineData("X-Amz-Credential", true)]
    [InlineData("X-SAML-Response", true)]
    [InlineData("X-PHPSESSID", true)]
    [InlineData("X-Amzn-Oidc-Data", true)]
    [InlineData("X-Client-Assertion", true)]
    [InlineData("X-Pwd", true)]
    [InlineData("X-Pass", true)]
    [InlineData("X-Pin", true)]
    [InlineData("X-Otp", true)]
    [InlineData("X-Sid", true)]
    [InlineData("X-Sig", true)]
    [InlineData("X-Ticket", true)]
    [InlineData("X-Hmac", true)]
    [InlineData("X-Bearer", true)]
    [InlineData("X-Keyword", true)]
    [InlineData("X-Author", true)]
    [InlineData("X-Country-Code", false)]
    [InlineData("X-Shipping", false)]
    [InlineData("X-Design", false)]
    [InlineData("X-Side", false)]
    [InlineData("X-Compass", false)]
    [InlineData("X-Jw", false)]
    [InlineData("X-Shop", false)]
    [InlineData("X-Aut", false)]
    [InlineData("X-Cook", false)]
    [InlineData("X-Sess", false)]
    [InlineData("", false)]
    public void AppendHeader_NameThatSaysSecret_IsADigest(string name, bool isSecret) => Assert.Equal(
        isSecret ? "=" + KeyText.Digest("value") : "=value",
        KeyText.Of((ref KeyBuilder key) => KeyPartText.AppendHeader(name, "value", ref key)));

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData(" , ", "")]
    [InlineData("*/*", "")]
    [InlineData(" */* ;q=1.0", "")]
    [InlineData("*/*;q=0.5", " accept=*/*;q=500")]
    [InlineData("*", " accept=*")]
    [InlineData("text/html", " accept=text/html")]
    [InlineData("text/html,*/*", " accept=text/html,*/*")]
    [InlineData("text/html\n*/*", " accept=text/html,*/*")]
    public void AppendAccept_Anything_IsAsIfItWereNotThere(string? header, string expected) =>
        Assert.Equal("/a" + expected, KeyText.Of((ref KeyBuilder key) =>
        {
            key.Append("/a");
            KeyPartText.AppendAccept(KeyText.Lines(header), ref key);
        }));

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData(",", "")]
    [InlineData("*", "")]
    [InlineData(" * ;q=0.3", "")]
    [InlineData("*;q=0", " language=*;q=0")]
    [InlineData("*/*", " language=*/*")]
    [InlineData("de", " language=de")]
    [InlineData("de,*;q=0.5", " language=de,*")]
    [InlineData("de;q=0.5\nen", " language=en,de")]
    public void AppendLanguages_Any_IsAsIfItWereNotThere(string? header, string expected) =>
        Assert.Equal("/a" + expected, KeyText.Of((ref KeyBuilder key) =>
        {
            key.Append("/a");
            KeyPartText.AppendLanguages(KeyText.Lines(header), ref key);
        }));

    private static string Part(KeyPart part, string target) =>
        KeyText.Of((ref KeyBuilder key) => Assert.True(Append(part, target, ref key)));

    private static bool IsWritten(KeyPart part, string target)
    {
        var written = false;
        _ = KeyText.Of((ref KeyBuilder key) => written = Append(part, target, ref key));
        return written;
    }

    private static bool Append(KeyPart part, string target, ref KeyBuilder key)
    {
        var request = Guide.Get(target);
        Assert.True(TargetText.TryRead(request, out var text));
        return KeyPartText.Append(request, text, part, ref key);
    }
}
