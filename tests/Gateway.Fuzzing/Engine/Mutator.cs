using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Gateway.Fuzzing.Engine;

/// <summary>Changes inputs as AFL does: bits, numbers, blocks, words of the format, parts of other inputs, several at once.</summary>
/// <param name="random">The chance.</param>
/// <param name="words">Words of the format.</param>
/// <param name="most">Inputs are not longer, in bytes.</param>
internal sealed class Mutator(FuzzRandom random, IEnumerable<string> words, int most)
{
    private const int MostChanges = 5;

    private static readonly long[] Numbers =
    [
        0, 1, -1, 2, 9, 10, 16, 31, 32, 64, 99, 100, 127, 128, 255, 256, 512, 1000, 1024, 4095, 4096, 4097, 32767, -32768, 65535, 65536,
        int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L << 50, 999_999_999_999_999,
    ];

    private readonly byte[][] _words = [.. words.Select(Encoding.Latin1.GetBytes)];
    private readonly byte[] _bytes = new byte[most];
    private int _length;

    /// <summary>The changed input; it is valid until the next call.</summary>
    public ReadOnlyMemory<byte> Of(ReadOnlySpan<byte> input, ReadOnlySpan<byte> other)
    {
        _length = Math.Min(most, input.Length);
        input[.._length].CopyTo(_bytes);
        for (var left = 1 << random.Below(MostChanges); left > 0; left--)
        {
            Change(other);
        }

        return _bytes.AsMemory(0, _length);
    }

    private void Change(ReadOnlySpan<byte> other)
    {
        switch (random.Below(16))
        {
            case 0 or 1 when _length > 0:
                _bytes[random.Below(_length)] ^= (byte)(1 << random.Below(8));
                break;
            case 2 when _length > 0:
                _bytes[random.Below(_length)] = (byte)random.Next();
                break;
            case 3 when _length > 0:
                _bytes[random.Below(_length)] += (byte)(random.Below(33) - 16);
                break;
            case 4:
                WriteNumber();
                break;
            case 5:
                WriteDigits();
                break;
            case 6 or 7:
                var from = random.Below(_length);
                Replace(from, random.Length(_length - from), []);
                break;
            case 8 or 9:
                Replace(random.Below(_length + 1), 0, Block(_bytes.AsSpan(0, _length)));
                break;
            case 10:
                var block = Block(_bytes.AsSpan(0, _length));
                Replace(random.Below(_length + 1), block.Length, block);
                break;
            case 11:
                Replace(random.Below(_length + 1), 0, Enumerable.Repeat((byte)random.Next(), random.Length(most / 2)).ToArray());
                break;
            case 12:
                Replace(random.Below(_length + 1), 0, Block(other));
                break;
            case 13:
                // The beginning of one, the end of another.
                var cut = random.Below(other.Length);
                Replace(random.Below(_length + 1), _length, other[cut..]);
                break;
            case 14 when _words.Length > 0:
                var word = _words[random.Below(_words.Length)];
                Replace(random.Below(_length + 1), random.Below(2) * word.Length, word);
                break;
            default:
                Replace(random.Below(_length + 1), 0, _words.Length > 0 ? _words[random.Below(_words.Length)] : [(byte)random.Next()]);
                break;
        }
    }

    private void WriteNumber()
    {
        Span<byte> number = stackalloc byte[8];
        var value = Numbers[random.Below(Numbers.Length)];
        var size = 1 << random.Below(4);
        if (random.Below(2) == 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
            number = number[..size];
        }
        else
        {
            BinaryPrimitives.WriteInt64BigEndian(number, value);
            number = number[^size..];
        }

        Replace(random.Below(_length - size + 1), size, number);
    }

    // A number as text in the place of another, or of nothing.
    private void WriteDigits()
    {
        var at = random.Below(_length);
        var next = _bytes.AsSpan(at, _length - at).IndexOfAnyInRange((byte)'0', (byte)'9');
        at += Math.Max(next, 0);
        var old = next < 0 ? 0 : _bytes.AsSpan(at, _length - at).IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        Replace(
            at,
            old < 0 ? _length - at : old,
            Encoding.ASCII.GetBytes(Numbers[random.Below(Numbers.Length)].ToString(CultureInfo.InvariantCulture)));
    }

    private byte[] Block(ReadOnlySpan<byte> of)
    {
        var from = random.Below(of.Length);
        return of.IsEmpty ? [] : of.Slice(from, random.Length(of.Length - from)).ToArray();
    }

    private void Replace(int at, int count, ReadOnlySpan<byte> by)
    {
        at = Math.Clamp(at, 0, _length);
        count = Math.Min(count, _length - at);
        by = by[..Math.Min(by.Length, most - _length + count)];
        _bytes.AsSpan(at + count, _length - at - count).CopyTo(_bytes.AsSpan(at + by.Length));
        by.CopyTo(_bytes.AsSpan(at));
        _length += by.Length - count;
    }
}
