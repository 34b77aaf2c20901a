using Gateway.LastGood.Keys;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>What each request header means to a key.</summary>
[Trait("kind", "unit")]
public sealed class RequestHeaderRolesTests
{
    [Theory]
    [InlineData("Accept", "Accept")]
    [InlineData("Accept-Language", "AcceptLanguage")]
    [InlineData("Authorization", "Authorization")]
    [InlineData("Cookie", "Cookie")]
    [InlineData("Range", "Range")]
    [InlineData("Cache-Control", "CacheControl")]
    [InlineData("Transfer-Encoding", "Body")]
    [InlineData("Content-Length", "Body")]
    [InlineData("Accept-Encoding", "Harmless")]
    [InlineData("Host", "Harmless")]
    [InlineData("Priority", "Harmless")]
    [InlineData("Forwarded", "Harmless")]
    [InlineData("X-Forwarded", "Harmless")]
    [InlineData("X-Forwarded-For", "Harmless")]
    [InlineData("X-Forwarded-Host", "Forwarded")]
    [InlineData("X-Forwarded-", "Forwarded")]
    [InlineData("X-Forwarded-User", "Forwarded")]
    [InlineData("X-ForwardedHost", "Own")]
    [InlineData("My-X-Forwarded-Host", "Own")]
    [InlineData(":authority", "Harmless")]
    [InlineData("X:authority", "Own")]
    [InlineData("X-Shop", "Own")]
    [InlineData("", "Own")]
    public void Of_NameInAnyCase_IsItsRole(string name, string expected)
    {
        Assert.Equal(expected, RequestHeaderRoles.Of(name).ToString());
        Assert.Equal(expected, RequestHeaderRoles.Of(name.ToUpperInvariant()).ToString());
        Assert.Equal(expected, RequestHeaderRoles.Of(name.ToLowerInvariant()).ToString());
    }

    [Theory]
    [InlineData("Sec-")]
    [InlineData("X-B3-")]
    [InlineData("X-Datadog-")]
    [InlineData("X-Instana-")]
    [InlineData("X-NewRelic-")]
    [InlineData("X-Dynatrace")]
    [InlineData("X-Sentry-")]
    [InlineData("X-Honeycomb-")]
    [InlineData("Elastic-Apm-")]
    [InlineData("Uberctx-")]
    [InlineData("Ot-Tracer-")]
    [InlineData("Jaeger-")]
    [InlineData("X-Envoy-")]
    [InlineData("X-Azure-")]
    [InlineData("X-Amz-Cf-")]
    [InlineData("CloudFront-")]
    [InlineData("Akamai-")]
    [InlineData("X-Akamai-")]
    [InlineData("Fastly-")]
    [InlineData("X-Edge-")]
    [InlineData("SigSci-")]
    [InlineData("X-SigSci-")]
    public void Of_AFamilyThatNetworksAndTracersAdd_IsHarmless(string family)
    {
        Assert.Equal(HeaderRole.Harmless, RequestHeaderRoles.Of(family + "Anything"));
        Assert.Equal(HeaderRole.Harmless, RequestHeaderRoles.Of(family.ToLowerInvariant() + "anything"));
        Assert.Equal(HeaderRole.Own, RequestHeaderRoles.Of("A-" + family + "Anything"));
        Assert.Equal(HeaderRole.Own, RequestHeaderRoles.Of(family[..^1] + "Q"));
    }

    [Theory]
    [InlineData("CloudFront-Viewer-Country")]
    [InlineData("CloudFront-Viewer-Country-Name")]
    [InlineData("CloudFront-Viewer-Country-Region")]
    [InlineData("CloudFront-Viewer-Country-Region-Name")]
    [InlineData("CloudFront-Forwarded-Proto")]
    [InlineData("CloudFront-Is-Desktop-Viewer")]
    [InlineData("CloudFront-Is-Mobile-Viewer")]
    [InlineData("CloudFront-Is-Tablet-Viewer")]
    [InlineData("CloudFront-Is-SmartTV-Viewer")]
    [InlineData("CloudFront-Is-Android-Viewer")]
    [InlineData("CloudFront-Is-IOS-Viewer")]
    [InlineData("X-Akamai-Edgescape")]
    [InlineData("X-Akamai-Device-Characteristics")]
    [InlineData("Fastly-SSL")]
    [InlineData("X-Envoy-Original-Path")]
    [InlineData("X-Envoy-Original-Host")]
    public void Of_WhatAResponseMayBeMadeBy_SetsItsSenderApart(string name)
    {
        Assert.Equal(HeaderRole.Own, RequestHeaderRoles.Of(name));
        Assert.Equal(HeaderRole.Own, RequestHeaderRoles.Of(name.ToLowerInvariant()));
    }

    [Theory]
    [InlineData("Origin")]
    [InlineData("DNT")]
    [InlineData("Sec-GPC")]
    [InlineData("Save-Data")]
    [InlineData("Purpose")]
    [InlineData("X-Purpose")]
    [InlineData("Sec-Purpose")]
    [InlineData("X-Moz")]
    [InlineData("From")]
    [InlineData("Content-Type")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Expect")]
    [InlineData("Max-Forwards")]
    [InlineData("If-Match")]
    [InlineData("If-Unmodified-Since")]
    [InlineData("If-Range")]
    public void Of_WhatFewClientsSend_IsOptional(string name)
    {
        Assert.Equal(HeaderRole.Optional, RequestHeaderRoles.Of(name));
        Assert.Equal(HeaderRole.Optional, RequestHeaderRoles.Of(name.ToLowerInvariant()));
    }
}
