using System.Text;
using Gateway.Configuration.Model;
using Gateway.LastGood;
using Gateway.LastGood.Policy;
using Gateway.LastGood.Stores;
using Gateway.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.LastGood;

[Trait("kind", "unit")]
public sealed class SqliteBackingTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly global::Gateway.Configuration.Model.RouteConfig _route = Guide.Route();

    private string File => _folder.File("last-good.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Restart_AnswersWithVariantsAndNearest_AreThereAgain()
    {
        var route = Guide.Route(new() { Nearest = [[new(global::Gateway.Configuration.Model.KeyPartKind.Path)]] });
        await using (var store = await OpenAsync())
        {
            store.Respond(route, Guide.Get("/a?x=1"), "one", 200, ("Content-Type", "text/plain"), ("ETag", "\"1\""));
            store.Respond(route, Guide.Get("/v", ("User-Agent", "phone")), "small", 200, ("Vary", "User-Agent"));
            store.Respond(route, Guide.Get("/gone"), "gone");
            store.Respond(route, Guide.Get("/written"), "written");
            store.Withdraw(route, Guide.Get("/gone"), 410);
            store.OnResponse(route, Guide.Request("POST", "/written"), 200, Guide.Headers(), "primary");
        }

        await using var again = await OpenAsync();
        var found = again.Find(route, Guide.Get("/a?x=1"));
        Assert.Equal("one", Encoding.UTF8.GetString(found!.Response.Body));
        Assert.Equal("\"1\"", found.Response.ETag);
        Assert.InRange(found.Age.TotalSeconds, 0, 60);
        Assert.Equal("one", again.BodyFor(route, Guide.Get("/a?x=2")));
        Assert.Equal("small", again.BodyFor(route, Guide.Get("/v", ("User-Agent", "phone"))));
        Assert.Null(again.Find(route, Guide.Get("/gone")));
        Assert.Null(again.Find(route, Guide.Get("/written")));
    }

    [Fact]
    public async Task Restart_Purged_StaysPurged()
    {
        await using (var store = await OpenAsync())
        {
            store.Respond(_route, Guide.Get("/a/1"), "one");
            store.Respond(_route, Guide.Get("/b/1"), "two");
            await store.FlushAsync(TestContext.Current.CancellationToken);
            store.Purge(new(PurgeBy.Prefix, "/a"));
            store.Respond(Guide.Route(name: "gone"), Guide.Get("/b/1"), "three");
            store.Respond(Guide.Route(name: "gone.not"), Guide.Get("/b/1"), "four");
            store.Respond(_route, Guide.Get("/c/1"), "five");
            await store.FlushAsync(TestContext.Current.CancellationToken);
            store.Purge(new(PurgeBy.Route, "gone"));
            store.Purge(new(PurgeBy.Key, store.List("/c/1", 1)[0].Key));
        }

        await using var again = await OpenAsync();
        Assert.Null(again.Find(_route, Guide.Get("/a/1")));
        Assert.Null(again.Find(Guide.Route(name: "gone"), Guide.Get("/b/1")));
        Assert.Equal("four", again.BodyFor(Guide.Route(name: "gone.not"), Guide.Get("/b/1")));
        Assert.Null(again.Find(_route, Guide.Get("/c/1")));
        Assert.Equal("two", again.BodyFor(_route, Guide.Get("/b/1")));
    }

    [Fact]
    public async Task Restart_PurgedByAPrefix_SlashesInsideValuesAreNoPaths()
    {
        var pathless = Guide.Route(new() { Key = [new(KeyPartKind.Query), new(KeyPartKind.Header, "X-Shop")] });
        var request = Guide.Get("/a?next=/b", ("Accept", "text/html"), ("X-Shop", "1/shop"));
        await using (var store = await OpenAsync())
        {
            store.Respond(pathless, request, "one");
            store.Respond(_route, Guide.Get("/a?x=1"), "two");
            store.Respond(_route, Guide.Get("/a?x=2"), "three");
            await store.FlushAsync(TestContext.Current.CancellationToken);
            foreach (var prefix in new[] { "/html", "/b", "/shop", "?next", "/a?x=1", "/a?x=1 ~" })
            {
                store.Purge(new(PurgeBy.Prefix, prefix));
            }

            Assert.Equal("one", store.BodyFor(pathless, request));
        }

        await using (var again = await OpenAsync())
        {
            Assert.Equal("one", again.BodyFor(pathless, request));
            Assert.Null(again.Find(_route, Guide.Get("/a?x=1")));
            Assert.Equal("three", again.BodyFor(_route, Guide.Get("/a?x=2")));
            Assert.Equal(2, again.Purge(new(PurgeBy.Prefix, "/a")));
        }

        await using var last = await OpenAsync();
        Assert.Null(last.Find(pathless, request));
    }

    [Fact]
    public async Task ReadAhead_RecordsOfRandomBytes_AreDroppedAndCounted()
    {
        const int Good = 50;
        await using (var store = await OpenAsync())
        {
            for (var i = 0; i < Good * 2; i++)
            {
                store.Respond(_route, Guide.Get($"/{i}"), $"body {i}");
            }
        }

        // Every second record is rubbish, and one is another key's.
        var random = new Random(3);
        await using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            for (var i = 1; i < Good * 2; i += 2)
            {
                using var update = connection.CreateCommand();
                update.CommandText = i == 1
                    ? "UPDATE responses SET record = (SELECT record FROM responses WHERE place = 'shop.example/2') WHERE place = $place"
                    : "UPDATE responses SET record = $noise WHERE place = $place";
                update.Parameters.AddWithValue("$place", $"shop.example/{i}");
                var noise = new byte[random.Next(300)];
                random.NextBytes(noise);
                update.Parameters.AddWithValue("$noise", i % 4 == 1 ? noise : "text");
                Assert.Equal(1, update.ExecuteNonQuery());
            }
        }

        await using var again = await OpenAsync();
        for (var i = 0; i < Good * 2; i++)
        {
            Assert.Equal(i % 2 == 0 ? $"body {i}" : null, again.BodyFor(_route, Guide.Get($"/{i}")));
        }

        Assert.Equal(Good, again.CorruptTotal);
        Assert.Null(again.Alarm);
    }

    [Fact]
    public async Task ReadAhead_TenThousandRubbishRecords_AllAreDroppedAndNoneIsServed()
    {
        const int Rubbish = 10_000;
        await using (var store = await OpenAsync())
        {
            for (var i = 0; i < 4; i++)
            {
                store.Respond(_route, Guide.Get($"/{i}"), $"body {i}");
            }
        }

        // Copies of whole records under keys that are not theirs, turned over at a bit, cut, and noise.
        await using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var transaction = connection.BeginTransaction();
            using var select = connection.CreateCommand();
            select.CommandText = "SELECT record FROM responses";
            var whole = new List<byte[]>();
            using (var rows = select.ExecuteReader())
            {
                while (rows.Read())
                {
                    whole.Add((byte[])rows.GetValue(0));
                }
            }

            var random = new Random(8);
            using var insert = connection.CreateCommand();
            insert.CommandText =
                "INSERT INTO responses SELECT 'shop.example/rubbish' || $n || ' ~r.00000000', base, 'shop.example/rubbish' || $n, began, "
                    + "expires, size, $record FROM responses WHERE place = 'shop.example/0'";
            var (number, record) = (insert.Parameters.Add("$n", SqliteType.Integer), insert.Parameters.Add("$record", SqliteType.Blob));
            for (var i = 0; i < Rubbish; i++)
            {
                var bytes = whole[i % whole.Count].ToArray();
                switch (i % 4)
                {
                    case 0:
                        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                        break;
                    case 1:
                        bytes = bytes.AsSpan(0, random.Next(bytes.Length)).ToArray();
                        break;
                    case 2:
                        random.NextBytes(bytes);
                        break;
                }

                (number.Value, record.Value) = (i, bytes);
                Assert.Equal(1, insert.ExecuteNonQuery());
            }

            transaction.Commit();
        }

        await using var again = await OpenAsync();
        Assert.Equal(Rubbish, again.CorruptTotal);
        Assert.Equal(4, again.Entries);
        Assert.Null(again.Alarm);
        for (var i = 0; i < Rubbish; i++)
        {
            Assert.Null(again.BodyFor(_route, Guide.Get($"/rubbish{i}")));
        }

        Assert.All(Enumerable.Range(0, 4), i => Assert.Equal($"body {i}", again.BodyFor(_route, Guide.Get($"/{i}"))));
    }

    [Fact]
    public async Task Open_FileDamagedInAnyWay_ServesNothingWrongAndGoesOn()
    {
        await using (var store = await OpenAsync())
        {
            for (var i = 0; i < 40; i++)
            {
                store.Respond(_route, Guide.Get($"/{i}"), $"body {i} " + new string('x', 2000));
            }
        }

        var whole = System.IO.File.ReadAllBytes(File);
        for (var round = 0; round < Corruption.Rounds; round++)
        {
            System.IO.File.WriteAllBytes(File, Corruption.Of(whole, round));
            System.IO.File.Delete(File + "-wal");
            System.IO.File.Delete(File + "-shm");
            await using var store = await OpenAsync();
            for (var i = 0; i < 40; i++)
            {
                var body = store.BodyFor(_route, Guide.Get($"/{i}"));
                Assert.True(body is null || string.Equals(body, $"body {i} " + new string('x', 2000), StringComparison.Ordinal));
            }

            store.Respond(_route, Guide.Get("/after"), "after");
            Assert.Equal("after", store.BodyFor(_route, Guide.Get("/after")));
        }

        Assert.InRange(Directory.GetFiles(_folder.Path, "*.corrupt-*").Length, 1, 3);
    }

    [Fact]
    public async Task Open_NoDatabaseAtAll_IsSetAsideAndANewOneKeeps()
    {
        System.IO.File.WriteAllText(File, "This is a letter, and a long one: " + new string('x', 5000));
        await using (var store = await OpenAsync())
        {
            store.Respond(_route, Guide.Get("/a"), "one");
            await Guide.Until(() => store.Alarm is null, "the store is back");
        }

        Assert.Single(Directory.GetFiles(_folder.Path, "*.corrupt-*"));
        await using var again = await OpenAsync();
        Assert.Equal("one", again.BodyFor(_route, Guide.Get("/a")));
    }

    [Fact]
    public async Task Write_FileLocked_MemoryGoesOnAndTheStoreCatchesUp()
    {
        await using (var store = await OpenAsync())
        {
            await using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
            {
                connection.Open();
                using var hold = connection.CreateCommand();
                hold.CommandText = "BEGIN EXCLUSIVE";
                hold.ExecuteNonQuery();
                store.Respond(_route, Guide.Get("/a"), "one");
                Assert.Equal("one", store.BodyFor(_route, Guide.Get("/a")));
                await Guide.Until(() => store.Alarm is not null, "the alarm shows");
                Assert.Contains("last-good.db", store.Alarm, StringComparison.Ordinal);
            }

            await Guide.Until(() => store.Alarm is null, "the alarm goes");
        }

        await using var again = await OpenAsync();
        Assert.Equal("one", again.BodyFor(_route, Guide.Get("/a")));
    }

    [Fact]
    public async Task Open_FolderIsAFile_MemoryGoesOnUntilItIsMended()
    {
        var blocked = _folder.File("state");
        System.IO.File.WriteAllText(blocked, "");
        await using (var store = await OpenAsync(Path.Combine(blocked, "last-good.db")))
        {
            Assert.NotNull(store.Alarm);
            store.Respond(_route, Guide.Get("/a"), "one");
            Assert.Equal("one", store.BodyFor(_route, Guide.Get("/a")));
            System.IO.File.Delete(blocked);
            await Guide.Until(() => store.Alarm is null, "the alarm goes");
        }

        await using var again = await OpenAsync(Path.Combine(blocked, "last-good.db"));
        Assert.Equal("one", again.BodyFor(_route, Guide.Get("/a")));
    }

    [Fact]
    public async Task Write_Refused_MemoryGoesOnAndTheStoreCatchesUp()
    {
        await using (var store = await OpenAsync())
        {
            store.Respond(_route, Guide.Get("/before"), "before");
            await store.FlushAsync(TestContext.Current.CancellationToken);

            // A full disk and a read-only one end in the same place: SQLite refuses the write, whatever its code.
            await using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
            connection.Open();
            using var fill = connection.CreateCommand();
            fill.CommandText = "CREATE TRIGGER full BEFORE INSERT ON responses BEGIN SELECT RAISE(ABORT, 'full'); END";
            fill.ExecuteNonQuery();
            store.Respond(_route, Guide.Get("/a"), "one");
            await Guide.Until(() => store.Alarm is not null, "the alarm shows");
            Assert.Equal("one", store.BodyFor(_route, Guide.Get("/a")));
            fill.CommandText = "DROP TRIGGER full";
            fill.ExecuteNonQuery();
            await Guide.Until(() => store.Alarm is null, "the alarm goes");
        }

        await using var again = await OpenAsync();
        Assert.Equal("one", again.BodyFor(_route, Guide.Get("/a")));
        Assert.Equal("before", again.BodyFor(_route, Guide.Get("/before")));
    }

    [Fact]
    public async Task Write_FileDeletedUnderIt_IsMadeAnew()
    {
        await using (var store = await OpenAsync())
        {
            System.IO.File.Delete(File);
            store.Respond(_route, Guide.Get("/a"), "one");
        }

        await using var again = await OpenAsync();
        Assert.Equal("one", again.BodyFor(_route, Guide.Get("/a")));
    }

    [Fact]
    public async Task Write_BeyondTheCap_TheOldestLeave()
    {
        const long Cap = 200_000;
        await using (var store = await OpenAsync(cap: Cap))
        {
            for (var i = 0; i < 600; i++)
            {
                store.Respond(_route, Guide.Get($"/{i}"), new string('x', 2000));
            }

            await store.FlushAsync(TestContext.Current.CancellationToken);
            Assert.Null(store.Alarm);
        }

        Assert.InRange(new FileInfo(File).Length, 1, 10 * Cap);
        await using var again = await OpenAsync(cap: Cap);
        Assert.Null(again.Find(_route, Guide.Get("/0")));
        Assert.NotNull(again.Find(_route, Guide.Get("/599")));
        Assert.InRange(again.Entries, 20, 100);
    }

    [Fact]
    public async Task ReadAhead_BeyondMaxAge_IsNotReadAndLeavesTheFile()
    {
        var time = new ManualTime();
        await using (var store = await OpenAsync(time: time))
        {
            store.Respond(_route, Guide.Get("/a"), "one");
        }

        time.Advance(TimeSpan.FromMinutes(61));
        await using (var again = await OpenAsync(time: time))
        {
            Assert.Equal(0, again.Entries);
            again.Respond(_route, Guide.Get("/b"), "two");
        }

        await using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT count(*) FROM responses";
        Assert.Equal(1L, count.ExecuteScalar());
    }

    private Task<LastGoodStore> OpenAsync(string? file = null, long cap = 1 << 28, TimeProvider? time = null) =>
        OpenStoreAsync(file ?? File, cap, time);

    internal static async Task<LastGoodStore> OpenStoreAsync(string file, long cap = 1 << 28, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        var store = Guide.Store(time, new SqliteBacking(file, cap, time, NullLogger<SqliteBacking>.Instance));
        store.Start();
        await store.ReadAhead.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
        return store;
    }
}
