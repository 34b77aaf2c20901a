using System.IO.Compression;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.LastGood;
using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>One stored coding serves every request that accepts it (RFC 9110, section 12.5.3), and equal wishes share a key.</summary>
[Trait("kind", "unit")]
public sealed class NegotiationTests
{
    private readonly ManualTime _time = new();
    private readonly RouteConfig _route = Guide.Route();
    private readonly LastGoodStore _store;

    public NegotiationTests()
    {
        _time.Advance(TimeSpan.FromHours(1));
        _store = Guide.Store(_time);
    }

    [Theory]
    [InlineData(null, "identity")]
    [InlineData("", "identity")]
    [InlineData("gzip", "identity gzip")]
    [InlineData("gzip,deflate", "identity gzip deflate")]
    [InlineData("gzip, deflate, br, zstd", "identity gzip deflate br zstd")]
    [InlineData("GZIP;q=1.0, x-gzip, unknown", "identity gzip")]
    [InlineData("x-gzip", "identity gzip")]
    [InlineData("*", "identity gzip deflate br zstd")]
    [InlineData("*;q=0.5, gzip;q=0", "identity deflate br zstd")]
    [InlineData("*;q=0", "")]
    [InlineData("br, *;q=0", "br")]
    [InlineData("identity;q=0, gzip", "gzip")]
    [InlineData("identity;q=0", "")]
    [InlineData("gzip;q=0", "identity")]
    [InlineData("gzip;q=0.000, br ; Q=0.001", "identity br")]
    [InlineData("identity, *;q=0", "identity")]
    public void Accepted_ByHeader(string? header, string expected)
    {
        var accepted = ContentCodings.Accepted(header is null ? default : new(header));
        Assert.Equal(expected, string.Join(' ', ContentCodings.Names.Where((_, i) => (accepted & (1 << i)) != 0)));
    }

    [Theory]
    [InlineData("gzip", "gzip,deflate", true)]
    [InlineData("gzip", "gzip, deflate, br, zstd", true)]
    [InlineData("gzip", "gzip;q=0.1", true)]
    [InlineData("gzip", "*", true)]
    [InlineData("x-gzip", "gzip", true)]
    [InlineData("gzip", "br", false)]
    [InlineData("gzip", "gzip;q=0, *", false)]
    [InlineData("gzip", null, false)]
    [InlineData("gzip", "", false)]
    [InlineData("br", "br;q=1.0, gzip;q=0.8, *;q=0.1", true)]
    [InlineData("zstd", "gzip, deflate, br, zstd", true)]
    [InlineData("zstd", "gzip, deflate, br", false)]
    [InlineData(null, "gzip", true)]
    [InlineData(null, null, true)]
    [InlineData("identity", "br", true)]
    [InlineData(null, "gzip, identity;q=0", false)]
    public void Find_StoredCoding_ServesWhoeverAcceptsIt(string? stored, string? asked, bool served)
    {
        foreach (var vary in new[] { "Accept-Encoding", "accept-encoding, Accept", "" })
        {
            var path = $"/{vary.Length}";
            (string, string)[] headers = [("Content-Type", "text/plain"), .. stored is null
                ? []
                : new[] { ("Content-Encoding", stored) }, .. vary.Length > 0 ? [("Vary", vary)] : Array.Empty<(string, string)>()];
            _store.Respond(_route, Guide.Get(path, ("Accept-Encoding", "gzip, deflate, br, zstd")), "body", 200, headers);
            var expected = served || (stored is null && vary.Length == 0);
            Assert.Equal(
                expected,
                _store.Find(_route, asked is null ? Guide.Get(path) : Guide.Get(path, ("Accept-Encoding", asked))) is not null);
        }
    }

    [Fact]
    public void Find_SeveralCodings_TheNewestThatIsAccepted()
    {
        Store("gzip", "old");
        _time.Advance(TimeSpan.FromSeconds(10));
        Store("br", "new");
        Assert.Equal("new", _store.BodyFor(_route, Guide.Get("/a", ("Accept-Encoding", "gzip, br"))));
        Assert.Equal("old", _store.BodyFor(_route, Guide.Get("/a", ("Accept-Encoding", "gzip"))));
        Assert.Null(_store.Find(_route, Guide.Get("/a")));
    }

    [Fact]
    public void OnResponse_ServiceCompressesWithoutVary_PlainAndCompressedStandSideBySide()
    {
        _store.Respond(_route, Guide.Get("/a", ("Accept-Encoding", "gzip")), "folded", 200, ("Content-Encoding", "gzip"));
        _store.Respond(_route, Guide.Get("/a"), "plain");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("plain", _store.BodyFor(_route, Guide.Get("/a")));
        _store.Respond(_route, Guide.Get("/a", ("Accept-Encoding", "gzip, identity;q=0")), "folded", 200, ("Content-Encoding", "gzip"));
        Assert.Equal("folded", _store.BodyFor(_route, Guide.Get("/a", ("Accept-Encoding", "gzip, identity;q=0"))));
        Assert.Equal("plain", _store.BodyFor(_route, Guide.Get("/a")));
    }

    [Fact]
    public void OnResponse_304_MakesTheVariantWithItsValidatorYoungAgain()
    {
        Store("gzip", "folded", "\"gz\"");
        _time.Advance(TimeSpan.FromSeconds(10));
        Store("br", "smaller", "\"br\"");
        _time.Advance(TimeSpan.FromMinutes(50));
        _store.OnResponse(
            _route,
            Guide.Get("/a", ("Accept-Encoding", "gzip, br"), ("If-None-Match", "\"gz\"")),
            304,
            Guide.Headers(("ETag", "\"gz\"")),
            "primary");
        _time.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal("folded", _store.BodyFor(_route, Guide.Get("/a", ("Accept-Encoding", "gzip, br"))));
        Assert.Null(_store.Find(_route, Guide.Get("/a", ("Accept-Encoding", "br"))));
    }

    [Theory]
    [InlineData("Accept", "text/html, application/json;q=0.9", "text/html,application/json; q=0.90")]
    [InlineData("Accept", "Text/HTML;q=1.0", "text/html")]
    [InlineData("Accept", "text/html; Level=1", "text/html;level=1")]
    [InlineData("Accept", "*/*;q=1", null)]
    [InlineData("Accept", " */* ", null)]
    [InlineData("Accept", "", null)]
    [InlineData("Accept-Language", "de-DE,de;q=0.9,en;q=0.8", "de-de, de;q=0.7, EN;q=0.3")]
    [InlineData("Accept-Language", "en;q=0.5, de", "de,en;q=0.8")]
    [InlineData("Accept-Language", "*", null)]
    public void Key_EqualWishes_AreOne(string name, string left, string? right) =>
        Assert.Equal(KeyOf((name, left)), right is null ? KeyOf() : KeyOf((name, right)));

    [Theory]
    [InlineData("Accept", "text/html,application/json", "application/json,text/html")]
    [InlineData("Accept", "text/html;q=0.9", "text/html;q=0.8")]
    [InlineData("Accept", "text/html;q=0", "text/html")]
    [InlineData("Accept", "text/html;p=\"a,b\"", "text/html;p=\"a\",b\"")]
    [InlineData("Accept", "text/html;p=A", "text/html;p=a")]
    [InlineData("Accept", "text/html accept=x", "text/html")]
    [InlineData("Accept-Language", "de,en", "en,de")]
    [InlineData("Accept-Language", "de", "de;q=0")]
    [InlineData("Accept-Language", "de;q=x", "de")]
    [InlineData("Accept-Language", "de;q=9", "de")]
    [InlineData("Accept-Language", "de en", "de")]
    public void Key_DifferentWishes_AreTwo(string name, string left, string right) =>
        Assert.NotEqual(KeyOf((name, left)), KeyOf((name, right)));

    [Fact]
    public void Key_ManyLanguages_AreBounded()
    {
        var key = KeyOf(("Accept-Language", string.Join(',', Enumerable.Range(0, 200).Select(static i => $"l{i};q=0.{i % 10}"))));
        Assert.DoesNotContain(' ', key[key.IndexOf("language=", StringComparison.Ordinal)..key.IndexOf(" ~", StringComparison.Ordinal)]);
    }

    [Theory]
    [InlineData("zstd", null)]
    [InlineData("compress", "Encoding")]
    [InlineData("gzip, br", "Encoding")]
    [InlineData("dcb", "Encoding")]
    [InlineData("gzip", "Invalid")]
    [InlineData("br", "Invalid")]
    public async Task JsonInACoding_IsKeptOrRefusedForTheRightReason(string coding, string? reason)
    {
        // Bytes that unfold to nothing: zstd cannot be unfolded here and is taken as it is.
        _store.Respond(
            _route,
            Guide.Get("/a", ("Accept-Encoding", "gzip, br, zstd")),
            "(\u00b5/",
            200,
            ("Content-Type", "application/json"),
            ("Content-Encoding", coding));
        var refusal = reason is null ? StoreRejection.None : Enum.Parse<StoreRejection>(reason);
        await Guide.Until(() => reason is null ? _store.Counters.Stored == 1 : _store.Counters.Refused(refusal) == 1, "judged");
        Assert.Equal(reason is null, _store.Find(_route, Guide.Get("/a", ("Accept-Encoding", coding))) is not null);
        Assert.Equal(reason is "Invalid" ? 1 : 0, _store.Counters.Refused(StoreRejection.Invalid));
    }

    [Fact]
    public void JsonThatUnfoldsBeyondMeasure_IsTooLargeNotInvalid()
    {
        using var folded = new MemoryStream();
        using (var gzip = new GZipStream(folded, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.ASCII.GetBytes("[" + new string(' ', BodyCheck.MaxUnfolded + 1) + "]"));
        }

        Assert.Equal(StoreRejection.TooLarge, BodyCheck.Judge("application/json", "gzip", folded.ToArray()));
    }

    private void Store(string coding, string body, string? etag = null) =>
        _store.Respond(_route, Guide.Get("/a", ("Accept-Encoding", coding)), body, 200,
        [
            ("Content-Encoding", coding),
            ("Vary", "Accept-Encoding"),
            .. etag is null ? Array.Empty<(string, string)>() : [("ETag", etag)]
        ]);

    private string KeyOf(params (string, string)[] headers)
    {
        var plan = CacheKeyTemplate.For(_route)!;
        var request = Guide.Get("/a", headers);
        var key = new KeyBuilder(stackalloc char[64]);
        try
        {
            Assert.True(plan.TryWrite(request, plan.Read(request), CacheKeyTemplate.Exact, ref key));
            return key.Text.ToString();
        }
        finally
        {
            key.Dispose();
        }
    }
}
