using System.Buffers.Binary;
using Gateway.Forwarding.Requests;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "unit")]
public sealed class TimeOrderedIdTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 12, 0, 0, 123, TimeSpan.Zero);

    [Fact]
    public void New_HasTimeVersionAndVariant()
    {
        for (var i = 0; i < 10_000; i++)
        {
            var id = TimeOrderedId.New(Now);
            var bytes = id.ToByteArray(bigEndian: true);

            Assert.Equal(7, id.Version);
            Assert.Equal(0b10, id.Variant >> 2);
            Assert.Equal(Now.ToUnixTimeMilliseconds(), BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16);
        }
    }

    [Fact]
    public void New_Later_SortsBehindAsText() =>
        Assert.True(string.CompareOrdinal(TimeOrderedId.New(Now).ToString(), TimeOrderedId.New(Now.AddMilliseconds(1)).ToString()) < 0);

    /// <summary>All within one millisecond, by several threads.</summary>
    [Fact]
    public async Task New_ManyAtOnce_AreAllDifferent()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, 50_000)
            .Select(_ => TimeOrderedId.New(Now))
            .ToArray())));

        Assert.Equal(200_000, ids.SelectMany(static some => some).Distinct().Count());
    }

    /// <summary>Each of the 74 random bits is used: in many ids it is set in about half of them.</summary>
    [Fact]
    public void New_RandomBits_AreAllUsed()
    {
        var (set, total) = (new int[128], 4000);
        for (var i = 0; i < total; i++)
        {
            var bytes = TimeOrderedId.New(Now).ToByteArray(bigEndian: true);
            for (var bit = 0; bit < 128; bit++)
            {
                set[bit] += (bytes[bit / 8] >> (7 - (bit % 8))) & 1;
            }
        }

        Assert.Equal(74, set.Count(count => count > total * 4 / 10 && count < total * 6 / 10));
    }
}
