using Gateway.LastGood.Policy;
using Xunit;

namespace Gateway.Tests.LastGood;

[Trait("kind", "unit")]
public sealed class StorageRulesTests
{
    private static readonly RequestMetadata Plain = new() { IsGet = true };

    [Theory]
    [InlineData("", "None")]
    [InlineData("public, max-age=60", "None")]
    [InlineData("max-age=0, stale-if-error=600", "None")]
    [InlineData("no-store", "NoStore")]
    [InlineData("max-age=60, No-Store", "NoStore")]
    [InlineData("private", "Private")]
    [InlineData("private=\"x-user, x-other\", max-age=5", "Private")]
    [InlineData("public, private", "Private")]
    [InlineData("no-cache", "NoCache")]
    [InlineData("no-cache=\"set-cookie\"", "NoCache")]
    [InlineData("must-revalidate, max-age=60", "MustRevalidate")]
    [InlineData("proxy-revalidate", "MustRevalidate")]
    [InlineData("public, s-maxage=600", "SharedMaxAge")]
    [InlineData("x-note=\"no-store, private\", max-age=5", "None")]
    public void Judge_CacheControl_ForbidsWhatTheServiceForbids(string cacheControl, string expected) =>
        Assert.Equal(expected, JudgeHead(Plain, 200, ("Cache-Control", cacheControl)).ToString());

    [Theory]
    [InlineData("no-store; private")]
    [InlineData("max-age 60")]
    [InlineData("max-age=60 private")]
    [InlineData("private=\"x-user")]
    [InlineData("no-cache=\"a\"b")]
    [InlineData("=60")]
    [InlineData("max-age=")]
    [InlineData("public, max-age=60, \"no-store\"")]
    [InlineData("public; max-age=60")]
    [InlineData("{public}")]
    [InlineData("public, pri\u00e4vate")]
    [InlineData("max-age=60, pri\u0001vate")]
    public void Judge_MalformedCacheControl_CountsAsNoStore(string cacheControl) =>
        Assert.Equal(StoreRejection.NoStore, JudgeHead(Plain, 200, ("Cache-Control", cacheControl)));

    [Theory]
    [InlineData(", ,max-age=60,,")]
    [InlineData("public,\tmax-age=60")]
    [InlineData("max-age = 60")]
    [InlineData("max-age=\"60\"")]
    [InlineData("x=\"a\\\"b, no-store\", public")]
    [InlineData("immutable, stale-while-revalidate=5, unknown=1.5")]
    public void Judge_UnusualCacheControl_IsUnderstood(string cacheControl) =>
        Assert.Equal(StoreRejection.None, JudgeHead(Plain, 200, ("Cache-Control", cacheControl)));

    [Theory]
    [InlineData(null, "no-store", null, "NoStore")]
    [InlineData(null, "private", null, "Private")]
    [InlineData(null, null, "no-store", "NoStore")]
    [InlineData(null, null, "private", "Private")]
    [InlineData(null, null, "no-store-remote", "NoStore")]
    [InlineData("public, max-age=60", "no-store", null, "NoStore")]
    [InlineData("public, max-age=60", null, "No-Store, content=\"ESI/1.0\"", "NoStore")]
    [InlineData("public, max-age=60", "no-store=?1;x=\"a,b\"", null, "NoStore")]
    [InlineData("no-store", "max-age=60", null, "None")]
    [InlineData("private", null, "max-age=600+60, content=\"ESI/1.0 X/2\"", "None")]
    [InlineData("no-store", "max-age=60", "no-store", "NoStore")]
    [InlineData("no-store", "private", "max-age=60", "Private")]
    [InlineData("private", "", null, "Private")]
    [InlineData("private", null, "content=\"ESI/1.0\"", "Private")]
    [InlineData("private", "no-store=?0", null, "Private")]
    [InlineData("public", "max-age 60", null, "NoStore")]
    [InlineData("public", null, "max-age=60; no-store private=", "None")]
    [InlineData("public", "no-cache", null, "NoCache")]
    [InlineData("public", "s-maxage=60", null, "SharedMaxAge")]
    public void Judge_FieldsForTheServicesOwnCaches_GoBeforeCacheControl(
        string? cacheControl,
        string? cdn,
        string? surrogate,
        string expected)
    {
        (string, string?)[] headers = [("Cache-Control", cacheControl), ("CDN-Cache-Control", cdn), ("Surrogate-Control", surrogate)];
        Assert.Equal(expected, StorageRules.Judge(
            Plain,
            ResponseMetadata.Read(
                200,
                new ResponseHeaders(Guide.Headers([.. headers.Where(h => h.Item2 is not null).Select(h => (h.Item1, h.Item2!))]))),
            maxBody: 1024).ToString());
    }

    [Fact]
    public void Of_TargetedField_TakesFreshnessFromItAlone()
    {
        var directives =
            CacheDirectives.Of(new ResponseHeaders(Guide.Headers(
                ("Cache-Control", "max-age=1, public"),
                ("Surrogate-Control", "max-age=600+60"))));
        Assert.Equal((600L, false, true), (directives.MaxAge, directives.Public, directives.IsTargeted));
    }

    [Theory]
    [InlineData(200, "None")]
    [InlineData(203, "Status")]
    [InlineData(206, "Range")]
    [InlineData(301, "Status")]
    [InlineData(304, "Status")]
    [InlineData(404, "Status")]
    [InlineData(500, "Status")]
    public void Judge_Status_KeepsOnly200(int status, string expected) =>
        Assert.Equal(expected, JudgeHead(Plain, status).ToString());

    [Theory]
    [InlineData("Set-Cookie", "sid=1", "SetCookie")]
    [InlineData("Vary", "*", "Vary")]
    [InlineData("Vary", "Accept, *", "Vary")]
    [InlineData("Vary", "a b", "Vary")]
    [InlineData("Vary", "Accept;q=1", "Vary")]
    [InlineData("Vary", "Accept, \"X\"", "Vary")]
    [InlineData("Vary", "Accept,, Origin ,", "None")]
    [InlineData("Content-Range", "bytes 0-1/2", "Range")]
    [InlineData("Content-Type", "text/event-stream", "EventStream")]
    [InlineData("Content-Length", "1025", "TooLarge")]
    [InlineData("Content-Length", "1024", "None")]
    [InlineData("Pragma", "no-cache", "NoCache")]
    public void Judge_ResponseHeader_ForbidsWhatCannotBeShared(string name, string value, string expected) =>
        Assert.Equal(expected, JudgeHead(Plain, 200, (name, value)).ToString());

    [Theory]
    [InlineData("", "Authorization")]
    [InlineData("max-age=60", "Authorization")]
    [InlineData("public", "None")]
    [InlineData("public, s-maxage=5", "SharedMaxAge")]
    public void Judge_Authorization_OnlyExplicitlyPublic(string cacheControl, string expected) =>
        Assert.Equal(expected, JudgeHead(Plain with { HasAuthorization = true }, 200, ("Cache-Control", cacheControl)).ToString());

    [Theory]
    [InlineData("Unkeyed", "", "Cookie")]
    [InlineData("Unkeyed", "public", "None")]
    [InlineData("Keyed", "", "None")]
    [InlineData("Ignored", "", "None")]
    [InlineData("None", "", "None")]
    public void Judge_Cookie_OnlyPublicKeyedOrIgnored(string cookies, string cacheControl, string expected) =>
        Assert.Equal(
            expected,
            JudgeHead(Plain with { Cookies = Enum.Parse<CookieStanding>(cookies) }, 200, ("Cache-Control", cacheControl)).ToString());

    [Fact]
    public void Judge_Request_RefusesWhatNoKeyHolds()
    {
        Assert.Equal(StoreRejection.Method, JudgeHead(Plain with { IsGet = false, IsHead = true }, 200));
        Assert.Equal(StoreRejection.Range, JudgeHead(Plain with { HasRange = true }, 200));
        Assert.Equal(StoreRejection.NoStore, JudgeHead(Plain with { NoStore = true }, 200));
        Assert.Equal(StoreRejection.RequestBody, JudgeHead(Plain with { HasBody = true }, 200));
    }

    [Theory]
    [InlineData(200, "", false)]
    [InlineData(200, "no-store", true)]
    [InlineData(200, "private", true)]
    [InlineData(200, "no-cache", false)]
    [InlineData(204, "no-store", false)]
    [InlineData(206, "private", false)]
    [InlineData(302, "no-store", false)]
    [InlineData(304, "", false)]
    [InlineData(400, "no-store", false)]
    [InlineData(401, "", false)]
    [InlineData(401, "no-store", false)]
    [InlineData(403, "private", false)]
    [InlineData(404, "", true)]
    [InlineData(404, "no-store", true)]
    [InlineData(405, "", false)]
    [InlineData(410, "", true)]
    [InlineData(429, "no-store", false)]
    [InlineData(451, "", false)]
    [InlineData(500, "", false)]
    [InlineData(500, "no-store", false)]
    [InlineData(502, "private", false)]
    [InlineData(503, "no-store", false)]
    public void Withdraws_ByStatusAndCacheControl_OnlyWhereTheResourceIsMeant(int status, string cacheControl, bool expected)
    {
        var directives = CacheDirectives.Parse(cacheControl);
        Assert.Equal(expected, StorageRules.Withdraws(Plain, status, directives));

        // A request whose response could not be stored under the key never counts.
        Assert.False(StorageRules.Withdraws(Plain with { HasAuthorization = true }, status, directives));
        Assert.False(StorageRules.Withdraws(Plain with { Cookies = CookieStanding.Unkeyed }, status, directives));
        Assert.False(StorageRules.Withdraws(Plain with { HasRange = true }, status, directives));
        Assert.False(StorageRules.Withdraws(Plain with { HasBody = true }, status, directives));
        Assert.False(StorageRules.Withdraws(Plain with { NoStore = true }, status, directives));
        Assert.False(StorageRules.Withdraws(Plain with { HasOptionalHeaders = true }, status, directives));
        Assert.False(StorageRules.Withdraws(Plain with { IsGet = false, IsHead = true }, status, directives));
        Assert.Equal(expected, StorageRules.Withdraws(Plain with { Cookies = CookieStanding.Keyed }, status, directives));
        Assert.Equal(expected, StorageRules.Withdraws(Plain with { Cookies = CookieStanding.Ignored }, status, directives));
        Assert.Equal(expected, StorageRules.Withdraws(Plain with { HasOwnHeaders = true }, status, directives));
    }

    [Theory]
    [InlineData("POST", 200, true)]
    [InlineData("PUT", 204, true)]
    [InlineData("PATCH", 303, true)]
    [InlineData("DELETE", 200, true)]
    [InlineData("PURGE", 200, true)]
    [InlineData("POST", 400, false)]
    [InlineData("POST", 503, false)]
    [InlineData("GET", 200, false)]
    [InlineData("HEAD", 200, false)]
    [InlineData("OPTIONS", 204, false)]
    public void Invalidates_UnsafeAndSuccessful_Only(string method, int status, bool expected) =>
        Assert.Equal(expected, StorageRules.Invalidates(method, status));

    [Theory]
    [InlineData(true, false, "None", false, false, true)]
    [InlineData(false, true, "None", false, false, true)]
    [InlineData(false, false, "None", false, false, false)]
    [InlineData(true, false, "Unkeyed", false, false, false)]
    [InlineData(true, false, "Unkeyed", true, false, true)]
    [InlineData(true, false, "Unkeyed", false, true, false)]
    [InlineData(true, false, "Ignored", false, false, true)]
    [InlineData(true, false, "Keyed", false, false, true)]
    public void MayServe_Cookies_FollowTheRoute(bool get, bool head, string cookies, bool isPublic, bool isNearest, bool expected) =>
        Assert.Equal(
            expected,
            StorageRules.MayServe(
                new RequestMetadata { IsGet = get, IsHead = head, Cookies = Enum.Parse<CookieStanding>(cookies) },
                isPublic,
                isNearest));

    [Fact]
    public void MayServe_Authorization_PublicOrAnonymousOnly()
    {
        var authorized = Plain with { HasAuthorization = true };
        Assert.False(StorageRules.MayServe(authorized, isPublic: false, isNearest: false));
        Assert.True(StorageRules.MayServe(authorized, isPublic: true, isNearest: false));
        Assert.True(StorageRules.MayServe(authorized, isPublic: false, isNearest: true));
    }

    [Theory]
    [InlineData(3600, 0, null, true)]
    [InlineData(3601, 0, null, false)]
    [InlineData(70, 60, 10L, true)]
    [InlineData(71, 60, 10L, false)]
    [InlineData(1, 0, 0L, false)]
    public void IsYoungEnough_MaxAgeAndStaleIfError_BothHold(int age, long fresh, long? staleIfError, bool expected) =>
        Assert.Equal(expected, StorageRules.IsYoungEnough(TimeSpan.FromSeconds(age), TimeSpan.FromHours(1), fresh, staleIfError));

    [Fact]
    public void Labels_EveryRefusal_HasOne() =>
        Assert.Equal(Enum.GetValues<StoreRejection>().Length - 1, StorageRules.Labels.Values.Distinct(StringComparer.Ordinal).Count());

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(10, 0, 0, 10)]
    [InlineData(-10, 0, 0, 0)]
    [InlineData(10, 30, 2, 32)]
    public void AtArrival_DateAndAge_TheOlderCounts(int dateBehind, long age, int delay, int expected)
    {
        var arrived = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(
            TimeSpan.FromSeconds(expected),
            AgeRules.AtArrival(arrived.AddSeconds(-dateBehind), age, arrived, TimeSpan.FromSeconds(delay)));
    }

    [Fact]
    public void FreshSeconds_MaxAgeBeforeExpires_ElseTheirDifference()
    {
        var date = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(60, AgeRules.FreshSeconds(60, "Thu, 01 Jan 2026 01:00:00 GMT", date, date));
        Assert.Equal(3600, AgeRules.FreshSeconds(null, "Thu, 01 Jan 2026 01:00:00 GMT", date, date));
        Assert.Equal(0, AgeRules.FreshSeconds(null, "0", date, date));
        Assert.Equal(0, AgeRules.FreshSeconds(null, default, date, date));
    }

    private static StoreRejection JudgeHead(in RequestMetadata request, int status, params (string Name, string Value)[] headers) =>
        StorageRules.Judge(
            request,
            ResponseMetadata.Read(status, new ResponseHeaders(Guide.Headers([.. headers.Where(h => h.Value.Length > 0)]))),
            maxBody: 1024);
}
