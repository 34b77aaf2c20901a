using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Gateway.Forwarding;

/// <summary>
/// What each client has under way, in a table of fixed size: two counts for each, of which the smaller one holds (a count-min sketch,
/// Cormode
/// and Muthukrishnan 2005). No lock, no garbage, and as much memory under an attack by a million addresses as at rest. Two clients that
/// share both counts, one pair in four thousand million, count as one.
/// </summary>
internal sealed class ClientLoad
{
    private const int Size = 1 << 16;

    private readonly int[] _first = new int[Size];
    private readonly int[] _second = new int[Size];
    private readonly ulong _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    /// <summary>A client's number: an IPv4 address, or the /64 of an IPv6 one, which is one customer's.</summary>
    public static ulong KeyOf(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out _))
        {
            return 0;
        }

        return address.AddressFamily == AddressFamily.InterNetwork ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    /// <summary>Counts one more, unless a client has so many. Balance with <see cref="Leave"/>.</summary>
    public bool TryEnter(ulong client, int most)
    {
        var (first, second) = PlacesOf(client);
        if (Math.Min(Interlocked.Increment(ref _first[first]), Interlocked.Increment(ref _second[second])) <= most)
        {
            return true;
        }

        Leave(client);
        return false;
    }

    /// <summary>Counts one less.</summary>
    public void Leave(ulong client)
    {
        var (first, second) = PlacesOf(client);
        Interlocked.Decrement(ref _first[first]);
        Interlocked.Decrement(ref _second[second]);
    }

    private (int First, int Second) PlacesOf(ulong client)
    {
        var mixed = BitMixing.Mix(client ^ _seed);
        return ((int)(mixed % Size), (int)((mixed >> 32) % Size));
    }
}
