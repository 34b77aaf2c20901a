using Gateway.LastGood.Policy;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>What <c>Cache-Control</c> and the fields of the service's own caches say (RFC 9111, section 5.2; RFC 5861; RFC 9213).</summary>
[Trait("kind", "unit")]
public sealed class CacheDirectivesTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData(" , ,\t", "")]
    [InlineData("public", "Known Public")]
    [InlineData("PUBLIC", "Known Public")]
    [InlineData("private", "Known Private")]
    [InlineData("private=\"x\"", "Known Private")]
    [InlineData("private=\"\"", "Known Private")]
    [InlineData("private=x", "Known Private")]
    [InlineData("no-store", "Known NoStore")]
    [InlineData("no-cache", "Known NoCache")]
    [InlineData("no-cache=\"set-cookie, x\"", "Known NoCache")]
    [InlineData("s-maxage=60", "Known SharedMaxAge")]
    [InlineData("s-maxage=0", "Known SharedMaxAge")]
    [InlineData("must-revalidate", "Known MustRevalidate")]
    [InlineData("proxy-revalidate", "Known MustRevalidate")]
    [InlineData("max-age=60", "Known max-age=60")]
    [InlineData("stale-if-error=60", "Known stale-if-error=60")]
    [InlineData("max-age=1, stale-if-error=2", "Known max-age=1 stale-if-error=2")]
    [InlineData("public, no-store\nprivate,no-cache", "Known NoStore Private NoCache Public")]
    [InlineData("no-store-remote", "")]
    [InlineData("immutable", "")]
    [InlineData("foobar", "")]
    [InlineData("private2, max-agee=1, no-stor, s-maxag=1, publi", "")]
    [InlineData("foo-bar", "")]
    [InlineData("no-thing, stale-if-horror=5, must-not-reload, proxy-not-a-thing, unknown-for-now", "")]
    [InlineData("x=\"no-store, private\"", "")]
    [InlineData("x=\"a\\\", no-store\", public", "Known Public")]
    [InlineData("x=\"a\\\\\", no-store", "Known NoStore")]
    [InlineData("x=\"a\tb\"", "")]
    [InlineData(" public\t,\tmax-age \t= \t60 ", "Known Public max-age=60")]
    [InlineData("x=!#$%&'*+-.^_`|~09AZaz, public", "Known Public")]
    public void Parse_WellFormed_IsWhatItSays(string? header, string expected) =>
        Assert.Equal(expected, Text(CacheDirectives.Parse(KeyText.Lines(header))));

    [Theory]
    [InlineData("max-age=1, max-age=2", "Known max-age=1")]
    [InlineData("max-age=2, max-age=1", "Known max-age=1")]
    [InlineData("max-age=5\nmax-age=3\nmax-age=4", "Known max-age=3")]
    [InlineData("max-age=5, max-age=x", "Known max-age=0")]
    [InlineData("max-age, max-age=5", "Known max-age=0")]
    [InlineData("stale-if-error=0, stale-if-error=86400", "Known stale-if-error=0")]
    [InlineData("stale-if-error=86400\nstale-if-error=0", "Known stale-if-error=0")]
    [InlineData("stale-if-error=60, max-age=7, stale-if-error=x", "Known max-age=7 stale-if-error=0")]
    public void Parse_SaidTwice_TheStricterCounts(string header, string expected)
    {
        Assert.Equal(expected, Text(CacheDirectives.Parse(KeyText.Lines(header))));
        Assert.Equal(expected + " Targeted", Text(Of(null, header, null)));
    }

    [Theory]
    [InlineData("=60", "Known NoStore")]
    [InlineData("max-age=", "Known NoStore")]
    [InlineData("max-age= , public", "Known NoStore Public")]
    [InlineData("max age=60", "Known NoStore")]
    [InlineData("max-age=6 0", "Known NoStore")]
    [InlineData("public;x", "Known NoStore")]
    [InlineData("x=;", "Known NoStore")]
    [InlineData("x=?0", "Known NoStore")]
    [InlineData("x=?1", "Known NoStore")]
    [InlineData("x=\"a", "Known NoStore")]
    [InlineData("x=\"", "Known NoStore")]
    [InlineData("x=\"a\"b", "Known NoStore")]
    [InlineData("x=\"a\\\"", "Known NoStore")]
    [InlineData("x=\"a\\", "Known NoStore")]
    [InlineData("x=\"a\x1F\"", "Known NoStore")]
    [InlineData("x=\"a\nprivate", "Known NoStore Private")]
    [InlineData("x=a\"b\"", "Known NoStore")]
    [InlineData("x\\, public", "Known NoStore Public")]
    [InlineData("\"public\"", "Known NoStore")]
    [InlineData("public\v", "Known NoStore")]
    [InlineData("priv\u00e4te", "Known NoStore")]
    [InlineData("private, @, public", "Known NoStore Private Public")]
    public void Parse_Malformed_CountsAsNoStoreBesideTheRest(string header, string expected) =>
        Assert.Equal(expected, Text(CacheDirectives.Parse(KeyText.Lines(header))));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("60", 60)]
    [InlineData("\"60\"", 60)]
    [InlineData("0000000060", 60)]
    [InlineData("00000000060", 60)]
    [InlineData("00000000000000000000000000000060", 60)]
    [InlineData("00000000000000000000", 0)]
    [InlineData("00000000002147483648", 2_147_483_647)]
    [InlineData("2147483646", 2_147_483_646)]
    [InlineData("2147483647", 2_147_483_647)]
    [InlineData("2147483648", 2_147_483_647)]
    [InlineData("9999999999", 2_147_483_647)]
    [InlineData("10000000000", 2_147_483_647)]
    [InlineData("99999999999999999999", 2_147_483_647)]
    [InlineData("-1", 0)]
    [InlineData("+60", 0)]
    [InlineData("1.5", 0)]
    [InlineData("60s", 0)]
    [InlineData("60+60", 0)]
    [InlineData("\"\"", 0)]
    [InlineData("\"6 0\"", 0)]
    [InlineData("\"/\"", 0)]
    [InlineData("\":\"", 0)]
    public void Parse_Seconds_InvalidOnesAreStaleAtOnceAndTooLargeOnesTheLargest(string value, long expected)
    {
        var directives = CacheDirectives.Parse($"max-age={value}, stale-if-error={value}");
        Assert.Equal((expected, expected), (directives.MaxAge, directives.StaleIfError));
    }

    [Fact]
    public void Parse_SecondsWithoutAValue_AreNone()
    {
        Assert.Equal("Known max-age=0", Text(CacheDirectives.Parse("max-age")));
        Assert.Equal("Known stale-if-error=0", Text(CacheDirectives.Parse("stale-if-error")));
    }

    [Theory]
    [InlineData("public", "Known Public")]
    [InlineData("private", "Known Private")]
    [InlineData("no-store", "Known NoStore")]
    [InlineData("no-store-remote", "Known NoStore")]
    [InlineData("NO-STORE-REMOTE", "Known NoStore")]
    [InlineData("no-cache", "Known NoCache")]
    [InlineData("s-maxage=1", "Known SharedMaxAge")]
    [InlineData("must-revalidate", "Known MustRevalidate")]
    [InlineData("proxy-revalidate", "Known MustRevalidate")]
    [InlineData("max-age=60", "Known max-age=60")]
    [InlineData("stale-if-error=60", "Known stale-if-error=60")]
    [InlineData("max-age=600+60", "Known max-age=600")]
    [InlineData("max-age=+60", "Known max-age=0")]
    [InlineData("stale-if-error=600+60", "Known stale-if-error=0")]
    [InlineData("public=?1", "Known Public")]
    [InlineData("public=?1, private=?0", "Known Public")]
    [InlineData("public=?2", "Known NoStore")]
    [InlineData("public;x=1", "Known Public")]
    [InlineData("public ;x=1;y, max-age=5 ; z", "Known Public max-age=5")]
    [InlineData("no-cache=\"a;b\";x", "Known NoCache")]
    [InlineData("no-cache=\"a\\\";b\";x", "Known NoCache")]
    [InlineData("no-cache=\"a;b", "Known NoStore")]
    [InlineData(";x=1", "Known NoStore")]
    [InlineData("no-store;x=\"a,b\", public", "Known NoStore Public")]
    [InlineData("max-age 60", "Known NoStore")]
    [InlineData("x=1\\;y, public", "Known NoStore Public")]
    public void Of_OneTargetedField_GoesBeforeCacheControl(string value, string expected)
    {
        Assert.Equal(expected + " Targeted", Text(Of("must-revalidate, max-age=1, stale-if-error=2", value, null)));
        Assert.Equal(expected + " Targeted", Text(Of(null, null, value)));
    }

    [Theory]
    [InlineData(null, null, null, "")]
    [InlineData("private", null, null, "Known Private")]
    [InlineData("private", "", null, "Known Private")]
    [InlineData("private", null, "content=\"ESI/1.0\"", "Known Private")]
    [InlineData("private", "no-store=?0", "", "Known Private")]
    [InlineData("private", "x", "public", "Known Public Targeted")]
    [InlineData("private", "public", "x", "Known Public Targeted")]
    [InlineData(null, "x", "y", "")]
    [InlineData("no-store-remote", "x", null, "")]
    public void Of_FieldsThatSayNothing_LeaveItToTheOthers(string? cacheControl, string? cdn, string? surrogate, string expected) =>
        Assert.Equal(expected, Text(Of(cacheControl, cdn, surrogate)));

    [Theory]
    [InlineData("no-store", "public", "Known NoStore Targeted")]
    [InlineData("private", "public", "Known Private Targeted")]
    [InlineData("no-cache", "public", "Known NoCache Targeted")]
    [InlineData("must-revalidate", "public", "Known MustRevalidate Targeted")]
    [InlineData("s-maxage=1", "public", "Known SharedMaxAge Targeted")]
    [InlineData("max-age=1", "public", "Known max-age=1 Targeted")]
    [InlineData("stale-if-error=1", "public", "Known stale-if-error=1 Targeted")]
    [InlineData("stale-if-error=100", "stale-if-error=0", "Known stale-if-error=0 Targeted")]
    [InlineData("max-age=3", "max-age=1", "Known max-age=1 Targeted")]
    [InlineData("max-age=1, stale-if-error=4", "max-age=3, stale-if-error=2", "Known max-age=1 stale-if-error=2 Targeted")]
    [InlineData("public", "public", "Known Public Targeted")]
    public void Of_TwoTargetedFields_WhatEitherForbidsIsForbidden(string one, string other, string expected)
    {
        Assert.Equal(expected, Text(Of("private", one, other)));
        Assert.Equal(expected, Text(Of("private", other, one)));
    }

    private static CacheDirectives Of(string? cacheControl, string? cdn, string? surrogate)
    {
        var headers = Guide.Headers();
        headers["Cache-Control"] = KeyText.Lines(cacheControl);
        headers["CDN-Cache-Control"] = KeyText.Lines(cdn);
        headers["Surrogate-Control"] = KeyText.Lines(surrogate);
        return CacheDirectives.Of(new ResponseHeaders(headers));
    }

    private static string Text(CacheDirectives directives) => string.Join(' ', new[]
    {
        directives.HasKnown ? "Known" : "",
        directives.NoStore ? "NoStore" : "",
        directives.Private ? "Private" : "",
        directives.NoCache ? "NoCache" : "",
        directives.MustRevalidate ? "MustRevalidate" : "",
        directives.SharedMaxAge ? "SharedMaxAge" : "",
        directives.Public ? "Public" : "",
        directives.MaxAge is { } maxAge ? $"max-age={maxAge}" : "",
        directives.StaleIfError is { } stale ? $"stale-if-error={stale}" : "",
        directives.IsTargeted ? "Targeted" : "",
    }.Where(static part => part.Length > 0));
}
