using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Forwarding.Attempts;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// What each client has under way, in a table of fixed size: four counts for each, of which the smallest holds (a count-min sketch, Cormode
/// and Muthukrishnan 2005). No lock, no garbage, and as much memory under an attack by a million addresses as at rest.
/// </summary>
/// <remarks>
/// A client is counted too high only while others share each of its four counts: with a thousand clients at once for one in twenty million,
/// with ten thousand for one in two thousand.
/// </remarks>
internal sealed class ClientLoad
{
    private const int Rows = 4;
    private const int RowBits = 16;
    private const int RowMask = (1 << RowBits) - 1;

    private readonly int[] _counts = new int[Rows << RowBits];
    private readonly ulong _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    /// <summary>A client's number: an IPv4 address, or the /64 of an IPv6 one, which is one customer's.</summary>
    public static ulong KeyOf(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out _))
        {
            return 0;
        }

        return address.AddressFamily == AddressFamily.InterNetwork
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    /// <summary>Counts one more, unless a client has so many. Balance with <see cref="Leave"/>.</summary>
    public bool TryEnter(ulong client, int most)
    {
        var places = BitMixing.Mix(client ^ _seed);
        var least = int.MaxValue;
        for (var row = 0; row < Rows; row++)
        {
            least = Math.Min(least, Interlocked.Increment(ref CountOf(row, places)));
        }

        if (least <= most)
        {
            return true;
        }

        Leave(client);
        return false;
    }

    /// <summary>Counts one less.</summary>
    public void Leave(ulong client)
    {
        var places = BitMixing.Mix(client ^ _seed);
        for (var row = 0; row < Rows; row++)
        {
            Interlocked.Decrement(ref CountOf(row, places));
        }
    }

    // Each row is read at sixteen bits of its own of the mixed number.
    private ref int CountOf(int row, ulong places) => ref _counts[(row << RowBits) | ((int)(places >> (row * RowBits)) & RowMask)];
}
