using System.Net;
using System.Net.Sockets;

namespace Gateway.Admin.Security;

/// <summary>
/// Counts wrong tokens by address and second. Never a lock: a right token is let through whatever its address or others sent, so that no
/// client can lock an operator out. Guessing is hopeless because a token is long; the limit bounds what guessing costs, in the log above
/// all.
/// </summary>
/// <remarks>Of a fixed size, whatever addresses come: those that share a cell share its count, which costs them a 429 in place of a
/// 401.</remarks>
internal sealed class AttemptLimit(TimeProvider time)
{
    /// <summary>Wrong tokens of one address within a second that are answered by 401; further ones get 429.</summary>
    public const int Max = 10;

    /// <summary>Lines about wrong tokens within a second, whatever their addresses.</summary>
    public const int MaxLines = 10;

    private const int Cells = 1024;

    // The second in the upper half, the count in the lower.
    private readonly long[] _wrong = new long[Cells];
    private long _lines;

    /// <summary>A wrong token came; returns how many did from this address within this second.</summary>
    public int Wrong(IPAddress address) => Count(ref _wrong[CellOf(address)]);

    /// <summary>Whether one more line may be written.</summary>
    public bool MayLog() => Count(ref _lines) <= MaxLines;

    private int Count(ref long cell)
    {
        var second = (uint)(time.GetTimestamp() / time.TimestampFrequency);
        while (true)
        {
            var before = Volatile.Read(ref cell);
            var count = (uint)((ulong)before >> 32) == second ? (int)Math.Min((uint)before, int.MaxValue - 1) + 1 : 1;
            if (Interlocked.CompareExchange(ref cell, ((long)second << 32) | (uint)count, before) == before)
            {
                return count;
            }
        }
    }

    /// <summary>A client of IPv6 has a whole /64, and counts as one.</summary>
    private static int CellOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        var hash = new HashCode();
        hash.AddBytes(address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } ? bytes[..8] : bytes[..length]);
        return (int)((uint)hash.ToHashCode() % Cells);
    }
}
