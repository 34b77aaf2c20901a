using System.Globalization;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Redis;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Redis;

/// <summary>The connection against real servers and each of their faults.</summary>
[Trait("kind", "server")]
public sealed class RedisConnectionTests
{
    // What must happen is awaited for this long; that it takes less than 5 s is measured by the drill.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetAsync_HundredThousandCancelledReads_NoResponseIsAnothers()
    {
        using var redis = await RedisServer.StartAsync();
        await using var connection = await RedisUnderTest.ConnectAsync(ConfigOf(redis));
        const int Names = 500;
        var values = Enumerable.Range(0, Names)
            .Select(static i => ("shop:" + i.ToString(CultureInfo.InvariantCulture), (byte[]?)ValueOf(i), TimeSpan.FromMinutes(5)))
            .ToArray();
        await connection.SetAsync(values, Cancel);
        var (read, cancelled, late, wrong) = (0, 0, 0, 0);

        async Task ReadAsync(int seed)
        {
            var random = new Random(seed);
            for (var i = 0; i < 3125; i++)
            {
                var one = random.Next(Names);
                var other = random.Next(Names);
                using var stop = new CancellationTokenSource();
                var reading = connection.GetAsync([
                    "shop:" + one.ToString(CultureInfo.InvariantCulture),
                    "shop:" + other.ToString(CultureInfo.InvariantCulture)
                ], stop.Token);
                switch (random.Next(4))
                {
                    case 0:
                        await stop.CancelAsync();
                        break;
                    case 1:
                        await Task.Yield();
                        await stop.CancelAsync();
                        break;
                    case 2:
                        stop.CancelAfter(TimeSpan.FromTicks(random.Next(1, 20_000)));
                        break;
                }

                try
                {
                    var found = await reading;
                    Interlocked.Increment(ref read);
                    if (!found[0].AsSpan().SequenceEqual(ValueOf(one)) || !found[1].AsSpan().SequenceEqual(ValueOf(other)))
                    {
                        Interlocked.Increment(ref wrong);
                    }
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref cancelled);
                }
                catch (RedisFailedException e) when (e.Fault == RedisFault.Late)
                {
                    Interlocked.Increment(ref late);
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 32).Select(seed => Task.Run(() => ReadAsync(seed), Cancel)));
        Assert.Equal(0, wrong);
        Assert.Equal(100_000, read + cancelled + late);
        Assert.True(cancelled > 20_000, $"Only {cancelled} were cancelled.");
        Assert.True(read > 10_000, $"Only {read} were read.");
    }

    [Fact]
    public async Task Killed_AlarmShows_AndItIsUsedAgain()
    {
        using var redis = await RedisServer.StartAsync();
        await using var connection = await RedisUnderTest.ConnectAsync(ConfigOf(redis));
        Assert.Null(connection.Alarm);
        redis.Kill();
        await BecomesAsync(connection, "cannot be reached");
        await Assert.ThrowsAsync<RedisFailedException>(() => connection.GetAsync(["a"], Cancel));
        await redis.RunAsync();
        await BecomesUsedAsync(connection);
    }

    [Fact]
    public async Task Frozen_CallsEndByTheirDeadline_AlarmShowsAndTheConnectionIsMadeAnew()
    {
        using var redis = await RedisServer.StartAsync();
        await using var connection = await RedisUnderTest.ConnectAsync(ConfigOf(redis));
        redis.Signal("STOP");
        try
        {
            var failed = await Assert.ThrowsAsync<RedisFailedException>(() => connection.GetAsync(["a"], Cancel));
            Assert.Equal(RedisFault.Late, failed.Fault);
            await Eventually.BeTrueAsync(() => connection.Alarm is not null && !connection.IsUp, Patience, "the alarm shows");

            // Given up: calls no longer wait even for their deadline.
            await Eventually.BecomeTrueAsync(
                async () =>
                    (await Assert.ThrowsAsync<RedisFailedException>(() => connection.GetAsync(["a"], Cancel))).InnerException is null,
                Patience,
                "the connection is given up");
        }
        finally
        {
            redis.Signal("CONT");
        }

        await BecomesUsedAsync(connection);
    }

    [Fact]
    public async Task Full_AlarmSaysSo_ReadingGoesOn_AndItIsUsedOnceThereIsRoom()
    {
        using var redis = await RedisServer.StartAsync("--maxmemory-policy", "noeviction");
        await using var connection = await RedisUnderTest.ConnectAsync(ConfigOf(redis));
        await connection.SetAsync([("shop:a", "1"u8.ToArray(), TimeSpan.FromMinutes(5))], Cancel);
        redis.Command("CONFIG SET maxmemory 1");
        await BecomesAsync(connection, "full");
        Assert.True(connection.Answers);
        Assert.False(connection.IsUp);
        Assert.Equal("1"u8.ToArray(), (await ReadAsync(connection, "shop:a"))!);
        redis.Command("CONFIG SET maxmemory 0");
        await BecomesUsedAsync(connection);
    }

    [Fact]
    public async Task ReadOnlyReplica_AlarmSaysSo_AndItIsUsedOnceItIsAMaster()
    {
        using var redis = await RedisServer.StartAsync();
        using var master = await RedisServer.StartAsync();
        redis.Command($"REPLICAOF 127.0.0.1 {master.Port}");
        await using var connection = RedisUnderTest.Start(ConfigOf(redis));
        await BecomesAsync(connection, "read-only replica");
        Assert.False(connection.IsUp);
        redis.Command("REPLICAOF NO ONE");
        await BecomesUsedAsync(connection);

        // And a master that is made a replica under our hands.
        redis.Command($"REPLICAOF 127.0.0.1 {master.Port}");
        await BecomesAsync(connection, "read-only replica");
    }

    [Fact]
    public async Task WrongPassword_AlarmSaysSoWithoutIt_AndItIsUsedOnceItIsRight()
    {
        using var redis = await RedisServer.StartAsync(RedisServer.FreePort(), ["--requirepass", "right"], "right");
        await using var connection = RedisUnderTest.Start(ConfigOf(redis) with { Password = "wrong-one" });
        await BecomesAsync(connection, "refuses the password");
        Assert.DoesNotContain("wrong-one", connection.Alarm, StringComparison.Ordinal);
        await using var none = RedisUnderTest.Start(ConfigOf(redis));
        await BecomesAsync(none, "refuses the password");
        redis.Command("CONFIG SET requirepass wrong-one");
        await BecomesUsedAsync(connection);
    }

    [Fact]
    public async Task AbsentAtStart_IsFoundOnceItIsThere()
    {
        using var redis = await RedisServer.StartAsync();
        redis.Kill();
        await using var connection = RedisUnderTest.Start(ConfigOf(redis));
        await BecomesAsync(connection, "cannot be reached");
        await redis.RunAsync();
        await BecomesUsedAsync(connection);
    }

    [Fact]
    public async Task Sentinels_MasterKilled_TheNewOneIsFollowed()
    {
        using var set = await SentinelSet.StartAsync();
        await using var connection = await RedisUnderTest.ConnectAsync(new RedisConfig
        {
            Sentinel = new(SentinelSet.Service, [.. set.Endpoints]),
            Prefix = "shop:"
        });
        await connection.SetAsync([("shop:a", "1"u8.ToArray(), TimeSpan.FromMinutes(5))], Cancel);
        await Eventually.BeTrueAsync(
            () => set.Replica.Command("GET shop:a").StartsWith("$1", StringComparison.Ordinal),
            Patience,
            "the replica has it");
        set.Master.Kill();
        await Eventually.BeTrueAsync(() => !connection.IsUp, Patience, "the loss is seen");
        await Eventually.BeTrueAsync(() => connection.IsUp, TimeSpan.FromSeconds(60), "the new master is used");
        Assert.Equal("1"u8.ToArray(), (await ReadAsync(connection, "shop:a"))!);
        await connection.SetAsync([("shop:b", "2"u8.ToArray(), TimeSpan.FromMinutes(5))], Cancel);
        Assert.StartsWith("$1", set.Replica.Command("GET shop:b"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sentinels_NobodyKnowsTheName_AlarmSaysSo()
    {
        using var redis = await RedisServer.StartAsync();
        await using var connection = RedisUnderTest.Start(new RedisConfig
        {
            Sentinel = new("nobody", ["127.0.0.1:" + RedisServer.FreePort().ToString(CultureInfo.InvariantCulture)]),
            Prefix = "shop:"
        });
        await BecomesAsync(connection, "cannot be reached");
    }

    [Theory]
    [InlineData("*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n", "127.0.0.1:6379")]
    [InlineData("*2\r\n$5\r\nredis\r\n$4\r\n6380\r\n", "redis:6380")]
    [InlineData("*2\r\n$3\r\n::1\r\n$4\r\n6380\r\n", "[::1]:6380")]
    [InlineData("*2\r\n$5\r\nredis\r\n$5\r\n6380\0\r\n", "redis:6380")]
    [InlineData("*-1\r\n", "")]
    [InlineData("-ERR unknown command\r\n", null)]
    [InlineData("*2\r\n$5\r\nredis\r\n$5\r\n99999\r\n", null)]
    [InlineData("*2\r\n$0\r\n\r\n$4\r\n6379\r\n", null)]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", null)]
    [InlineData("*2\r\n$5\r\nredis\r\n$4\r\n638", null)]
    [InlineData("", null)]
    public void SentinelsReply_IsReadOrRefused(string response, string? master) => Assert.Equal(master, SentinelQuestion.Read(response));

    [Theory]
    [InlineData("-NOAUTH Authentication required.\r\n", "WrongPassword")]
    [InlineData("-WRONGPASS invalid username-password pair or user is disabled.\r\n", "WrongPassword")]
    [InlineData("+OK\r\n*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n", "Replica")]
    [InlineData("*3\r\n$6\r\nmaster\r\n:0\r\n", "Master")]
    [InlineData("+OK\r\n*3\r\n$6\r\nmaster", null)]
    [InlineData("+OK\r\n", null)]
    public void ServersReply_IsReadOrAwaited(string response, string? finding) =>
        Assert.Equal(finding, RedisDiagnosis.Read(response)?.ToString());

    [Fact]
    public void ClientLibrary_IsKnownToOneRoomOnly()
    {
        var root = Repository.PathOf("src", "Gateway");
        string[] knowing = [.. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(static file => File.ReadAllText(file).Contains("StackExchange", StringComparison.Ordinal))
            .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'))
            .Where(static file => !file.StartsWith("obj/", StringComparison.Ordinal)
                && !file.StartsWith("bin/", StringComparison.Ordinal))];
        Assert.All(knowing, static file => Assert.StartsWith("Redis/", file, StringComparison.Ordinal));
        Assert.NotEmpty(knowing);
    }

    private static RedisConfig ConfigOf(RedisServer redis) => new() { Endpoints = [redis.Endpoint], Prefix = "shop:" };

    // So long that the responses of several reads share a packet, and of some do not.
    private static byte[] ValueOf(int i) =>
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(i.ToString(CultureInfo.InvariantCulture) + ";", 1 + (i % 200))));

    private static async Task<byte[]?> ReadAsync(RedisConnection connection, string name)
    {
        byte[]? value = null;

        // One call may be late on a busy machine.
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                try
                {
                    value = (await connection.GetAsync([name], Cancel))[0];
                    return true;
                }
                catch (RedisFailedException)
                {
                    return false;
                }
            },
            Patience,
            "it can be read");
        return value;
    }

    private static Task BecomesAsync(RedisConnection connection, string words) =>
        Eventually.BeTrueAsync(
            () => connection.Alarm?.Contains(words, StringComparison.Ordinal) == true,
            Patience,
            $"the alarm says \"{words}\"");

    private static Task BecomesUsedAsync(RedisConnection connection) =>
        Eventually.BeTrueAsync(() => connection.IsUp && connection.Alarm is null, Patience, "it is used again");
}
