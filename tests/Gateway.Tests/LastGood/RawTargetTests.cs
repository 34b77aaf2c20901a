using Gateway.LastGood;
using Gateway.LastGood.Policy;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>A URL and its escaped twin are two resources, for requests and for operators.</summary>
[Trait("kind", "unit")]
public sealed class RawTargetTests
{
    private readonly ManualTime _time = new();
    private readonly LastGoodStore _store;

    public RawTargetTests() => _store = Guide.Store(_time);

    [Theory]
    [InlineData("/p?x=1", "/p%3Fx=1")]
    [InlineData("/a/b", "/a%2Fb")]
    [InlineData("/a;v=1", "/a%3Bv=1")]
    [InlineData("/a?b=1&c=2", "/a?b=1%26c=2")]
    public void OnResponse_EscapedTwin_ReplacesNothing(string target, string twin)
    {
        var route = Guide.Route();
        _store.Respond(route, Guide.Get(target), "good");
        _time.Advance(TimeSpan.FromMinutes(1));
        _store.Respond(route, Guide.Get(twin), "poison");
        Assert.Equal("good", _store.BodyFor(route, Guide.Get(target)));
        Assert.Equal("poison", _store.BodyFor(route, Guide.Get(twin)));
    }

    [Theory]
    [InlineData("/a/b", "/a/./b", true)]
    [InlineData("/a/~b", "/a/%7Eb", true)]
    [InlineData("/a/b", "http://shop.example/a/b", true)]
    [InlineData("/a/b", "/a%2Fb", false)]
    public void Invalidate_WriteToTheSameTarget_CountsInEveryEquivalentForm(string read, string written, bool same)
    {
        var route = Guide.Route();
        _store.Respond(route, Guide.Get(read), "good");
        _time.Advance(TimeSpan.FromSeconds(1));
        _store.OnResponse(route, Guide.Request("POST", written), 200, Guide.Headers(), "primary");
        Assert.Equal(same, _store.Find(route, Guide.Get(read)) is null);
    }

    [Theory]
    [InlineData("/caf%C3%A9", "/caf\u00e9")]
    [InlineData("/caf%C3%A9", "/caf%c3%a9")]
    [InlineData("/~user", "/%7Euser")]
    [InlineData("/a%2Fb", "/a%2fb")]
    [InlineData("/a?q=100%", "/a?q=100%")]
    [InlineData("/a?q=100%", "/a?q=100%%")]
    [InlineData("/a%2Fb", "shop.example/a%2f")]
    public void ListAndPurge_PathInAnyForm_FindIt(string target, string text)
    {
        var route = Guide.Route();
        _store.Respond(route, Guide.Get(target), "good");
        Assert.Single(_store.List(text, 10));
        Assert.Equal(1, _store.Purge(new(PurgeBy.Prefix, text)));
        Assert.Null(_store.Find(route, Guide.Get(target)));
    }

    [Theory]
    [InlineData("/caf%C3%A9?q=%2c%")]
    [InlineData("/a%3Fb/%%41%4%31")]
    public void Purge_ListedKey_IsTheOneThatLeaves(string target)
    {
        var route = Guide.Route(new()
        {
            Key =
            [
                new(global::Gateway.Configuration.Model.KeyPartKind.Path),
                new(global::Gateway.Configuration.Model.KeyPartKind.Query),
                new(global::Gateway.Configuration.Model.KeyPartKind.Header, "X-Shop")
            ]
        });
        _store.Respond(route, Guide.Get(target, ("X-Shop", "caf\u00e9 1")), "good");
        _store.Respond(route, Guide.Get("/other"), "other");
        Assert.Equal(
            1,
            _store.Purge(new(
                PurgeBy.Key,
                _store.List("", 10).Single(entry => !entry.Key.Contains("/other", StringComparison.Ordinal)).Key)));
        Assert.Equal("other", _store.BodyFor(route, Guide.Get("/other")));
    }
}
