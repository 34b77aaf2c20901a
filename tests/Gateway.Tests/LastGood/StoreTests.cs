using System.IO.Compression;
using System.Net;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.LastGood;
using Gateway.LastGood.InMemory;
using Gateway.LastGood.Policy;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.LastGood;

[Trait("kind", "unit")]
public sealed class StoreTests
{
    private readonly ManualTime _time = new();
    private readonly RouteConfig _route = Guide.Route();
    private readonly LastGoodStore _store;

    public StoreTests()
    {
        _time.Advance(TimeSpan.FromHours(1));
        _store = Guide.Store(_time);
    }

    [Fact]
    public void Find_AfterALiveResponse_GivesItWithItsAge()
    {
        _store.Respond(
            _route,
            Guide.Get("/a?x=1"),
            "hello",
            200,
            ("Content-Type", "text/plain"),
            ("Cache-Control", "max-age=10"),
            ("ETag", "\"v1\""));
        _time.Advance(TimeSpan.FromSeconds(30));
        var found = _store.Find(_route, Guide.Get("/a?x=1"));
        Assert.NotNull(found);
        Assert.Equal("hello", Encoding.UTF8.GetString(found.Response.Body));
        Assert.Equal(30, found.Age.TotalSeconds);
        Assert.Equal(-20, found.TimeToLive);
        Assert.Null(_store.Find(_route, Guide.Get("/a?x=2")));
        Assert.NotNull(_store.Find(_route, Guide.Request("HEAD", "/a?x=1")));
        Assert.Null(_store.Find(_route, Guide.Request("POST", "/a?x=1")));
    }

    [Fact]
    public void Find_BeyondMaxAge_GivesNothing()
    {
        var route = Guide.Route(new LastGoodConfig { MaxAge = TimeSpan.FromMinutes(5) });
        _store.Respond(route, Guide.Get("/a"), "hello", 200, ("Age", "120"));
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(TimeSpan.FromMinutes(5), _store.Find(route, Guide.Get("/a"))!.Age);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_store.Find(route, Guide.Get("/a")));
    }

    [Fact]
    public void OnResponse_WithinRefreshEvery_KeepsTheFirst()
    {
        _store.Respond(_route, Guide.Get("/a"), "one");
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Null(_store.OnResponse(_route, Guide.Get("/a"), 200, Guide.Headers(), "primary"));
        _time.Advance(TimeSpan.FromSeconds(1));
        _store.Respond(_route, Guide.Get("/a"), "two");
        Assert.Equal("two", _store.BodyFor(_route, Guide.Get("/a")));
        Assert.Equal(2, _store.Counters.Stored);
    }

    /// <summary>While a destination of its cluster is forecast to fail, what is stored is a second old at most.</summary>
    [Theory]
    [InlineData("ai-guide", 3600, "two")]
    [InlineData("other", 3600, "one")]
    [InlineData("ai-guide", 0, "two")]
    public void OnResponse_FailureIsForecast_RefreshesEachSecond(string cluster, int refreshEvery, string kept)
    {
        var store = Guide.Store(
            _time, options: new LastGoodOptions { IsFailureForecast = name => string.Equals(name, cluster, StringComparison.Ordinal) });
        var route = Guide.Route(new() { RefreshEvery = TimeSpan.FromSeconds(refreshEvery) });
        store.Respond(route, Guide.Get("/a"), "one");
        _time.Advance(TimeSpan.FromMilliseconds(990));
        var early = store.OnResponse(route, Guide.Get("/a"), 200, Guide.Headers(), "primary");
        Assert.Equal(refreshEvery == 0, early is not null);
        early?.Abandon();
        _time.Advance(TimeSpan.FromMilliseconds(10));
        if (kept is "two")
        {
            store.Respond(route, Guide.Get("/a"), "two");
        }
        else
        {
            Assert.Null(store.OnResponse(route, Guide.Get("/a"), 200, Guide.Headers(), "primary"));
        }

        Assert.Equal(kept, store.BodyFor(route, Guide.Get("/a")));
    }

    [Fact]
    public void OnResponse_RefreshUnderWay_IsNotCopiedTwice()
    {
        _store.Respond(_route, Guide.Get("/a"), "one");
        _time.Advance(TimeSpan.FromSeconds(6));
        var first = _store.OnResponse(_route, Guide.Get("/a"), 200, Guide.Headers(), "primary");
        Assert.NotNull(first);
        Assert.Null(_store.OnResponse(_route, Guide.Get("/a"), 200, Guide.Headers(), "primary"));
        first.Abandon();
        Assert.NotNull(_store.OnResponse(_route, Guide.Get("/a"), 200, Guide.Headers(), "primary"));
    }

    [Theory]
    [InlineData("application/json", "{\"a\":1}", true)]
    [InlineData("application/json; charset=utf-8", "[1,2", false)]
    [InlineData("application/problem+json", "", false)]
    [InlineData("application/json", "{\"a\":1}}", false)]
    [InlineData("text/html", "<p", true)]
    public void Complete_Json_MustParse(string type, string body, bool kept)
    {
        _store.Respond(_route, Guide.Get("/a"), body, 200, ("Content-Type", type));
        Assert.Equal(kept, _store.BodyFor(_route, Guide.Get("/a")) is not null);
        Assert.Equal(kept ? 0 : 1, _store.Counters.Refused(StoreRejection.Invalid));
    }

    [Theory]
    [InlineData("{\"a\":1}", true)]
    [InlineData("{\"a\":", false)]
    public async Task Complete_CompressedJson_IsCheckedToo(string body, bool kept)
    {
        using var folded = new MemoryStream();
        await using (var gzip = new GZipStream(folded, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(body));
        }

        var capture = _store.OnResponse(
            _route,
            Guide.Get("/a", ("Accept-Encoding", "gzip")),
            200,
            Guide.Headers(("Content-Type", "application/json"), ("Content-Encoding", "gzip")),
            "primary");
        capture!.Append(folded.ToArray());
        capture.Complete();
        await Guide.Until(() => _store.Counters.Stored + _store.Counters.Refused(StoreRejection.Invalid) == 1, "checked");
        Assert.Equal(kept, _store.Find(_route, Guide.Get("/a", ("Accept-Encoding", "gzip"))) is not null);
        Assert.Null(_store.Find(_route, Guide.Get("/a")));
    }

    [Theory]
    [InlineData("10", "hello", "Truncated")]
    [InlineData("3", "hello", "Truncated")]
    [InlineData(null, "0123456789012345678901234567890123", "TooLarge")]
    public void Complete_WrongLength_IsNotKept(string? length, string body, string reason)
    {
        var route = Guide.Route(new LastGoodConfig { MaxBody = 32 });
        _store.Respond(route, Guide.Get("/a"), body, 200, length is null ? [] : [("Content-Length", length)]);
        Assert.Null(_store.Find(route, Guide.Get("/a")));
        Assert.Equal(1, _store.Counters.Refused(Enum.Parse<StoreRejection>(reason)));
    }

    [Fact]
    public void Abandon_CutResponse_KeepsTheOlderOne()
    {
        _store.Respond(_route, Guide.Get("/a"), "whole");
        _time.Advance(TimeSpan.FromSeconds(6));
        var capture = _store.OnResponse(_route, Guide.Get("/a"), 200, Guide.Headers(), "primary");
        capture!.Append("half"u8);
        capture.Abandon();
        capture.Complete();
        Assert.Equal("whole", _store.BodyFor(_route, Guide.Get("/a")));
    }

    [Fact]
    public void OnResponse_MessageThatEndsWithItsConnection_IsNotKept()
    {
        using var closeDelimited = new HttpResponseMessage(HttpStatusCode.OK)
        {
            Version = HttpVersion.Version11,
            Content = new Unmeasured()
        };
        Assert.Null(_store.OnResponse(_route, Guide.Get("/a"), closeDelimited, "primary"));
        using var chunked = new HttpResponseMessage(HttpStatusCode.OK) { Version = HttpVersion.Version11, Content = new Unmeasured() };
        chunked.Headers.TransferEncodingChunked = true;
        chunked.Headers.TryAddWithoutValidation("Connection", "X-Hop");
        chunked.Headers.TryAddWithoutValidation("X-Hop", "1");
        chunked.Headers.TryAddWithoutValidation("X-Keep", "2");
        var capture = _store.OnResponse(_route, Guide.Get("/a"), chunked, "primary");
        capture!.Append("x"u8);
        capture.Complete();
        Assert.Equal([new StoredHeader("X-Keep", "2")], _store.Find(_route, Guide.Get("/a"))!.Response.Headers);
    }

    [Fact]
    public void Headers_OfConnectionUserAndExchange_AreNotKept()
    {
        _store.Respond(
            _route,
            Guide.Get("/a"),
            "x",
            200,
            ("Content-Type", "text/plain"),
            ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
            ("Access-Control-Allow-Origin", "*"),
            ("Connection", "X-Hop, close"),
            ("X-Hop", "1"),
            ("Keep-Alive", "timeout=5"),
            ("Server", "kestrel"),
            ("Date", "Thu, 01 Jan 2026 01:00:00 GMT"),
            ("Cache-Control", "max-age=5"),
            ("X-Request-Id", "7"),
            ("Strict-Transport-Security", "max-age=5"));
        var names = _store.Find(_route, Guide.Get("/a"))!.Response.Headers.Select(h => h.Name).Order(StringComparer.Ordinal);
        Assert.Equal(["Access-Control-Allow-Origin", "Content-Type", "Last-Modified", "Strict-Transport-Security"], names);
    }

    [Theory]
    [InlineData(200, "no-store")]
    [InlineData(200, "private")]
    [InlineData(404, null)]
    [InlineData(404, "no-store")]
    [InlineData(410, null)]
    public void OnResponse_TakenBackInARow_Evicts(int status, string? cacheControl)
    {
        _store.Respond(_route, Guide.Get("/a"), "old");
        _store.Respond(_route, Guide.Get("/b"), "other");
        _time.Advance(TimeSpan.FromSeconds(1));
        _store.Withdraw(_route, Guide.Get("/a"), status, cacheControl is null ? [] : [("Cache-Control", cacheControl)]);
        Assert.Null(_store.Find(_route, Guide.Get("/a")));
        Assert.NotNull(_store.Find(_route, Guide.Get("/b")));
        Assert.Equal(1, _store.Entries);
    }

    [Theory]
    [InlineData("CDN-Cache-Control")]
    [InlineData("Surrogate-Control")]
    public void OnResponse_TargetedNoStore_IsRefusedAndTakesBack(string name)
    {
        _store.Respond(_route, Guide.Get("/new"), "x", 200, (name, "no-store"), ("Cache-Control", "public, max-age=60"));
        Assert.Null(_store.Find(_route, Guide.Get("/new")));
        _store.Respond(_route, Guide.Get("/a"), "old");
        _store.Withdraw(_route, Guide.Get("/a"), 200, (name, "private"), ("Cache-Control", "public, max-age=60"));
        Assert.Null(_store.Find(_route, Guide.Get("/a")));
    }

    [Fact]
    public void OnResponse_TakenBackWhileACopyStreams_TheCopyIsNotKept()
    {
        var capture = _store.OnResponse(_route, Guide.Get("/a"), 200, Guide.Headers(), "primary");
        capture!.Append("old"u8);
        _time.Advance(TimeSpan.FromSeconds(1));
        _store.Withdraw(_route, Guide.Get("/a"));
        capture.Complete();
        Assert.Null(_store.Find(_route, Guide.Get("/a")));
        Assert.Equal(1, _store.Counters.Refused(StoreRejection.Overtaken));
    }

    [Fact]
    public void OnResponse_SuccessfulWrite_InvalidatesEveryKeyOfThePathOnAnyRoute()
    {
        _store.Respond(_route, Guide.Get("/a?x=1"), "1");
        _store.Respond(_route, Guide.Get("/a?x=2"), "2");
        _store.Respond(_route, Guide.Get("/b"), "b");
        var streaming = _store.OnResponse(_route, Guide.Get("/a?x=3"), 200, Guide.Headers(), "primary");
        _time.Advance(TimeSpan.FromSeconds(1));
        _store.OnResponse(
            Guide.Route(name: "writes") with { LastGood = null },
            Guide.Request("POST", "/a"),
            503,
            Guide.Headers(),
            "primary");
        Assert.NotNull(_store.Find(_route, Guide.Get("/a?x=1")));
        _store.OnResponse(
            Guide.Route(name: "writes") with { LastGood = null },
            Guide.Request("POST", "/a"),
            201,
            Guide.Headers(),
            "primary");
        streaming!.Complete();
        Assert.Null(_store.Find(_route, Guide.Get("/a?x=1")));
        Assert.Null(_store.Find(_route, Guide.Get("/a?x=2")));
        Assert.Null(_store.Find(_route, Guide.Get("/a?x=3")));
        Assert.NotNull(_store.Find(_route, Guide.Get("/b")));
        _time.Advance(TimeSpan.FromSeconds(1));
        _store.Respond(_route, Guide.Get("/a?x=1"), "new");
        Assert.Equal("new", _store.BodyFor(_route, Guide.Get("/a?x=1")));
    }

    [Theory]
    [InlineData("\"1\"", null, true)]
    [InlineData("\"2\"", null, false)]
    [InlineData(null, null, false)]
    [InlineData("\"1\"", "no-cache", false)]
    public void OnResponse_304ForTheStoredValidator_MakesItYoungAgain(string? etag, string? cacheControl, bool young)
    {
        _store.Respond(_route, Guide.Get("/a"), "one", 200, ("ETag", "\"1\""), ("Age", "100"));
        _time.Advance(TimeSpan.FromMinutes(50));
        (string, string)[] headers = [.. new[]
        {
            ("ETag", etag),
            ("Cache-Control", cacheControl)
        }.Where(h => h.Item2 is not null).Select(h => (h.Item1, h.Item2!))];
        Assert.Null(_store.OnResponse(_route, Guide.Get("/a", ("If-None-Match", "\"1\"")), 304, Guide.Headers(headers), "primary"));
        _time.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal(young ? "one" : null, _store.BodyFor(_route, Guide.Get("/a")));
        Assert.Equal(1, _store.Entries);
    }

    [Fact]
    public void Vary_NamedHeaders_ArePartOfTheKey()
    {
        _store.Respond(_route, Guide.Get("/a", ("User-Agent", "phone")), "small", 200, ("Vary", "User-Agent"));
        _store.Respond(_route, Guide.Get("/a", ("User-Agent", "desk")), "large", 200, ("Vary", "user-agent"));
        Assert.Equal("small", _store.BodyFor(_route, Guide.Get("/a", ("User-Agent", "phone"))));
        Assert.Equal("large", _store.BodyFor(_route, Guide.Get("/a", ("User-Agent", "desk"))));
        Assert.Null(_store.Find(_route, Guide.Get("/a", ("User-Agent", "watch"))));
        _time.Advance(TimeSpan.FromSeconds(1));
        _store.Withdraw(_route, Guide.Get("/a", ("User-Agent", "watch")));
        Assert.Null(_store.Find(_route, Guide.Get("/a", ("User-Agent", "phone"))));
        _time.Advance(TimeSpan.FromSeconds(1));
        _store.Respond(_route, Guide.Get("/a", ("User-Agent", "watch")), "tiny", 200, ("Vary", "User-Agent"));
        Assert.Null(_store.Find(_route, Guide.Get("/a", ("User-Agent", "phone"))));
        Assert.Equal("tiny", _store.BodyFor(_route, Guide.Get("/a", ("User-Agent", "watch"))));
    }

    [Fact]
    public void Vary_OriginOfAResponseForOneOrigin_IsPartOfTheKeyUnasked()
    {
        _store.Respond(
            _route,
            Guide.Get("/a", ("Origin", "https://one.example")),
            "one",
            200,
            ("Access-Control-Allow-Origin", "https://one.example"));
        Assert.NotNull(_store.Find(_route, Guide.Get("/a", ("Origin", "https://one.example"))));
        Assert.Null(_store.Find(_route, Guide.Get("/a", ("Origin", "https://two.example"))));
    }

    [Theory]
    [InlineData("X-Original-URL")]
    [InlineData("X-User")]
    [InlineData("Accept-Language")]
    [InlineData("Accept")]
    public void Poisoning_UnkeyedHeader_ReachesOnlyItsSender(string header)
    {
        _store.Respond(_route, Guide.Get("/a", (header, "evil")), "evil");
        Assert.Null(_store.Find(_route, Guide.Get("/a")));
        Assert.Equal("evil", _store.BodyFor(_route, Guide.Get("/a", (header, "evil"))));
        _store.Respond(_route, Guide.Get("/a"), "good");
        Assert.Equal("good", _store.BodyFor(_route, Guide.Get("/a")));
    }

    [Fact]
    public void Nearest_AnonymousOnly_FillsForTheUserNeverSeen()
    {
        var route = Guide.Route(new LastGoodConfig
        {
            IgnoreCookies = true,
            Nearest = [[new(KeyPartKind.Path), new(KeyPartKind.QueryParameter, "category")], [new(KeyPartKind.Path)]],
        });
        _store.Respond(route, Guide.Get("/a?category=tea&user=1", ("Cookie", "sid=alice")), "alice");
        var bob = Guide.Get("/a?category=tea&user=2", ("Authorization", "Bearer bob"));
        _store.Respond(route, bob, "bob", 200, ("Cache-Control", "public"));
        _store.Respond(route, Guide.Get("/a?category=tea&user=3", ("X-Api-Key", "carol")), "carol");
        Assert.Null(_store.Find(route, Guide.Get("/a?category=tea&user=9")));
        _store.Respond(route, Guide.Get("/a?category=tea&user=4"), "tea for all");
        _time.Advance(TimeSpan.FromSeconds(6));
        _store.Respond(route, Guide.Get("/a?category=mate&user=4"), "mate for all");

        var nearest = _store.Find(
            route,
            Guide.Get("/a?category=tea&user=9", ("Cookie", "sid=dave"), ("Authorization", "x"), ("X-Conversation-Id", "1")));
        Assert.Equal("tea for all", Encoding.UTF8.GetString(nearest!.Response.Body));
        Assert.True(nearest.Response.IsNearest);
        Assert.Equal("mate for all", _store.BodyFor(route, Guide.Get("/a?category=water")));
        Assert.Equal("alice", _store.BodyFor(route, Guide.Get("/a?category=tea&user=1", ("Cookie", "sid=alice"))));

        _time.Advance(TimeSpan.FromSeconds(1));
        _store.Withdraw(route, Guide.Get("/a?category=tea&user=4"), 410);
        Assert.Equal("mate for all", _store.BodyFor(route, Guide.Get("/a?category=tea&user=9")));
    }

    [Fact]
    public void Coverage_LastHour_CountsWhatAnOutageCouldHaveAnswered()
    {
        _store.Respond(_route, Guide.Get("/a"), "x");
        for (var i = 0; i < 8; i++)
        {
            _store.Respond(_route, Guide.Get("/a"), "x");
        }

        _store.OnResponse(_route, Guide.Request("POST", "/b"), 200, Guide.Headers(), "primary");
        Assert.Equal(new CoverageReading(10, 8), _store.CoverageOf("recommend"));
        Assert.Equal(0.8, _store.CoverageOf("recommend").Ratio);
        _time.Advance(TimeSpan.FromMinutes(30));
        _store.Find(_route, Guide.Get("/a"));
        Assert.Equal(new CoverageReading(11, 9), _store.CoverageOf("recommend"));
        _time.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(new CoverageReading(1, 1), _store.CoverageOf("recommend"));
        Assert.Null(_store.CoverageOf("unknown").Ratio);
    }

    [Fact]
    public void Coverage_HeaderWithAnotherValueEachTime_IsNamed()
    {
        for (var i = 0; i < 200; i++)
        {
            _store.Respond(_route, Guide.Get("/a", ("X-Device-Id", $"device {i}"), ("X-Shop", "3")), "x");
        }

        Assert.Equal(0, _store.CoverageOf("recommend").Ratio);
        Assert.Equal("X-Device-Id", _store.SplitBy("recommend"));
        Assert.Null(_store.SplitBy("other"));

        // Named in the configuration it counts no more, and the coverage recovers.
        var mended = Guide.Route(new() { IgnoreHeaders = ["X-Device-Id"] });
        for (var i = 0; i < 400; i++)
        {
            _store.Respond(mended, Guide.Get("/a", ("X-Device-Id", $"device {i}"), ("X-Shop", "3")), "x");
        }

        Assert.InRange(_store.CoverageOf("recommend").Ratio!.Value, 0.6, 1);
        Assert.Null(_store.SplitBy("recommend"));
    }

    [Fact]
    public void Coverage_HeadersOfClientsOwn_AreCountedWithinBounds()
    {
        for (var i = 0; i < 1000; i++)
        {
            _store.Respond(_route, Guide.Get("/a", ($"X-Mine-{i}", "1")), "x");
        }

        Assert.Null(_store.SplitBy("recommend"));
    }

    [Fact]
    public void ListAndPurge_KeyPrefixAndPath_WithoutBodies()
    {
        _store.Respond(_route, Guide.Get("/a?x=1"), "one");
        _store.Respond(_route, Guide.Get("/a?x=2"), "two");
        _store.Respond(_route, Guide.Get("/b"), "three");
        _time.Advance(TimeSpan.FromSeconds(2));
        var entries = _store.List("/a", 10);
        Assert.Equal(2, entries.Count);
        Assert.Equal(("primary", 3L, 2.0, "recommend"), (entries[0].Tier, entries[0].Size, entries[0].Age.TotalSeconds, entries[0].Route));
        Assert.Equal([entries[0].Key], _store.List("", 1).Select(static e => e.Key));
        Assert.Equal(0, _store.Purge(new(PurgeBy.Key, entries[0].Key[..^1])));
        Assert.Equal(1, _store.Purge(new(PurgeBy.Key, entries[0].Key)));
        Assert.Equal(1, _store.Purge(new(PurgeBy.Prefix, "shop.example/a")));
        Assert.Equal(0, _store.Purge(new(PurgeBy.Prefix, "/a")));
        Assert.NotNull(_store.Find(_route, Guide.Get("/b")));
        Assert.Equal(1, _store.Purge(new(PurgeBy.Prefix, "")));
        Assert.Equal((0L, 0L), (_store.Entries, _store.Bytes));
    }

    [Fact]
    public void Purge_OneRoute_LeavesRoutesWhoseNamesBeginAlike_AndWhatIsOnItsWayIsNotKept()
    {
        var longer = Guide.Route(name: "recommend.more");
        _store.Respond(_route, Guide.Get("/a"), "one");
        _store.Respond(longer, Guide.Get("/a"), "two");
        _store.Respond(longer, Guide.Get("/b"), "three");
        Assert.Equal((1L, 2L), (_store.TotalsOf("recommend").Entries, _store.TotalsOf("recommend.more").Entries));
        var onItsWay = _store.OnResponse(_route, Guide.Get("/c"), 200, Guide.Headers(), "primary")!;
        var other = _store.OnResponse(longer, Guide.Get("/c"), 200, Guide.Headers(), "primary")!;

        Assert.Equal(1, _store.Purge(new(PurgeBy.Route, "recommend")));

        onItsWay.Complete();
        other.Complete();
        Assert.Null(_store.Find(_route, Guide.Get("/c")));
        Assert.NotNull(_store.Find(longer, Guide.Get("/c")));
        Assert.NotNull(_store.Find(longer, Guide.Get("/a")));
        Assert.Equal((0L, 0L), _store.TotalsOf("recommend"));
        Assert.Equal((3L, _store.Bytes), _store.TotalsOf("recommend.more"));
        _time.Advance(TimeSpan.FromSeconds(1));
        _store.Respond(_route, Guide.Get("/a"), "new");
        Assert.Equal("new", _store.BodyFor(_route, Guide.Get("/a")));
    }

    [Fact]
    public void Purge_AThousandTimes_ForgetsNoneOfThem()
    {
        for (var i = 0; i < 1000; i++)
        {
            var onItsWay = _store.OnResponse(_route, Guide.Get($"/{i}"), 200, Guide.Headers(), "primary");
            _store.Purge(new(PurgeBy.Prefix, $"/{i}"));
            _time.Advance(TimeSpan.FromMilliseconds(1));
            onItsWay?.Complete();
        }

        Assert.Equal(0, _store.Entries);
    }

    [Fact]
    public void Purge_ExactKey_TakesTheNearestResponseThatItFilled_AndNoOther()
    {
        var route = Guide.Route(new() { Nearest = [[new(KeyPartKind.Path)]] });
        _store.Respond(route, Guide.Get("/a?x=1"), "one");
        _store.Respond(route, Guide.Get("/b?x=1"), "two");

        Assert.Equal(2, _store.Purge(new(PurgeBy.Key, _store.List("/a?", 1)[0].Key)));

        Assert.Null(_store.Find(route, Guide.Get("/a?x=2")));
        Assert.Equal("two", _store.BodyFor(route, Guide.Get("/b?x=2")));
    }

    [Fact]
    public void OnResponse_TooManyCopies_AreRefusedNotHeld()
    {
        var store = Guide.Store(_time, options: new LastGoodOptions { CopyCap = 10_000 });
        var first = store.OnResponse(_route, Guide.Get("/1"), 200, Guide.Headers(), "primary")!;
        first.Append(new byte[6000]);
        var second = store.OnResponse(_route, Guide.Get("/2"), 200, Guide.Headers(), "primary")!;
        second.Append(new byte[6000]);
        second.Complete();
        first.Complete();
        Assert.Equal((1L, 1L), (store.Counters.Stored, store.Counters.Refused(StoreRejection.Busy)));
        var third = store.OnResponse(_route, Guide.Get("/3"), 200, Guide.Headers(), "primary")!;
        third.Append(new byte[6000]);
        third.Complete();
        Assert.Equal(2, store.Counters.Stored);
    }

    private sealed class Unmeasured : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
