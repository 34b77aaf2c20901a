using System.Text;
using Gateway.Configuration.Model;
using Gateway.LastGood;
using Gateway.LastGood.Policy;
using Gateway.LastGood.Stores;
using Gateway.Redis;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Tests.LastGood;

[Trait("kind", "server")]
public sealed class RedisBackingTests
{
    private readonly RouteConfig _route = Guide.Route(new() { Nearest = [[new(KeyPartKind.Path)]] });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FindAsync_GatewayThatNeverSawTheRequests_AnswersFromRedis()
    {
        using var redis = await RedisServer.StartAsync();
        await using var one = await OpenAsync(redis);
        await using var two = await OpenAsync(redis);
        for (var user = 0; user < 50; user++)
        {
            one.Respond(_route, Guide.Get($"/a/{user}?x=1"), $"body {user}", 200, ("ETag", $"\"{user}\""));
        }

        one.Respond(_route, Guide.Get("/v", ("User-Agent", "phone")), "small", 200, ("Vary", "User-Agent"));
        one.Respond(
            _route,
            Guide.Get("/folded", ("Accept-Encoding", "gzip, deflate, br, zstd")),
            "folded",
            200,
            ("Vary", "Accept-Encoding"),
            ("Content-Encoding", "br"));
        one.Respond(_route, Guide.Get("/gone"), "gone");
        await one.FlushAsync(Cancel);
        one.Withdraw(_route, Guide.Get("/gone"));
        await one.FlushAsync(Cancel);

        for (var user = 0; user < 50; user++)
        {
            Assert.Null(two.Find(_route, Guide.Get($"/a/{user}?x=1")));
            var found = await two.FindAsync(_route, Guide.Get($"/a/{user}?x=1"), Cancel);
            Assert.Equal($"body {user}", Encoding.UTF8.GetString(found!.Response.Body));
            Assert.NotNull(two.Find(_route, Guide.Get($"/a/{user}?x=1")));
        }

        Assert.Equal("small", await BodyFor(two, Guide.Get("/v", ("User-Agent", "phone"))));
        Assert.Equal("folded", await BodyFor(two, Guide.Get("/folded", ("Accept-Encoding", "gzip,br"))));
        Assert.Null(await BodyFor(two, Guide.Get("/folded", ("Accept-Encoding", "gzip"))));
        Assert.Null(await BodyFor(two, Guide.Get("/gone")));
        Assert.Null(await BodyFor(two, Guide.Get("/never")));
        var nearest = await two.FindAsync(_route, Guide.Get("/a/7?x=2"), Cancel);
        Assert.True(nearest!.Response.IsNearest);

        // A write that one gateway sees counts for what the other reads.
        one.OnResponse(_route, Guide.Request("POST", "/a/9"), 200, Guide.Headers(), "primary");
        await one.FlushAsync(Cancel);
        await using var three = await OpenAsync(redis);
        Assert.Null(await BodyFor(three, Guide.Get("/a/9?x=1")));
        Assert.NotNull(await BodyFor(three, Guide.Get("/a/8?x=1")));
        one.Purge(new(PurgeBy.Prefix, "/a/8"));
        await one.FlushAsync(Cancel);
        await using var four = await OpenAsync(redis);
        Assert.Null(await BodyFor(four, Guide.Get("/a/8?x=1")));
        Assert.NotNull(await BodyFor(four, Guide.Get("/a/7?x=1")));
    }

    [Fact]
    public async Task Start_RedisHoldsResponses_SomeAreReadAheadAndPurgedRoutesAreNot()
    {
        using var redis = await RedisServer.StartAsync();
        var gone = Guide.Route(name: "gone");
        await using (var one = await OpenAsync(redis))
        {
            for (var i = 0; i < 500; i++)
            {
                one.Respond(_route, Guide.Get($"/a/{i}"), $"body {i}");
                one.Respond(gone, Guide.Get($"/a/{i}"), "gone");
                await one.FlushAsync(Cancel);
            }

            one.OnResponse(_route, Guide.Request("POST", "/a/9"), 200, Guide.Headers(), "primary");
            one.Purge(new(PurgeBy.Route, "gone"));
            await one.FlushAsync(Cancel);
        }

        // Without a look: from memory.
        await using var two = await OpenAsync(redis);
        Assert.Equal("body 7", two.BodyFor(_route, Guide.Get("/a/7")));
        Assert.Equal("body 499", two.BodyFor(_route, Guide.Get("/a/499")));
        Assert.Null(two.Find(_route, Guide.Get("/a/9")));
        Assert.Equal((0L, 0L), two.TotalsOf("gone"));
        Assert.True(two.IsStoreUp);
        Assert.Equal(0, two.CorruptTotal);
    }

    [Fact]
    public async Task Values_LimitsAndPrefix_Hold()
    {
        using var redis = await RedisServer.StartAsync();
        var route = Guide.Route(new() { MaxAge = TimeSpan.FromMinutes(10), MaxBody = 1 << 20 });
        await using (var store = await OpenAsync(redis))
        {
            store.Respond(route, Guide.Get("/small"), "x");
            store.Respond(route, Guide.Get("/large"), new string('x', 300 * 1024));
            await store.FlushAsync(Cancel);
            Assert.NotNull(store.Find(route, Guide.Get("/large")));
            Assert.Null(store.Alarm);
        }

        using var client = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{redis.Port}");
        var keys = client.GetServer($"127.0.0.1:{redis.Port}").Keys(pattern: "shop:lg*").ToArray();
        var key = Assert.Single(keys);
        Assert.StartsWith("shop:lg:", (string)key!, StringComparison.Ordinal);
        var left = await client.GetDatabase().KeyTimeToLiveAsync(key);
        Assert.InRange(left!.Value.TotalSeconds, 500, 600);
    }

    [Fact]
    public async Task FindAsync_HostileValues_AreNeverServed()
    {
        using var redis = await RedisServer.StartAsync();
        const int Keys = 200;
        await using (var store = await OpenAsync(redis))
        {
            for (var i = 0; i < Keys; i++)
            {
                store.Respond(_route, Guide.Get($"/{i}"), $"body {i}");
            }

            await store.FlushAsync(Cancel);
        }

        // Every value is replaced: by noise, by a stump, by another key's record, by another type.
        using var client = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{redis.Port}");
        var database = client.GetDatabase();
        var names = client.GetServer($"127.0.0.1:{redis.Port}").Keys(pattern: "shop:lg*", pageSize: 1000).ToArray();
        var values = await Task.WhenAll(names.Select(async name => (byte[])(await database.StringGetAsync(name))!));
        var random = new Random(6);
        for (var round = 0; round < 50; round++)
        {
            for (var i = 0; i < names.Length; i++)
            {
                var value = values[i].ToArray();
                switch (random.Next(4))
                {
                    case 0:
                        random.NextBytes(value);
                        break;
                    case 1:
                        value = value.AsSpan(0, random.Next(value.Length)).ToArray();
                        break;
                    case 2:
                        value = values[(i + 1) % values.Length];
                        break;
                    default:
                        value[random.Next(value.Length)] ^= 1;
                        break;
                }

                await database.StringSetAsync(names[i], value);
            }

            await using var store = await OpenAsync(redis);
            for (var i = 0; i < Keys; i++)
            {
                Assert.Null(await store.FindAsync(_route, Guide.Get($"/{i}"), Cancel));
            }

            Assert.InRange(store.CorruptTotal, Keys, long.MaxValue);
        }

        foreach (var name in names)
        {
            await database.KeyDeleteAsync(name);
            await database.ListLeftPushAsync(name, "a list");
        }

        await using var last = await OpenAsync(redis);
        Assert.Null(await last.FindAsync(_route, Guide.Get("/1"), Cancel));
    }

    [Fact]
    public async Task Frozen_RequestsWaitNoLongerThanTheirLook_AndItRecovers()
    {
        using var redis = await RedisServer.StartAsync();
        await using var store = await OpenAsync(redis);
        store.Respond(_route, Guide.Get("/a"), "one");
        await store.FlushAsync(Cancel);
        redis.Signal("STOP");
        try
        {
            // 1. Until it is noticed each look costs its 50 ms, and afterwards none.
            for (var i = 0; i < 5; i++)
            {
                var began = TimeProvider.System.GetTimestamp();
                Assert.Null(await store.FindAsync(_route, Guide.Get($"/unknown/{i}"), Cancel));
                Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds, 0, 1000);
            }

            store.Respond(_route, Guide.Get("/b"), "two");
            await Guide.Until(() => store.Alarm is not null, "the alarm shows");
            Assert.Equal("one", await BodyFor(store, Guide.Get("/a")));
            Assert.Equal("two", await BodyFor(store, Guide.Get("/b")));
        }
        finally
        {
            redis.Signal("CONT");
        }

        // 2. It is used again, and has what was kept meanwhile.
        await Guide.Until(() => store.Alarm is null, "the alarm goes", 40);
        await using var other = await OpenAsync(redis);
        Assert.Equal("two", await BodyFor(other, Guide.Get("/b")));
    }

    [Fact]
    public async Task KilledAndStartedEmpty_MemoryAnswersAndFillsItAgain()
    {
        using var redis = await RedisServer.StartAsync();
        await using var store = await OpenAsync(redis);
        store.Respond(_route, Guide.Get("/a"), "one");
        await store.FlushAsync(Cancel);
        redis.Kill();
        await Guide.Until(() => store.Alarm is not null, "the alarm shows without any traffic");
        Assert.Equal("one", await BodyFor(store, Guide.Get("/a")));
        await redis.RunAsync();
        await Guide.Until(() => store.Alarm is null, "the alarm goes", 40);
        await using var other = await OpenAsync(redis);
        Assert.Equal("one", await BodyFor(other, Guide.Get("/a")));
    }

    [Fact]
    public async Task AbsentAtStart_StartIsNotHeldUp_AndItIsUsedOnceItIsThere()
    {
        using var redis = await RedisServer.StartAsync();
        redis.Kill();
        var store = Guide.Store(TimeProvider.System, Backing(redis));
        await using (store)
        {
            store.Start();
            store.Respond(_route, Guide.Get("/a"), "one");
            Assert.Equal("one", await BodyFor(store, Guide.Get("/a")));
            await Guide.Until(() => store.Alarm is not null, "the alarm shows");
            await redis.RunAsync();
            await Guide.Until(() => store.Alarm is null, "the alarm goes", 40);
        }

        await using var other = await OpenAsync(redis);
        Assert.Equal("one", await BodyFor(other, Guide.Get("/a")));
    }

    [Fact]
    public async Task FindAsync_WithASecret_OnlyRecordsSignedForTheirKeyAreServed()
    {
        const string Secret = "0123456789abcdef0123456789abcdef";
        using var redis = await RedisServer.StartAsync();
        await using (var signing = await OpenAsync(redis, Secret))
        {
            foreach (var path in new[] { "/good", "/forged", "/moved", "/source", "/flipped", "/cut" })
            {
                signing.Respond(_route, Guide.Get(path), $"body of {path}");
            }

            await signing.FlushAsync(Cancel);
        }

        await using (var trusting = await OpenAsync(redis))
        {
            // Signed records are foreign to a gateway without the secret, too.
            Assert.Null(await BodyFor(trusting, Guide.Get("/good")));
        }

        // What a writer without the secret can do: a well-formed record, one that is copied, one that is changed.
        using var client = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{redis.Port}");
        var database = client.GetDatabase();
        var names = new Dictionary<string, RedisKey>(StringComparer.Ordinal);
        foreach (var name in client.GetServer($"127.0.0.1:{redis.Port}").Keys(pattern: "shop:lg:*", pageSize: 1000))
        {
            var value = (byte[])(await database.StringGetAsync(name))!;
            Assert.True(new RecordSeal(Secret).TryOpen(name!, value, out var record));
            Assert.True(LastGoodRecord.TryDecode(record, ClockReading.Of(TimeProvider.System), out var response));
            if (response.IsNearest)
            {
                await database.KeyDeleteAsync(name);
                continue;
            }

            names[response.Place] = name;
            if (response.Place.EndsWith("/forged", StringComparison.Ordinal))
            {
                await database.StringSetAsync(name, LastGoodRecord.Encode(response with { Body = "forged"u8.ToArray() }));
            }
            else if (response.Place.EndsWith("/flipped", StringComparison.Ordinal))
            {
                value[^1] ^= 1;
                await database.StringSetAsync(name, value);
            }
            else if (response.Place.EndsWith("/cut", StringComparison.Ordinal))
            {
                await database.StringSetAsync(name, value.AsSpan(0, 20).ToArray());
            }
        }

        await database.StringSetAsync(names["shop.example/moved"], await database.StringGetAsync(names["shop.example/source"]));

        var connection = new OwnConnection(redis, Secret);
        await using var store = Guide.Store(TimeProvider.System, connection, new LastGoodOptions { LookTimeout = TimeSpan.FromSeconds(5) });
        store.Start();
        await store.ReadAhead.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Cancel);
        Assert.Equal("body of /good", await BodyFor(store, Guide.Get("/good")));
        Assert.Equal("body of /source", await BodyFor(store, Guide.Get("/source")));
        foreach (var path in new[] { "/forged", "/moved", "/flipped", "/cut" })
        {
            Assert.Null(await BodyFor(store, Guide.Get(path)));
        }

        Assert.InRange(connection.UnsignedTotal, 4, long.MaxValue);

        await using var other = await OpenAsync(redis, "another secret of 32 characters.");
        Assert.Null(await BodyFor(other, Guide.Get("/good")));
    }

    [Fact]
    public void Seal_NameSecretOrContentChanged_DoesNotOpen()
    {
        var seal = new RecordSeal("0123456789abcdef0123456789abcdef");
        var value = seal.Seal("gateway:lg:1", "record"u8);
        Assert.True(seal.TryOpen("gateway:lg:1", value, out var record));
        Assert.Equal("record"u8.ToArray(), record);
        Assert.False(seal.TryOpen("gateway:lg:2", value, out _));
        Assert.False(new RecordSeal("0123456789abcdef0123456789abcdeg").TryOpen("gateway:lg:1", value, out _));
        for (var i = 0; i < value.Length; i++)
        {
            var changed = value.ToArray();
            changed[i] ^= 1;
            Assert.False(seal.TryOpen("gateway:lg:1", changed, out _));
            Assert.False(seal.TryOpen("gateway:lg:1", value[..i], out _));
        }
    }

    // Its own connection ends with the store behind which it stands.
    private static OwnConnection Backing(RedisServer redis, string? secret = null) => new(redis, secret);

    private static async Task<LastGoodStore> OpenAsync(RedisServer redis, string? secret = null)
    {
        // A shared machine may be slow for a moment; what the tests hold is what comes back, and the deadline has tests of its own.
        var store = Guide.Store(
            TimeProvider.System,
            Backing(redis, secret),
            new LastGoodOptions { LookTimeout = TimeSpan.FromMilliseconds(500), WithdrawalsOver = TimeSpan.Zero });
        store.Start();
        await store.ReadAhead.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
        await Guide.Until(() => store.Alarm is null, "the store is used");
        return store;
    }

    private sealed class OwnConnection : ILastGoodStore
    {
        private readonly RedisConnection _connection;
        private readonly RedisBacking _backing;

        public OwnConnection(RedisServer redis, string? secret = null)
        {
            _connection = RedisUnderTest.Start(new RedisConfig { Endpoints = [redis.Endpoint], Prefix = "shop:" });
            _backing = new(_connection, TimeProvider.System, NullLogger<RedisBacking>.Instance, secret);
        }

        public string Name => _backing.Name;

        public bool IsShared => _backing.IsShared;

        public bool IsUp => _backing.IsUp;

        public int MaxRecord => _backing.MaxRecord;

        public long CorruptTotal => _backing.CorruptTotal;

        public long UnsignedTotal => _backing.UnsignedTotal;

        public Task OpenAsync(CancellationToken cancellationToken) => _backing.OpenAsync(cancellationToken);

        public Task ReadAheadAsync(Func<StoredResponse, bool> admit, CancellationToken cancellationToken) =>
            _backing.ReadAheadAsync(admit, cancellationToken);

        public Task WriteAsync(IReadOnlyList<BackingChange> changes, CancellationToken cancellationToken) =>
            _backing.WriteAsync(changes, cancellationToken);

        public Task<IReadOnlyList<StoredResponse>> LookAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
            _backing.LookAsync(keys, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await _backing.DisposeAsync();
            await _connection.DisposeAsync();
        }
    }

    private async Task<string?> BodyFor(LastGoodStore store, Microsoft.AspNetCore.Http.HttpRequest request) =>
        await store.FindAsync(_route, request, Cancel) is { } found ? Encoding.UTF8.GetString(found.Response.Body) : null;
}
