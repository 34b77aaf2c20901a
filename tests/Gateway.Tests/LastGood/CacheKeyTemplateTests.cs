using Gateway.Configuration.Model;
using Gateway.LastGood.Keys;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>How whole keys read, and which rules and variants make them others.</summary>
[Trait("kind", "unit")]
public sealed class CacheKeyTemplateTests
{
    // Stores behind keep keys for longer than a process: what ends them must stay.
    private const string DefaultEnd = " ~recommend.59f5dcdd";

    private static readonly LastGoodConfig Rich = new()
    {
        Key = [new(KeyPartKind.Path), new(KeyPartKind.Query), new(KeyPartKind.Header, "X-Shop"), new(KeyPartKind.Cookie, "sid")],
        Nearest = [[new(KeyPartKind.Path), new(KeyPartKind.QueryParameter, "page")], [new(KeyPartKind.Path)]],
    };

    public static TheoryData<string> OtherRules => [.. Variations.Keys];

    private static Dictionary<string, RouteConfig> Variations => new(StringComparer.Ordinal)
    {
        ["default"] = Guide.Route(),
        ["cookies"] = Guide.Route(new() { IgnoreCookies = true }),
        ["path"] = Guide.Route(new() { Key = [new(KeyPartKind.Path)] }),
        ["order"] = Guide.Route(new() { Key = [new(KeyPartKind.Query), new(KeyPartKind.Path)] }),
        ["header"] = Guide.Route(new() { Key = [new(KeyPartKind.Path), new(KeyPartKind.Header, "a")] }),
        ["other header"] = Guide.Route(new() { Key = [new(KeyPartKind.Path), new(KeyPartKind.Header, "b")] }),
        ["cookie"] = Guide.Route(new() { Key = [new(KeyPartKind.Path), new(KeyPartKind.Cookie, "a")] }),
        ["ignored"] = Guide.Route(new() { IgnoreHeaders = ["x-a"] }),
        ["other ignored"] = Guide.Route(new() { IgnoreHeaders = ["x-b"] }),
        ["both ignored"] = Guide.Route(new() { IgnoreHeaders = ["x-a", "x-b"] }),
        ["host"] = Guide.Route() with { KeepsHost = true },
        ["removed"] = Guide.Route() with { RequestHeaders = new() { Remove = ["x-a"] } },
        ["rewritten"] = Guide.Route() with { Rewrite = new() { Prefix = "/v2" } },
        ["name"] = Guide.Route(name: "other"),
    };

    [Fact]
    public void TryWrite_Parts_StandInTheirOrder()
    {
        var request = Guide.Get(
            "/api/%61?b=1&a=2",
            ("Accept-Language", "de"),
            ("Accept", "text/html"),
            ("Cookie", "sid=1"),
            ("X-Shop", "3"),
            ("X-One", "1"));
        var end = EndOf(Guide.Route(Rich));
        Assert.Equal(
            KeyText.Filled(
                "shop.example/api/a?a=2&b=1 header:x-shop=3 cookie:sid={sid=1} accept=text/html language=de own={x-one\n1\r}") + end,
            Key(Guide.Route(Rich), request));
        Assert.Equal("shop.example/a" + DefaultEnd, Key(Guide.Route(), Guide.Get("/a")));
    }

    [Theory]
    [InlineData("header:X-Shop path", "/b?x=1", "3", " header:x-shop=3/b")]
    [InlineData("header:X-Shop path", "/b", "3/a", " header:x-shop=3/a /b")]
    [InlineData("header:X-Shop path", "/b", "3?a", " header:x-shop=3?a/b")]
    [InlineData("header:X-Shop query", "/b", "3?x=1", " header:x-shop=3?x=1 ")]
    [InlineData("header:X-Shop query", "/b?x=1", "3", " header:x-shop=3?x=1")]
    [InlineData("path header:X-Shop query", "/b?x=1", "3/a", "/b header:x-shop=3/a?x=1")]
    [InlineData("path header:X-Shop query", "/b?x=1", "3?a", "/b header:x-shop=3?a ?x=1")]
    [InlineData("header:X-Shop query path", "/b", "3/a", " header:x-shop=3/a /b")]
    [InlineData("header:X-Shop cookie:sid path", "/b", "3/a", " header:x-shop=3/a cookie:sid/b")]
    [InlineData("path query header:X-Shop", "/b?x=/1", "3/a", "/b?x=/1 header:x-shop=3/a")]
    [InlineData("query path", "/b?x=1", "3", "?x=1/b")]
    [InlineData("query path", "/b?x=1/a", "3", "?x=1/a /b")]
    [InlineData("query path", "/b", "3", "/b")]
    [InlineData("query path", "/b?x?", "3", "?x?/b")]
    [InlineData("query:x path", "/b?x=1", "3", " query:x=1/b")]
    [InlineData("query:x path", "/b?x=1/a", "3", " query:x=1/a /b")]
    [InlineData("query:x header:X-Shop", "/b?x=1/a", "3/a", " query:x=1/a header:x-shop=3/a")]
    public void TryWrite_ValueThatReadsLikeAPathBehindIt_EndsInABlank(string parts, string target, string shop, string expected)
    {
        var route = Guide.Route(new() { Key = [.. parts.Split(' ').Select(Part)] });
        var request = parts.Contains("header", StringComparison.Ordinal) ? Guide.Get(target, ("X-Shop", shop)) : Guide.Get(target);
        Assert.Equal("shop.example" + expected + EndOf(route), Key(route, request));
    }

    [Fact]
    public void TryWrite_NearestKeys_HaveTheirOwnPartsAndEndsAndNoHeadersOfTheirOwn()
    {
        var request = Guide.Get("/a?page=2&x=1", ("X-One", "1"), ("Accept", "text/html"));
        var first = Key(Guide.Route(Rich), request, 0);
        var second = Key(Guide.Route(Rich), request, 1);
        Assert.Matches(@"^shop\.example/a query:page=2 accept=text/html ~recommend\.[0-9a-f]{8}\.nearest1$", first);
        Assert.Matches(@"^shop\.example/a accept=text/html ~recommend\.[0-9a-f]{8}\.nearest2$", second);
    }

    [Fact]
    public void TryWrite_WhatStoodThereBefore_IsGone() => Assert.Equal("shop.example/a" + DefaultEnd, KeyText.Of((ref KeyBuilder key) =>
    {
        var template = CacheKeyTemplate.For(Guide.Route())!;
        var request = Guide.Get("/a");
        key.Append("before");
        Assert.True(template.TryWrite(request, template.Read(request), CacheKeyTemplate.Exact, ref key));
    }));

    [Theory]
    [InlineData("", "/a", 0)]
    [InlineData("shop.example", "*", 0)]
    [InlineData("shop.example", "/a", 33)]
    public void TryWrite_NoHostNoTargetOrTooManyHeaders_IsNoKey(string host, string target, int headers)
    {
        var request = Guide.Get(target, [.. Enumerable.Range(0, headers).Select(static i => ($"X-{i}", "1"))]);
        request.Host = new HostString(host);
        var template = CacheKeyTemplate.For(Guide.Route(Rich))!;
        var facts = template.Read(request);
        _ = KeyText.Of((ref KeyBuilder key) => Assert.False(template.TryWrite(request, facts, CacheKeyTemplate.Exact, ref key)));
        _ = KeyText.Of((ref KeyBuilder key) => Assert.Equal(headers > 0, template.TryWrite(request, facts, 0, ref key)));
        _ = KeyText.Of((ref KeyBuilder key) => Assert.False(template.TryWritePreflight(request, facts, ref key)));
    }

    [Fact]
    public void TryWrite_LongestKey_StillIsOne()
    {
        var room = KeyBuilder.MaxLength - "shop.example/".Length - DefaultEnd.Length;
        var template = CacheKeyTemplate.For(Guide.Route())!;
        foreach (var (length, expected) in new[] { (room - 1, true), (room, true), (room + 1, false) })
        {
            var request = Guide.Get("/" + new string('x', length));
            var written = !expected;
            var tooLong = KeyText.IsTooLong((ref KeyBuilder key) =>
                written = template.TryWrite(request, template.Read(request), CacheKeyTemplate.Exact, ref key));
            Assert.Equal((expected, !expected), (written, tooLong));
        }
    }

    [Theory]
    [MemberData(nameof(OtherRules))]
    public void End_OtherRules_AreOtherKeys(string variation)
    {
        var end = EndOf(Variations[variation]);
        Assert.Single(Variations.Values, route => string.Equals(EndOf(route), end, StringComparison.Ordinal));
    }

    [Fact]
    public void End_SameRulesWrittenOtherwise_AreTheSameKeys()
    {
        Assert.Equal(DefaultEnd, EndOf(Guide.Route()));
        Assert.Equal(EndOf(Variations["both ignored"]), EndOf(Guide.Route(new() { IgnoreHeaders = ["X-B", "X-A"] })));
        Assert.Equal(EndOf(Guide.Route()), EndOf(Guide.Route(new() { MaxAge = TimeSpan.FromSeconds(1), Collapse = true })));
    }

    [Fact]
    public void For_Route_IsMadeOnceAndOnlyWhereResponsesAreKept()
    {
        var route = Guide.Route();
        Assert.Null(CacheKeyTemplate.For(route with { LastGood = null }));
        var template = CacheKeyTemplate.For(route);
        Assert.NotNull(template);
        Assert.Same(template, CacheKeyTemplate.For(route));
        Assert.Same(route, template.Route);
        Assert.Same(route.LastGood, template.Config);
    }

    [Theory]
    [InlineData(5_000, false, 50_000_000)]
    [InlineData(1, false, 10_000)]
    [InlineData(0, false, 0)]
    [InlineData(5_000, true, 0)]
    public void RefreshTicks_InTheClocksTicks_UnlessReadsBecomeOne(int milliseconds, bool collapse, long expected)
    {
        var config = new LastGoodConfig { RefreshEvery = TimeSpan.FromMilliseconds(milliseconds), Collapse = collapse };
        Assert.Equal(expected, CacheKeyTemplate.For(Guide.Route(config))!.RefreshTicks(new ManualTime()));
    }

    [Fact]
    public void TryWritePreflight_WhatItAsksFor_StandsAmongItsHeaders()
    {
        var request = Guide.Request(
            "OPTIONS",
            "/a/../b?x=1",
            ("Origin", "https://x y"),
            ("X-Shop", "3"),
            ("Cookie", "sid=1"),
            ("Access-Control-Request-Method", "PUT"));
        Assert.Equal(
            KeyText.Filled("shop.example/b preflight origin=https://x%20y header:x-shop=3 own={access-control-request-method\nPUT\r}")
                + EndOf(Guide.Route(Rich)),
            Preflight(request, Rich));
        Assert.Equal(
            KeyText.Filled("shop.example/a preflight origin= own={}") + DefaultEnd,
            Preflight(Guide.Request("OPTIONS", "/a"), new LastGoodConfig()));
    }

    [Theory]
    [InlineData(2_600, true)]
    [InlineData(2_800, false)]
    public void TryWritePreflight_BeyondAllMeasure_IsNone(int blanks, bool expected)
    {
        var template = CacheKeyTemplate.For(Guide.Route())!;
        var request = Guide.Request("OPTIONS", "/a", ("Origin", new string(' ', blanks)));
        var written = !expected;
        var tooLong = KeyText.IsTooLong((ref KeyBuilder key) =>
            written = template.TryWritePreflight(request, template.Read(request), ref key));
        Assert.Equal((expected, !expected), (written, tooLong));
    }

    [Theory]
    [InlineData("", 0, "")]
    [InlineData("accept-encoding", 0, " vary:accept-encoding=identity")]
    [InlineData("accept-encoding", 1, " vary:accept-encoding=gzip")]
    [InlineData("accept", 1, " vary:accept")]
    [InlineData("accept-language", 1, " vary:accept-language")]
    [InlineData("x-shop", 1, " vary:x-shop=3")]
    [InlineData("X-Shop", 1, " vary:x-shop=3")]
    [InlineData("x-other", 1, " vary:x-other")]
    [InlineData("cookie", 1, " vary:cookie={sid=1}")]
    [InlineData("accept,x-shop,accept-encoding", 3, " vary:accept vary:x-shop=3 vary:accept-encoding=br")]
    public void TryAppendVariant_EachHeader_IsAPart(string vary, int coding, string expected)
    {
        var headers = Guide.Headers(
            ("Accept", "a/b"), ("Accept-Language", "de"), ("Accept-Encoding", "zstd"), ("X-Shop", "3"), ("Cookie", "sid=1"));
        Assert.Equal("k" + KeyText.Filled(expected), KeyText.Of((ref KeyBuilder key) =>
        {
            key.Append('k');
            var names = vary.Split(',', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(CacheKeyTemplate.TryAppendVariant(headers, names, coding, ref key));
        }));
    }

    [Fact]
    public void TryAppendVariant_BeyondAllMeasure_IsNone()
    {
        var headers = Guide.Headers(("X-Shop", new string('3', KeyBuilder.MaxLength)));
        string[] vary = ["x-shop"];
        Assert.True(KeyText.IsTooLong((ref KeyBuilder key) =>
            Assert.False(CacheKeyTemplate.TryAppendVariant(headers, vary, 0, ref key))));
    }

    [Theory]
    [InlineData("/a/%2e%2e/%62?x=1", "shop.example/b")]
    [InlineData("http://other.example?x=1", "shop.example/")]
    [InlineData("*", null)]
    public void TryWritePlace_IsHostAndPath(string target, string? expected)
    {
        var request = Guide.Get(target);
        request.Host = new HostString("SHOP.example");
        Assert.Equal(expected ?? "", KeyText.Of((ref KeyBuilder place) =>
        {
            place.Append("before");
            Assert.Equal(expected is not null, CacheKeyTemplate.TryWritePlace(request, ref place));
        }));
    }

    [Fact]
    public void TryWritePlace_BeyondAllMeasure_IsNone() => Assert.True(KeyText.IsTooLong(static (ref KeyBuilder place) =>
        Assert.False(CacheKeyTemplate.TryWritePlace(Guide.Get("/" + new string('x', KeyBuilder.MaxLength)), ref place))));

    private static KeyPart Part(string text) => text.Split(':') switch
    {
        ["path"] => new(KeyPartKind.Path),
        ["query"] => new(KeyPartKind.Query),
        ["query", var name] => new(KeyPartKind.QueryParameter, name),
        ["cookie", var name] => new(KeyPartKind.Cookie, name),
        [_, var name] => new(KeyPartKind.Header, name),
        _ => throw new ArgumentException(text, nameof(text)),
    };

    private static string EndOf(RouteConfig route) => Key(route, Guide.Get("/a")) is var key
        ? key[key.IndexOf(" ~", StringComparison.Ordinal)..]
        : "";

    private static string Key(RouteConfig route, HttpRequest request, int nearest = CacheKeyTemplate.Exact)
    {
        var template = CacheKeyTemplate.For(route)!;
        return KeyText.Of((ref KeyBuilder key) => Assert.True(template.TryWrite(request, template.Read(request), nearest, ref key)));
    }

    private static string Preflight(HttpRequest request, LastGoodConfig config)
    {
        var template = CacheKeyTemplate.For(Guide.Route(config))!;
        return KeyText.Of((ref KeyBuilder key) =>
        {
            key.Append("before");
            Assert.True(template.TryWritePreflight(request, template.Read(request), ref key));
        });
    }
}
