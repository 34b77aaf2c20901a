using System.Buffers;
using System.Text;
using Gateway.LastGood.Keys;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>One key's text: how it grows, where it ends, and what no value can imitate.</summary>
[Trait("kind", "unit")]
public sealed class KeyBuilderTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(16, 15)]
    [InlineData(16, 16)]
    [InlineData(16, 17)]
    [InlineData(16, 33)]
    [InlineData(512, 8_191)]
    [InlineData(512, 8_192)]
    public void Append_UpToTheLongestKey_IsWhatWasWritten(int room, int length)
    {
        var text = Letters(length);
        Assert.Equal(text, KeyText.Of((ref KeyBuilder key) => key.Append(text), room));
        Assert.Equal(text.ToLowerInvariant(), KeyText.Of((ref KeyBuilder key) => key.AppendLower(text), room));
        Assert.Equal(text, KeyText.Of((ref KeyBuilder key) => AppendEach(text, ref key), room));
        Assert.Equal(text, KeyText.Of((ref KeyBuilder key) => AppendHalves(text, ref key), room));
        Assert.Equal(text.ToLowerInvariant(), KeyText.Of((ref KeyBuilder key) => AppendLowerHalves(text, ref key), room));
    }

    [Fact]
    public void Append_BeyondTheLongestKey_IsTooLong()
    {
        var text = Letters(KeyBuilder.MaxLength + 1);
        Assert.True(KeyText.IsTooLong((ref KeyBuilder key) => key.Append(text)));
        Assert.True(KeyText.IsTooLong((ref KeyBuilder key) => key.AppendLower(text)));
        Assert.True(KeyText.IsTooLong((ref KeyBuilder key) => AppendEach(text, ref key)));
        Assert.True(KeyText.IsTooLong((ref KeyBuilder key) => AppendHalves(text, ref key)));
        Assert.True(KeyText.IsTooLong((ref KeyBuilder key) => AppendLowerHalves(text, ref key)));
        Assert.False(KeyText.IsTooLong((ref KeyBuilder key) => key.Append(text.AsSpan(1))));
    }

    [Fact]
    public void TooLong_OnceSo_StaysSo()
    {
        Assert.True(KeyText.IsTooLong((ref KeyBuilder key) =>
        {
            key.Append("ab");
            key.Append(Letters(KeyBuilder.MaxLength));
            Assert.Equal("ab", key.Text.ToString());
            key.CutTo(0);
            key.Append('c');
        }));
    }

    [Fact]
    public void CutTo_EarlierLength_GoesOnFromThere() => Assert.Equal("abX", KeyText.Of((ref KeyBuilder key) =>
    {
        key.Append("abcdefgh");
        key.CutTo(2);
        Assert.Equal("ab", key.Text.ToString());
        key.Append('X');
    }));

    [Theory]
    [InlineData("", "", "")]
    [InlineData("aB-z", "aB-z", "ab-z")]
    [InlineData(" ", "%20", "%20")]
    [InlineData("%", "%25", "%25")]
    [InlineData("\0", "%00", "%00")]
    [InlineData("\t", "%09", "%09")]
    [InlineData("\n", "%0A", "%0A")]
    [InlineData("\x0F", "%0F", "%0F")]
    [InlineData("\x10", "%10", "%10")]
    [InlineData("\x19", "%19", "%19")]
    [InlineData("\x1A", "%1A", "%1A")]
    [InlineData("\x1F", "%1F", "%1F")]
    [InlineData("!", "!", "!")]
    [InlineData("$&", "$&", "$&")]
    [InlineData("~\x7F\x80", "~%7F\x80", "~%7F\x80")]
    [InlineData("A B", "A%20B", "a%20b")]
    [InlineData("\u212aK\u00c4", "\u212aK\u00c4", "\u212ak\u00c4")]
    [InlineData("\u212aK Z[@", "\u212aK%20Z[@", "\u212ak%20z[@")]
    [InlineData(" A", "%20A", "%20a")]
    [InlineData("A ", "A%20", "a%20")]
    [InlineData("A%20B", "A%2520B", "a%2520b")]
    [InlineData("A  %B\x7F", "A%20%20%25B%7F", "a%20%20%25b%7F")]
    [InlineData("A\nB\rC", "A%0AB%0DC", "a%0Ab%0Dc")]
    public void AppendEscaped_BlanksControlsAndPercentSigns_CannotBeginTheNextPart(string text, string escaped, string lower)
    {
        Assert.Equal(escaped, KeyText.Of((ref KeyBuilder key) => key.AppendEscaped(text)));
        Assert.Equal(lower, KeyText.Of((ref KeyBuilder key) => key.AppendLowerEscaped(text)));
    }

    [Fact]
    public void AppendDigest_KnownText_IsItsSha256() => Assert.Equal(
        "#ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0",
        KeyText.Of(static (ref KeyBuilder key) => key.AppendDigest("abc")));

    [Theory]
    [InlineData("", 1)]
    [InlineData("secret", 1)]
    [InlineData("\u00e9\u20ac\ud83c\udf75", 1)]
    [InlineData("x", 339)]
    [InlineData("\u20ac", 340)]
    [InlineData("\u20ac", 341)]
    [InlineData("\u20ac", 342)]
    [InlineData("x", 5_000)]
    public void AppendDigest_AnyLength_IsOneOfItsUtf8(string part, int times)
    {
        var secret = string.Concat(Enumerable.Repeat(part, times));
        var text = KeyText.Of((ref KeyBuilder key) => key.AppendDigest(secret));
        Assert.Equal(KeyText.Digest(secret), text);
        Assert.Equal(KeyBuilder.DigestLength, text.Length);
    }

    [Fact]
    public void AppendDigest_LongSecret_IsNotLeftInThePool()
    {
        const string mark = "this must be found nowhere afterwards";
        var secret = mark + new string('x', 2_000);
        _ = KeyText.Of((ref KeyBuilder key) => key.AppendDigest(secret));
        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(secret.Length));
        var found = rented.AsSpan().IndexOf(Encoding.UTF8.GetBytes(mark));
        ArrayPool<byte>.Shared.Return(rented);
        Assert.Equal(-1, found);
    }

    [Fact]
    public void Dispose_Twice_GivesTheBufferBackOnce()
    {
        var key = new KeyBuilder(new char[16]);
        key.Append(Letters(3_000));
        key.Dispose();
        Assert.Equal(0, key.Text.Length);
        key.Dispose();

        // A buffer that was given back twice would be rented to two at once.
        var one = ArrayPool<char>.Shared.Rent(3_000);
        var other = ArrayPool<char>.Shared.Rent(3_000);
        Assert.NotSame(one, other);
        ArrayPool<char>.Shared.Return(one);
        ArrayPool<char>.Shared.Return(other);
    }

    private static string Letters(int length) =>
        string.Create(length, 0, static (span, _) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = (char)('A' + (i % 57));
            }
        });

    private static void AppendEach(string text, ref KeyBuilder key)
    {
        foreach (var c in text)
        {
            key.Append(c);
        }
    }

    private static void AppendHalves(string text, ref KeyBuilder key)
    {
        key.Append(text.AsSpan(0, text.Length / 2));
        key.Append(text.AsSpan(text.Length / 2));
    }

    private static void AppendLowerHalves(string text, ref KeyBuilder key)
    {
        key.AppendLower(text.AsSpan(0, text.Length / 2));
        key.AppendLower(text.AsSpan(text.Length / 2));
    }
}
