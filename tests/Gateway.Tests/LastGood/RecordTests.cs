using Gateway.LastGood;
using Gateway.LastGood.Stores;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.LastGood;

[Trait("kind", "unit")]
public sealed class RecordTests
{
    private static readonly ClockReading Now = ClockReading.Of(new ManualTime());

    [Fact]
    public void Decode_WhatWasEncoded_IsTheSame()
    {
        var response = Sample();
        Assert.True(LastGoodRecord.TryDecode(LastGoodRecord.Encode(response), Now, out var decoded));
        Assert.Equal(response.Headers, decoded.Headers);
        Assert.Equal(response.Vary, decoded.Vary);
        Assert.Equal(response.Body, decoded.Body);
        Assert.Equal(response with { Headers = [], Vary = [], Body = [] }, decoded with { Headers = [], Vary = [], Body = [] });
        var plain = response with
        {
            FilledBy = null,
            ETag = null,
            StaleIfErrorSeconds = null,
            IsPublic = false,
            Vary = [],
            Headers = [],
            Body = []
        };
        Assert.True(LastGoodRecord.TryDecode(LastGoodRecord.Encode(plain), Now, out decoded));
        Assert.Equal((null, null, null, false), (decoded.FilledBy, decoded.ETag, decoded.StaleIfErrorSeconds, decoded.IsPublic));
    }

    [Fact]
    public void Decode_RandomBytes_NeverAndWithoutAnException()
    {
        var random = new Random(1);
        var whole = LastGoodRecord.Encode(Sample());
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = (i % 4) switch
            {
                // Noise; noise behind a good head; one flipped bit; a stump.
                0 => Noise(random, random.Next(0, 2000)),
                1 => [.. whole.AsSpan(0, 5), .. Noise(random, random.Next(0, 500))],
                2 => Flipped(random, whole),
                _ => whole.AsSpan(0, random.Next(0, whole.Length)).ToArray(),
            };
            Assert.False(LastGoodRecord.TryDecode(bytes, Now, out var response), $"case {i}");
            Assert.Null(response);
        }
    }

    [Fact]
    public void Decode_NoiseWithARightChecksum_NeverThrows()
    {
        // A hostile writer can compute the checksum; the fields behind it must hold alone.
        var random = new Random(2);
        var whole = LastGoodRecord.Encode(Sample());
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = i % 2 == 0 ? [.. whole.AsSpan(0, 21), .. Noise(random, random.Next(0, 400))] : Flipped(random, whole);
            bytes[0] = whole[0];
            whole.AsSpan(0, 5).CopyTo(bytes);
            System.Security.Cryptography.SHA256.HashData(bytes.AsSpan(21)).AsSpan(0, 16).CopyTo(bytes.AsSpan(5));
            if (LastGoodRecord.TryDecode(bytes, Now, out var response))
            {
                Assert.All(response.Headers, header => Assert.True(StoredHeaders.Keeps(header.Name, header.Value)));
            }
        }
    }

    [Theory]
    [InlineData("Set-Cookie", "sid=1")]
    [InlineData("X-Split", "a\r\nSet-Cookie: sid=1")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Bad Name", "x")]
    public void Decode_HeaderThatIsNeverKept_IsNoRecord(string name, string value) =>
        Assert.False(LastGoodRecord.TryDecode(LastGoodRecord.Encode(Sample() with { Headers = [new(name, value)] }), Now, out _));

    [Fact]
    public void Decode_OtherVersion_IsNoRecord()
    {
        var bytes = LastGoodRecord.Encode(Sample());
        bytes[4]++;
        Assert.False(LastGoodRecord.TryDecode(bytes, Now, out _));
    }

    internal static StoredResponse Sample(string key = "shop.example/a ~recommend.00000000") => new()
    {
        Key = key,
        BaseKey = key,
        Place = "shop.example/a",
        FilledBy = "shop.example/a?x=1 ~recommend.00000000",
        Route = "recommend",
        Tier = "primary",
        Vary = ["accept-encoding"],
        IsPublic = true,
        Began = Now.StampOf(Now.UnixMs - 5000),
        BeganUnixMs = Now.UnixMs - 5000,
        InitialAge = TimeSpan.FromSeconds(3),
        FreshSeconds = 60,
        StaleIfErrorSeconds = 600,
        KeepFor = TimeSpan.FromHours(1),
        Headers = [new("Content-Type", "text/plain"), new("ETag", "\"1\"")],
        ETag = "\"1\"",
        Body = "hello"u8.ToArray(),
    };

    private static byte[] Noise(Random random, int length)
    {
        var noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }

    private static byte[] Flipped(Random random, byte[] whole)
    {
        var flipped = whole.ToArray();
        flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
        return flipped;
    }
}
