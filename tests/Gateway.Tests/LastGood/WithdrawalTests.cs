using Gateway.Configuration.Model;
using Gateway.LastGood;
using Gateway.LastGood.InMemory;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>What one client provokes evicts nothing of everybody's; what the service takes back leaves.</summary>
[Trait("kind", "unit")]
public sealed class WithdrawalTests
{
    private static readonly (int Status, string CacheControl)[] Responses =
    [
        (200, "private"), (200, "no-store"), (401, ""), (401, "no-store"), (403, ""), (403, "private"), (404, ""), (404, "no-store"),
        (410, ""),
        (412, ""), (416, ""), (417, ""), (500, "no-store"), (502, ""), (503, "no-store, private"),
    ];

    private readonly ManualTime _time = new();
    private readonly RouteConfig _route = Guide.Route(new() { Nearest = [[new(KeyPartKind.Path)]] });
    private readonly LastGoodStore _store;

    public WithdrawalTests() => _store = Guide.Store(_time, options: new LastGoodOptions());

    public static TheoryData<string, string> HeadersOutsideTheKey => new()
    {
        { "Authorization", "x" }, { "Proxy-Authorization", "x" }, { "Cookie", "a=b" }, { "Origin", "https://evil.example" },
        { "Range", "bytes=0-0" }, { "If-Range", "\"x\"" },
        { "If-Match", "\"x\"" }, { "If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT" }, { "Expect", "x" }, { "Max-Forwards", "0" },
        { "Cache-Control", "no-store" },
        { "Content-Type", "x/y" }, { "Content-Length", "1" }, { "Transfer-Encoding", "chunked" }, { "Save-Data", "on" },
        { "Purpose", "prefetch" }, { "X-Purpose", "preview" },
        { "Sec-Purpose", "prefetch" }, { "Sec-GPC", "1" }, { "DNT", "1" }, { "From", "x@y" },
    };

    [Theory]
    [MemberData(nameof(HeadersOutsideTheKey))]
    public void HeaderOutsideTheKey_WhateverIsAnsweredHoweverOften_EvictsNothing(string name, string value)
    {
        foreach (var (status, cacheControl) in Responses)
        {
            Fill();
            for (var i = 0; i < 12; i++)
            {
                _time.Advance(TimeSpan.FromSeconds(5));
                _store.Respond(
                    _route,
                    Guide.Get("/a?x=1", (name, value)),
                    "",
                    status,
                    cacheControl.Length > 0 ? [("Cache-Control", cacheControl)] : []);
            }

            Assert.True(
                _store.BodyFor(_route, Guide.Get("/a?x=1")) is "good",
                $"{name} answered {status} {cacheControl} evicted the stored response");
            Assert.True(
                _store.BodyFor(_route, Guide.Get("/a?x=2")) is "good",
                $"{name} answered {status} {cacheControl} evicted the nearest response");
        }

        Assert.Equal(0, _store.Counters.Evicted);
    }

    [Theory]
    [InlineData("User-Agent")]
    [InlineData("Referer")]
    [InlineData("Accept-Encoding")]
    [InlineData("X-Forwarded-For")]
    [InlineData("X-Request-Id")]
    [InlineData("If-None-Match")]
    public void HeaderThatEveryClientSends_OneResponse_EvictsNothing(string name)
    {
        foreach (var (status, cacheControl) in Responses)
        {
            Fill();
            _time.Advance(TimeSpan.FromSeconds(20));
            _store.Respond(
                _route,
                Guide.Get("/a?x=1", (name, "x")),
                "",
                status,
                cacheControl.Length > 0 ? [("Cache-Control", cacheControl)] : []);
            Assert.Equal("good", _store.BodyFor(_route, Guide.Get("/a?x=1")));
        }
    }

    [Theory]
    [InlineData(404, "")]
    [InlineData(410, "no-store")]
    [InlineData(200, "no-store")]
    [InlineData(200, "private")]
    public void InARowOverTenSeconds_LeavesWithItsNearest(int status, string cacheControl)
    {
        Fill();
        foreach (var seconds in new[] { 0, 1, 8 })
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            Respond(status, cacheControl);
            Assert.Equal("good", _store.BodyFor(_route, Guide.Get("/a?x=1")));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Respond(status, cacheControl);
        Assert.Null(_store.Find(_route, Guide.Get("/a?x=1")));
        Assert.Null(_store.Find(_route, Guide.Get("/a?x=2")));
        Assert.Equal(1, _store.Counters.Evicted);
    }

    [Fact]
    public void GoodOnesBetween_NeverAddUp()
    {
        Fill();
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(4));
            Respond(404, "");
            Respond(404, "");
            _store.Respond(_route, Guide.Get("/a?x=1"), "good");
        }

        Assert.Equal("good", _store.BodyFor(_route, Guide.Get("/a?x=1")));
    }

    [Fact]
    public void OtherKeys_AreCountedApart()
    {
        Fill();
        for (var i = 0; i < 50; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _store.Respond(_route, Guide.Get($"/gone/{i % 17}"), "", 404);
        }

        Assert.Equal("good", _store.BodyFor(_route, Guide.Get("/a?x=1")));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(9, false)]
    [InlineData(10, true)]
    public void Rule_ThirdInARow_CountsOnceTheSpanIsOver(uint after, bool evicts)
    {
        var (state, _) = WithdrawalRule.Next(0, 0xFFFFF, 4_000_000_000, 10);
        (state, var second) = WithdrawalRule.Next(state, 0xFFFFF, 4_000_000_000, 10);
        Assert.True(WithdrawalRule.IsOf(state, 0xFFFFF));
        Assert.False(second);
        (state, var third) = WithdrawalRule.Next(state, 0xFFFFF, 4_000_000_000 + after, 10);
        Assert.Equal(evicts, third);
        Assert.Equal(evicts, state == 0);
        Assert.False(WithdrawalRule.IsOf(WithdrawalRule.Next(state, 1, 0, 10).Next, 0xFFFFF));
    }

    private void Fill()
    {
        _time.Advance(TimeSpan.FromMinutes(1));
        _store.Respond(_route, Guide.Get("/a?x=1"), "good");
    }

    private void Respond(int status, string cacheControl) =>
        _store.Respond(_route, Guide.Get("/a?x=1"), "", status, cacheControl.Length > 0 ? [("Cache-Control", cacheControl)] : []);
}
