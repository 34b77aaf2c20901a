using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.LastGood.Keys;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.LastGood;

[Trait("kind", "unit")]
public sealed class KeyTests
{
    [Theory]
    [InlineData("/a?b=1&a=2", "/a?a=2&b=1")]
    [InlineData("/a?a=%7Ex%41", "/a?a=~xA")]
    [InlineData("/a?a=%2f", "/a?a=%2F")]
    [InlineData("/a?&&a=1&", "/a?a=1")]
    [InlineData("/a?", "/a")]
    [InlineData("/%7Euser/%61?x", "/~user/a?x")]
    [InlineData("/a%2fb%3a", "/a%2Fb%3A")]
    [InlineData("/a/./b/../c", "/a/c")]
    [InlineData("/a/%2e%2E/b", "/b")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/../..", "/")]
    [InlineData("http://shop.example/a?x=1", "/a?x=1")]
    [InlineData("http://shop.example?x=1", "/?x=1")]
    public void Key_EquivalentTargets_AreOne(string left, string right) => Assert.Equal(Key(Guide.Get(left)), Key(Guide.Get(right)));

    [Theory]
    [InlineData("/a?a=1&a=2", "/a?a=2&a=1")]
    [InlineData("/a?a=x+y", "/a?a=x%20y")]
    [InlineData("/a?a=x+y", "/a?a=x%2By")]
    [InlineData("/a?a=1%26b=2", "/a?a=1&b=2")]
    [InlineData("/a?a", "/a?a=")]
    [InlineData("/a", "/A")]
    [InlineData("/p%3Fx=1", "/p?x=1")]
    [InlineData("/a%2Fb", "/a/b")]
    [InlineData("/a%2Cb", "/a,b")]
    [InlineData("/a%3Bb", "/a;b")]
    [InlineData("/a%40b", "/a@b")]
    [InlineData("/a%3Ab", "/a:b")]
    [InlineData("/a%26b", "/a&b")]
    [InlineData("/a%3Db", "/a=b")]
    [InlineData("/a%2Bb", "/a+b")]
    [InlineData("/a%21b", "/a!b")]
    [InlineData("/a%24b", "/a$b")]
    [InlineData("/a%27b", "/a'b")]
    [InlineData("/a%28b", "/a(b")]
    [InlineData("/a%2Ab", "/a*b")]
    [InlineData("/a%5Bb", "/a[b")]
    [InlineData("/a%23b", "/a#b")]
    [InlineData("/a%25b", "/a%b")]
    [InlineData("/a%2541", "/a%41")]
    [InlineData("/a%252Fb", "/a%2Fb")]
    [InlineData("/a%5Cb", "/a/b")]
    [InlineData("/%%41%42", "/%AB")]
    [InlineData("/%4%31x", "/%41x")]
    [InlineData("/a?a=%", "/a?a=%25")]
    [InlineData("/a?a=%2C", "/a?a=,")]
    [InlineData("/a?a=%3D", "/a?a==")]
    [InlineData("/a?a%3D1", "/a?a=1")]
    [InlineData("/a//b", "/a/b")]
    [InlineData("/a/", "/a")]
    public void Key_DifferentTargets_AreTwo(string left, string right) => Assert.NotEqual(Key(Guide.Get(left)), Key(Guide.Get(right)));

    [Fact]
    public void Key_EscapesOfAllBytes_OnlyUnreservedAreUndone()
    {
        for (var value = 0x21; value < 0x7F; value++)
        {
            var c = (char)value;
            var unreserved = char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~';
            foreach (var form in new[] { "/x{0}y", "/x?a=x{0}y" })
            {
                var escaped = string.Format(CultureInfo.InvariantCulture, form, $"%{value:x2}");
                Assert.Equal(Key(Guide.Get(escaped)), Key(Guide.Get(string.Format(CultureInfo.InvariantCulture, form, $"%{value:X2}"))));
                if (c != '%')
                {
                    Assert.Equal(
                        unreserved,
                        string.Equals(
                            Key(Guide.Get(escaped)),
                            Key(Guide.Get(string.Format(CultureInfo.InvariantCulture, form, c))),
                            StringComparison.Ordinal));
                }
            }
        }
    }

    [Fact]
    public void Key_LongEscapedPath_IsNormalisedAcrossPieces()
    {
        for (var lead = 120; lead < 132; lead++)
        {
            var filler = new string('x', lead);
            Assert.Equal(Key(Guide.Get($"/{filler}~%2F%41z")), Key(Guide.Get($"/{filler}%7e%2fAz")));
        }
    }

    [Theory]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("shop.example:443")]
    [InlineData("/a b")]
    [InlineData("/a\u00e9")]
    [InlineData("/a\u0001")]
    public void Key_TargetThatIsNone_HasNoKey(string target) => Assert.Null(TryKey(Guide.Get(target), new LastGoodConfig()));

    [Theory]
    [InlineData("/a?filter[]=1", "/a?filter[]=2")]
    [InlineData("/a?filter%5B%5D=1", "/a?filter%5B%5D=2")]
    [InlineData("/a?filter%5b%5D=1", "/a")]
    [InlineData("/a?Filter[]=1", "/a")]
    public void Key_NamedParameterInAnySpelling_TellsApart(string left, string right)
    {
        var config = new LastGoodConfig { Key = [new(KeyPartKind.Path), new(KeyPartKind.QueryParameter, "filter[]")] };
        Assert.NotEqual(Key(Guide.Get(left), config), Key(Guide.Get(right), config));
        Assert.Equal(
            Key(Guide.Get(left), config),
            Key(Guide.Get(left + (left.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "other=1"), config));
    }

    [Fact]
    public void Key_NearestKeys_TellEscapedTargetsApartToo()
    {
        var config = new LastGoodConfig { Nearest = [[new(KeyPartKind.Path)]] };
        Assert.NotEqual(TryKey(Guide.Get("/p%3Fx=1"), config, nearest: 0), TryKey(Guide.Get("/p?x=1"), config, nearest: 0));
        Assert.Equal(TryKey(Guide.Get("/p?x=2"), config, nearest: 0), TryKey(Guide.Get("/p?x=1"), config, nearest: 0));
    }

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
        var config = new LastGoodConfig
        {
            Key =
            [
                new(KeyPartKind.Path),
                new(KeyPartKind.QueryParameter, "page"),
                new(KeyPartKind.Header, "X-Shop"),
                new(KeyPartKind.Cookie, "sid")
            ]
        };
        var key = Key(Guide.Get("/a?page=2&utm=5", ("X-Shop", "3"), ("Cookie", "x=1; sid=secret")), config);
        Assert.Equal(key, Key(Guide.Get("/a?utm=9&page=2", ("X-Shop", "3"), ("Cookie", "sid=secret")), config));
        Assert.NotEqual(key, Key(Guide.Get("/a?page=3", ("X-Shop", "3"), ("Cookie", "sid=secret")), config));
        Assert.NotEqual(key, Key(Guide.Get("/a?page=2", ("X-Shop", "4"), ("Cookie", "sid=secret")), config));
        Assert.NotEqual(key, Key(Guide.Get("/a?page=2", ("X-Shop", "3"), ("Cookie", "sid=other")), config));
        Assert.NotEqual(key, Key(Guide.Get("/a?page=2", ("X-Shop", "3")), config));
        Assert.DoesNotContain("secret", key, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a%20cookie:sid=#x")]
    [InlineData("/a%20header:x-shop=3")]
    [InlineData("/a%20~recommend.00000000")]
    [InlineData("/a?%20own=1")]
    public void Key_HostilePath_CannotImitateAPart(string path) =>
        Assert.Single(Parts(Key(Guide.Get(path))), part => part.StartsWith(Guide.Host, StringComparison.Ordinal));

    [Fact]
    public void Key_HostileHeader_CannotImitateAPart()
    {
        var config = new LastGoodConfig { Key = [new(KeyPartKind.Path), new(KeyPartKind.Header, "X-A"), new(KeyPartKind.Header, "X-B")] };
        Assert.NotEqual(Key(Guide.Get("/a", ("X-A", "1 header:x-b=2")), config), Key(Guide.Get("/a", ("X-A", "1"), ("X-B", "2")), config));
    }

    [Theory]
    [InlineData("X-Original-URL", "/evil")]
    [InlineData("X-Rewrite-URL", "/evil")]
    [InlineData("X-HTTP-Method-Override", "DELETE")]
    [InlineData("X-Host", "evil.example")]
    [InlineData("X-Original-Host", "evil.example")]
    [InlineData("X-Envoy-Original-Path", "/evil")]
    [InlineData("CF-IPCountry", "DE")]
    [InlineData("CF-Visitor", "{\"scheme\":\"https\"}")]
    [InlineData("CF-Device-Type", "mobile")]
    [InlineData("Cf-Access-Authenticated-User-Email", "a@b")]
    [InlineData("Cf-Access-Jwt-Assertion", "secret")]
    [InlineData("CloudFront-Viewer-Country", "DE")]
    [InlineData("CloudFront-Is-Mobile-Viewer", "true")]
    [InlineData("CloudFront-Forwarded-Proto", "https")]
    [InlineData("X-Akamai-Edgescape", "country_code=DE")]
    [InlineData("X-Akamai-Device-Characteristics", "is_mobile=true")]
    [InlineData("Fastly-SSL", "1")]
    [InlineData("X-Amzn-Oidc-Identity", "alice")]
    [InlineData("X-Goog-Authenticated-User-Email", "alice")]
    [InlineData("X-MS-Client-Principal", "alice")]
    [InlineData("X-Vercel-IP-Country", "DE")]
    [InlineData("X-Appengine-Country", "DE")]
    [InlineData("X-Country-Code", "DE")]
    [InlineData("X-Device-Type", "mobile")]
    [InlineData("X-Requested-With", "XMLHttpRequest")]
    [InlineData("X-SSL-Client-Cert", "secret")]
    [InlineData("Front-End-Https", "on")]
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
        Key(Guide.Get(
            "/a",
            ("User-Agent", "x"),
            ("Referer", "/b"),
            ("Sec-Fetch-Mode", "cors"),
            ("X-Request-Id", "1"),
            ("X-Forwarded-For", "::1"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "br"))));

    [Theory]
    [InlineData("X-Forwarded-For")]
    [InlineData("X-Forwarded-Host")]
    [InlineData("X-Forwarded-Proto")]
    [InlineData("X-Forwarded-Port")]
    [InlineData("X-Forwarded-Server")]
    [InlineData("X-Forwarded-Prefix")]
    [InlineData("X-Forwarded-Client-Cert")]
    [InlineData("Forwarded")]
    [InlineData("X-Real-IP")]
    [InlineData("X-Client-IP")]
    [InlineData("True-Client-IP")]
    [InlineData("CF-Connecting-IP")]
    [InlineData("CF-Connecting-IPv6")]
    [InlineData("CF-Ray")]
    [InlineData("CDN-Loop")]
    [InlineData("X-Amz-Cf-Id")]
    [InlineData("X-Amz-Cf-Pop")]
    [InlineData("X-Amzn-Trace-Id")]
    [InlineData("X-Azure-Ref")]
    [InlineData("X-Azure-ClientIP")]
    [InlineData("X-Azure-SocketIP")]
    [InlineData("X-Azure-FDID")]
    [InlineData("X-Azure-RequestChain")]
    [InlineData("X-Varnish")]
    [InlineData("X-Edge-Request-Id")]
    [InlineData("Fastly-Client-IP")]
    [InlineData("Fastly-FF")]
    [InlineData("Akamai-Origin-Hop")]
    [InlineData("X-Akamai-Request-ID")]
    [InlineData("CloudFront-Viewer-Address")]
    [InlineData("CloudFront-Viewer-JA3-Fingerprint")]
    [InlineData("CloudFront-Viewer-Latitude")]
    [InlineData("CloudFront-Viewer-Header-Order")]
    [InlineData("X-Envoy-External-Address")]
    [InlineData("X-Envoy-Attempt-Count")]
    [InlineData("X-B3-TraceId")]
    [InlineData("b3")]
    [InlineData("traceparent")]
    [InlineData("tracestate")]
    [InlineData("elastic-apm-traceparent")]
    [InlineData("X-Cloud-Trace-Context")]
    [InlineData("X-Datadog-Trace-Id")]
    [InlineData("X-Instana-T")]
    [InlineData("X-NewRelic-ID")]
    [InlineData("uber-trace-id")]
    [InlineData("grpc-trace-bin")]
    [InlineData("X-Request-Start")]
    [InlineData("X-Queue-Start")]
    [InlineData("X-Unique-Id")]
    [InlineData("X-Vercel-Id")]
    [InlineData("Fly-Request-Id")]
    [InlineData("Sec-Fetch-Site")]
    [InlineData("Sec-CH-UA")]
    public void Key_WhatNetworksAndTracersAdd_IsNoPart(string name)
    {
        Assert.Equal(Key(Guide.Get("/a")), Key(Guide.Get("/a", (name, Guid.NewGuid().ToString()))));
        Assert.Equal(Key(Guide.Get("/a")), Key(Guide.Get("/a", (name.ToLowerInvariant(), "x"))));
    }

    [Theory]
    [InlineData("X-Forwarded-Host", true)]
    [InlineData("X-Forwarded-Proto", true)]
    [InlineData("X-Forwarded-Port", true)]
    [InlineData("X-Forwarded-For", false)]
    [InlineData("X-Forwarded-Prefix", true)]
    [InlineData("X-Forwarded-User", true)]
    public void Key_ForwardedByATrustedProxy_CountsWhereTheDestinationSeesIt(string name, bool counts)
    {
        var plain = Trusted();
        Assert.Equal(!counts, string.Equals(plain, Trusted((name, "evil")), StringComparison.Ordinal));
        Assert.Equal(plain, Key(Guide.Get("/a", (name, "evil"))));

        static string Trusted(params (string, string)[] headers)
        {
            var request = Guide.Get("/a", headers);
            request.HttpContext.Connection.RemoteIpAddress = System.Net.IPAddress.Parse("::ffff:10.1.2.3");
            var plan = CacheKeyTemplate.For(Guide.Route())!;
            var builder = new KeyBuilder(stackalloc char[512]);
            Assert.True(plan.TryWrite(
                request,
                plan.Read(request, static () => [System.Net.IPNetwork.Parse("10.0.0.0/8")]),
                CacheKeyTemplate.Exact,
                ref builder));
            return builder.Text.ToString();
        }
    }

    [Fact]
    public void Key_IgnoredHeaders_AreNoPart()
    {
        var config = new LastGoodConfig { IgnoreHeaders = ["x-device-id"] };
        Assert.Equal(Key(Guide.Get("/a"), config), Key(Guide.Get("/a", ("X-Device-Id", "1")), config));
        Assert.NotEqual(Key(Guide.Get("/a"), config), Key(Guide.Get("/a", ("X-Device-Id", "1"), ("X-Shop", "1")), config));
        Assert.NotEqual(Key(Guide.Get("/a")), Key(Guide.Get("/a"), config));
    }

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
        Assert.Equal(expected, CacheKeyTemplate.For(Guide.Route(config))!.Read(Guide.Get("/a", ("Cookie", cookie))).Cookies.ToString());
    }

    private static string[] Parts(string key) => key.Split(' ');

    private static string Key(HttpRequest request, LastGoodConfig? config = null)
    {
        var key = TryKey(request, config ?? new LastGoodConfig());
        Assert.NotNull(key);
        return key;
    }

    private static string? TryKey(HttpRequest request, LastGoodConfig config, int nearest = CacheKeyTemplate.Exact)
    {
        var plan = CacheKeyTemplate.For(Guide.Route(config))!;
        var builder = new KeyBuilder(stackalloc char[16]);
        try
        {
            return plan.TryWrite(request, plan.Read(request), nearest, ref builder) ? builder.Text.ToString() : null;
        }
        finally
        {
            builder.Dispose();
        }
    }
}
