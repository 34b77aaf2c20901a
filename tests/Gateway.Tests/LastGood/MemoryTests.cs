using Gateway.LastGood;
using Gateway.LastGood.InMemory;
using Gateway.LastGood.Policy;
using Xunit;

namespace Gateway.Tests.LastGood;

[Trait("kind", "unit")]
public sealed class MemoryTests
{
    private const string Route = "r";

    [Fact]
    public void Put_AMillionKeys_StaysUnderItsCapInTruth()
    {
        const long Cap = 16 * 1024 * 1024;
        const long Most = Cap + (4 * 1024 * 1024);
        long taken = 0;

        // Tests beside this one take memory and let go of it meanwhile: one measurement of five that they leave alone is enough.
        for (var measurement = 0; measurement < 5 && (taken is <= 0 or > Most); measurement++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var memory = new LastGoodMemory(Cap);
            for (var i = 0; i < 1_000_000; i++)
            {
                memory.Put(Response($"shop.example/a?user={i} ~r.00000000", i, body: 64));
                if (i % 10_000 == 0)
                {
                    Assert.InRange(memory.Bytes, 1, Cap);
                }
            }

            Assert.InRange(memory.Bytes, Cap * 9 / 10, Cap);
            taken = GC.GetTotalMemory(forceFullCollection: true) - before;
            GC.KeepAlive(memory);
        }

        Assert.InRange(taken, 1, Most);
    }

    [Fact]
    public void Put_Full_TheUnusedLeaveFirst()
    {
        var memory = new LastGoodMemory(100 * 1000);
        for (var i = 0; i < 1000; i++)
        {
            memory.Put(Response($"shop.example/{i}", i));
            memory.Find("shop.example/0");
            memory.Find("shop.example/7");
        }

        Assert.NotNull(memory.Find("shop.example/0"));
        Assert.NotNull(memory.Find("shop.example/7"));
        Assert.Null(memory.Find("shop.example/8"));
        Assert.NotNull(memory.Find("shop.example/999"));
        Assert.True(memory.HasBeenFull);
    }

    [Fact]
    public void Put_LargerThanTheCap_IsRefusedAndNothingLeaves()
    {
        var memory = new LastGoodMemory(10_000);
        memory.Put(Response("shop.example/1", 1));
        Assert.Equal(StoreRejection.Busy, memory.Put(Response("shop.example/2", 2, body: 20_000)));
        Assert.NotNull(memory.Find("shop.example/1")?.Live);
    }

    [Fact]
    public void Put_OlderThanWhatIsKept_IsRefused()
    {
        var memory = new LastGoodMemory(10_000);
        memory.Put(Response("shop.example/1", 5));
        Assert.Equal(StoreRejection.Overtaken, memory.Put(Response("shop.example/1", 4)));
        Assert.Equal(5, memory.Find("shop.example/1")!.Live!.Response.Began);
    }

    [Fact]
    public async Task Everything_FromManyThreads_CountsToZeroInTheEnd()
    {
        var memory = new LastGoodMemory(200_000);
        long clock = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 60_000; i++)
            {
                var key = $"shop.example/{random.Next(400)}";
                switch (random.Next(10))
                {
                    case < 6:
                        memory.Put(Response(key, Interlocked.Increment(ref clock), random.Next(500)));
                        break;
                    case < 8:
                        if (memory.Find(key)?.Live is { } live)
                        {
                            Assert.Equal(key, live.Response.Key);
                        }

                        break;
                    case 8:
                        memory.Evict(key, Interlocked.Increment(ref clock));
                        break;
                    default:
                        memory.Invalidate(key, Interlocked.Increment(ref clock));
                        break;
                }

                Assert.InRange(memory.Bytes, 0, 200_000);
            }
        })));

        // What is counted is what is there.
        var costs = Costs(memory);
        Assert.Equal(costs, memory.Bytes);
        Assert.Equal((memory.Entries, memory.Bytes), memory.TotalsOf(Route));
        memory.Purge(new(PurgeBy.Prefix, ""), long.MaxValue);
        Assert.Equal((0L, 0L), (memory.Bytes, memory.Entries));
        Assert.Equal((0L, 0L), memory.TotalsOf(Route));
    }

    // Invalidated responses count until they leave, so those are purged first.
    private static long Costs(LastGoodMemory memory)
    {
        var live = memory.All.ToHashSet();
        memory.RemoveWhere(response => !live.Contains(response));
        return memory.All.Sum(static response => response.Cost);
    }

    private static StoredResponse Response(string key, long began, int body = 100) => new()
    {
        Key = key,
        BaseKey = key,
        Place = key,
        Route = Route,
        Tier = "primary",
        Began = began,
        BeganUnixMs = began,
        Body = new byte[body],
    };
}
