using Gateway.Configuration;
using Gateway.LastGood;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.LastGood;

public sealed class KeyTests
{
    [Theory]
    [InlineData("/a?b=1&a=2", "/a?a=2&b=1")]
    [InlineData("/a?a=%7Ex%41", "/a?a=~xA")]
    [InlineData("/a?a=%2f", "/a?a=%2F")]
    [InlineData("/a?&&a=1&", "/a?a=1")]
    [InlineData("/a?", "/a")]
    [InlineData("/a?a=%", "/a?a=%25")]
    public void Key_EquivalentQueries_AreOne(string left, string right) => Assert.Equal(Key(Guide.Get(left)), Key(Guide.Get(right)));

    [Theory]
    [InlineData("/a?a=1&a=2", "/a?a=2&a=1")]
    [InlineData("/a?a=x+y", "/a?a=x%20y")]
    [InlineData("/a?a=x+y", "/a?a=x%2By")]
    [InlineData("/a?a=1%26b=2", "/a?a=1&b=2")]
    [InlineData("/a?a", "/a?a=")]
    [InlineData("/a", "/A")]
    public void Key_DifferentQueries_AreTwo(string left, string right) => Assert.NotEqual(Key(Guide.Get(left)), Key(Guide.Get(right)));

    [Fact]
    public void Key_HostInAnyCase_IsOneAndPartOfIt()
    {
        var upper = Guide.Get("/a");
        upper.Host = new HostString("SHOP.example");
        var other = Guide.Get("/a");
        other.Host = new HostString("other.example");
        Assert.Equal(Key(Guide.Get("/a")), Key(upper));
        Assert.NotEqual(Key(Guide.Get("/a")), Key(other));
        Assert.Equal(Key(Guide.Get("/a")), Key(Guide.Request("HEAD", "/a")));
    }

    [Fact]
    public void Key_Parts_ChooseWhatTellsApart()
    {
        var config = new LastGoodConfig { Key = [new(KeyPartKind.Path), new(KeyPartKind.QueryParameter, "page"), new(KeyPartKind.Header, "X-Shop"), new(KeyPartKind.Cookie, "sid")] };
        var key = Key(Guide.Get("/a?page=2&utm=5", ("X-Shop", "3"), ("Cookie", "x=1; sid=secret")), config);
        Assert.Equal(key, Key(Guide.Get("/a?utm=9&page=2", ("X-Shop", "3"), ("Cookie", "sid=secret")), config));
        Assert.NotEqual(key, Key(Guide.Get("/a?page=3", ("X-Shop", "3"), ("Cookie", "sid=secret")), config));
        Assert.NotEqual(key, Key(Guide.Get("/a?page=2", ("X-Shop", "4"), ("Cookie", "sid=secret")), config));
        Assert.NotEqual(key, Key(Guide.Get("/a?page=2", ("X-Shop", "3"), ("Cookie", "sid=other")), config));
        Assert.NotEqual(key, Key(Guide.Get("/a?page=2", ("X-Shop", "3")), config));
        Assert.DoesNotContain("secret", key, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a cookie:sid=#x")]
    [InlineData("/a header:x-shop=3")]
    [InlineData("/a ~recommend.00000000")]
    [InlineData("/a%20own=1")]
    public void Key_HostilePath_CannotImitateAPart(string path) => Assert.Single(Parts(Key(Guide.Get(path))), part => part.StartsWith(Guide.Host, StringComparison.Ordinal));

    [Fact]
    public void Key_HostileHeader_CannotImitateAPart()
    {
        var config = new LastGoodConfig { Key = [new(KeyPartKind.Path), new(KeyPartKind.Header, "X-A"), new(KeyPartKind.Header, "X-B")] };
        Assert.NotEqual(Key(Guide.Get("/a", ("X-A", "1 header:x-b=2")), config), Key(Guide.Get("/a", ("X-A", "1"), ("X-B", "2")), config));
    }

    [Theory]
    [InlineData("X-Forwarded-Host", "evil.example")]
    [InlineData("X-Original-URL", "/evil")]
    [InlineData("X-Api-Key", "secret")]
    [InlineData("X-User", "mallory")]
    [InlineData("Accept-Language", "xx")]
    [InlineData("Accept", "application/xml")]
    public void Key_UnkeyedHeader_SetsItsSenderApart(string name, string value)
    {
        var key = Key(Guide.Get("/a", (name, value)));
        Assert.NotEqual(Key(Guide.Get("/a")), key);
        Assert.Equal(key, Key(Guide.Get("/a", (name, value), ("User-Agent", "any"), ("traceparent", "00-1"))));
        Assert.DoesNotContain("secret", key, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_HarmlessHeaders_AreNoPart() => Assert.Equal(
        Key(Guide.Get("/a")),
        Key(Guide.Get("/a", ("User-Agent", "x"), ("Referer", "/b"), ("Sec-Fetch-Mode", "cors"), ("X-Request-Id", "1"), ("X-Forwarded-For", "::1"), ("Accept", "*/*"), ("Accept-Encoding", "br"))));

    [Fact]
    public void Key_OwnHeadersInAnyOrder_AreOne() =>
        Assert.Equal(Key(Guide.Get("/a", ("X-One", "1"), ("X-Two", "2"))), Key(Guide.Get("/a", ("x-two", "2"), ("x-one", "1"))));

    [Fact]
    public void Key_BeyondAllMeasure_IsNone()
    {
        Assert.Null(TryKey(Guide.Get("/a?" + new string('x', 9000)), new LastGoodConfig()));
        Assert.Null(TryKey(Guide.Get("/" + new string('x', 9000)), new LastGoodConfig()));
        Assert.Null(TryKey(Guide.Get("/a?" + string.Join('&', Enumerable.Range(0, 65).Select(i => $"p{i}=1"))), new LastGoodConfig()));
        Assert.Null(TryKey(Guide.Get("/a", [.. Enumerable.Range(0, 33).Select(i => ($"X-{i}", "1"))]), new LastGoodConfig()));
        Assert.NotNull(TryKey(Guide.Get("/a?" + string.Join('&', Enumerable.Range(0, 64).Select(i => $"p{i}=1"))), new LastGoodConfig()));
    }

    [Fact]
    public void Key_OtherRules_AreOtherKeys()
    {
        var request = Guide.Get("/a");
        var refused = Key(request, new LastGoodConfig());
        Assert.NotEqual(refused, Key(request, new LastGoodConfig { IgnoreCookies = true }));
        Assert.NotEqual(refused, Key(request, new LastGoodConfig { Key = [new(KeyPartKind.Path)] }));
    }

    [Theory]
    [InlineData("sid=1", "Keyed")]
    [InlineData("sid=1; lang=de; other=x", "Keyed")]
    [InlineData("lang=de", "Keyed")]
    [InlineData("session=alice", "Unkeyed")]
    [InlineData("lang=de; session=alice", "Unkeyed")]
    [InlineData("sid=1; session=alice", "Unkeyed")]
    public void Cookies_BesidesTheKey_CountAsUnkeyedUnlessAllKeyedOnesAreThere(string cookie, string expected)
    {
        var config = new LastGoodConfig { Key = [new(KeyPartKind.Path), new(KeyPartKind.Cookie, "sid"), new(KeyPartKind.Cookie, "lang")] };
        Assert.Equal(expected, KeyPlan.For(Guide.Route(config))!.Read(Guide.Get("/a", ("Cookie", cookie))).Cookies.ToString());
    }

    private static string[] Parts(string key) => key.Split(' ');

    private static string Key(HttpRequest request, LastGoodConfig? config = null)
    {
        var key = TryKey(request, config ?? new LastGoodConfig());
        Assert.NotNull(key);
        return key;
    }

    private static string? TryKey(HttpRequest request, LastGoodConfig config)
    {
        var plan = KeyPlan.For(Guide.Route(config))!;
        var builder = new KeyBuilder(stackalloc char[16]);
        try
        {
            return plan.TryWrite(request, plan.Read(request), KeyPlan.Exact, ref builder) ? builder.Text.ToString() : null;
        }
        finally
        {
            builder.Dispose();
        }
    }
}
