using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;
using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>What is read from a request's head, header by header.</summary>
[Trait("kind", "unit")]
public sealed class RequestFactsTests
{
    [Theory]
    [InlineData("GET", "", "Get")]
    [InlineData("HEAD", "", "Head")]
    [InlineData("POST", "", "")]
    [InlineData("GET", "User-Agent: x", "Get")]
    [InlineData("GET", "Authorization: x", "Get Authorization")]
    [InlineData("GET", "Cookie: a=b", "Get Unkeyed")]
    [InlineData("GET", "Cookie: sid=b", "Get Keyed")]
    [InlineData("GET", "Range: bytes=0-1", "Get Range")]
    [InlineData("GET", "Cache-Control: no-store", "Get NoStore")]
    [InlineData("GET", "Cache-Control: no-cache", "Get")]
    [InlineData("GET", "Content-Length: 0", "Get")]
    [InlineData("GET", "Content-Length: 1", "Get Body")]
    [InlineData("GET", "Content-Length: 1|Transfer-Encoding: 0", "Get Body")]
    [InlineData("GET", "Transfer-Encoding: chunked", "Get Body")]
    [InlineData("GET", "X-Shop: 1", "Get Own")]
    [InlineData("GET", "X-Keyed: 1", "Get")]
    [InlineData("GET", "x-ignored: 1", "Get")]
    [InlineData("GET", "X-Shop: 1|X-Keyed: 1", "Get Own")]
    [InlineData("GET", "X-Keyed: 1|X-Shop: 1", "Get Own")]
    [InlineData("GET", "X-Forwarded-Host: x", "Get")]
    [InlineData("GET", "Origin: x", "Get Optional")]
    [InlineData("GET", "From: x", "Get")]
    [InlineData("GET", "Origin: x|From: x", "Get Optional")]
    [InlineData("GET", "From: x|Origin: x", "Get Optional")]
    [InlineData("GET", "Authorization: x|Cookie: a=b|Range: x|X-Shop: 1|Origin: x", "Get Authorization Unkeyed Range Own Optional")]
    public void Read_Head_SaysWhatTheRulesNeed(string method, string headers, string expected)
    {
        var config = new LastGoodConfig
        {
            Key = [new(KeyPartKind.Path), new(KeyPartKind.Header, "X-Keyed"), new(KeyPartKind.Cookie, "sid")],
            IgnoreHeaders = ["X-Ignored", "From"],
        };
        Assert.Equal(expected, Text(Read(Guide.Route(config), method, headers)));
    }

    [Fact]
    public void Read_HeadersThatNoDestinationSees_MeanNothing()
    {
        var route = Guide.Route() with
        {
            RequestHeaders = new() { Remove = ["cookie", "X-Shop"], Set = [new("authorization", "Basic x")] },
        };
        Assert.Equal("Get", Text(Read(route, "GET", "Cookie: a=b|Authorization: x|X-Shop: 1")));
        Assert.Equal("Get Unkeyed", Text(Read(route with { RequestHeaders = new() { Remove = ["authorization"] } }, "GET", "Cookie: a=b")));
    }

    [Theory]
    [InlineData("10.1.2.3", "X-Forwarded-Host: x", "Get Own Forwarded")]
    [InlineData("192.168.0.1", "X-Forwarded-Host: x", "Get Own Forwarded")]
    [InlineData("::ffff:10.1.2.3", "X-Forwarded-Host: x", "Get Own Forwarded")]
    [InlineData("2001:db8::1", "X-Forwarded-Host: x", "Get Own Forwarded")]
    [InlineData("2001:db9::1", "X-Forwarded-Host: x", "Get")]
    [InlineData("11.1.2.3", "X-Forwarded-Host: x", "Get")]
    [InlineData("::ffff:11.1.2.3", "X-Forwarded-Host: x", "Get")]
    [InlineData(null, "X-Forwarded-Host: x", "Get")]
    [InlineData("10.1.2.3", "X-Forwarded-For: x", "Get")]
    [InlineData("10.1.2.3", "X-Forwarded-User: x", "Get Forwarded")]
    [InlineData("10.1.2.3", "X-Forwarded-Host: x|X-Forwarded-User: x", "Get Own Forwarded")]
    public void Read_ForwardedHeaders_CountFromTrustedProxies(string? remote, string headers, string expected)
    {
        var route = Guide.Route(new LastGoodConfig { IgnoreHeaders = ["X-Forwarded-User"] });
        var request = Guide.Get("/a", Headers(headers));
        request.HttpContext.Connection.RemoteIpAddress = remote is null ? null : IPAddress.Parse(remote);
        var template = CacheKeyTemplate.For(route)!;
        Assert.Equal(expected, Text(template.Read(
            request,
            static () => [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("2001:db8::/32")])));
        Assert.Equal("Get", Text(template.Read(request, static () => [])));
        Assert.Equal("Get", Text(template.Read(request)));
    }

    [Theory]
    [InlineData("https", true, true)]
    [InlineData("https", false, false)]
    [InlineData("http", true, false)]
    [InlineData("http", false, false)]
    public void Read_ClientCertificate_IsAuthorization(string scheme, bool shown, bool expected)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(ManualTime.Start, ManualTime.Start.AddDays(1));
        var request = Guide.Get("/a");
        request.Scheme = scheme;
        request.HttpContext.Features.Set<ITlsConnectionFeature>(new TlsConnectionFeature
        {
            ClientCertificate = shown ? certificate : null,
        });
        var template = CacheKeyTemplate.For(Guide.Route())!;
        Assert.Equal(expected, template.Read(request).HasAuthorization);
        request.HttpContext.Features.Set<ITlsConnectionFeature>(null);
        Assert.False(template.Read(request).HasAuthorization);
    }

    [Theory]
    [InlineData("X-Shop", false, true)]
    [InlineData("X-Ignored", false, false)]
    [InlineData("User-Agent", true, false)]
    [InlineData("X-Forwarded-Host", false, false)]
    [InlineData("X-Forwarded-Host", true, true)]
    [InlineData("X-Forwarded-User", true, false)]
    public void IsOwn_WhatTheRulesDoNotSettle(string name, bool trustsForwarded, bool expected)
    {
        var config = new LastGoodConfig { IgnoreHeaders = ["x-ignored", "x-forwarded-user"] };
        Assert.Equal(expected, CacheKeyTemplate.For(Guide.Route(config))!.IsOwn(name, trustsForwarded));
    }

    private static RequestMetadata Read(RouteConfig route, string method, string headers) =>
        CacheKeyTemplate.For(route)!.Read(Guide.Request(method, "/a", Headers(headers)));

    private static (string Name, string Value)[] Headers(string text) =>
        [.. text.Split('|', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split(": "))
            .Select(static pair => (pair[0], pair[1]))];

    private static string Text(RequestMetadata facts) => string.Join(' ', new[]
    {
        facts.IsGet ? "Get" : "",
        facts.IsHead ? "Head" : "",
        facts.HasAuthorization ? "Authorization" : "",
        facts.Cookies == CookieStanding.None ? "" : facts.Cookies.ToString(),
        facts.HasRange ? "Range" : "",
        facts.NoStore ? "NoStore" : "",
        facts.HasBody ? "Body" : "",
        facts.HasOwnHeaders ? "Own" : "",
        facts.HasOptionalHeaders ? "Optional" : "",
        facts.TrustsForwarded ? "Forwarded" : "",
    }.Where(static part => part.Length > 0));
}
