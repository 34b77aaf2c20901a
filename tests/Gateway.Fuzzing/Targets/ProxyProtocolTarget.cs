using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Gateway.Fuzzing.Engine;
using Gateway.Server;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// Headers of the PROXY protocol, version 1 and 2: incomplete until the last byte of the header and the same from then on, whatever comes
/// behind it; what is invalid stays so; nothing behind the header is consumed.
/// </summary>
internal sealed class ProxyProtocolTarget : IFuzzTarget
{
    private static readonly byte[] Signature = "\r\n\r\n\0\r\nQUIT\n"u8.ToArray();

    /// <inheritdoc/>
    public string Name => "proxy-protocol";

    /// <inheritdoc/>
    public int MostBytes => 4400;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds =>
    [
        "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\nGET / HTTP/1.1\r\n"u8.ToArray(),
        "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n"u8.ToArray(),
        "PROXY UNKNOWN\r\n"u8.ToArray(),
        "PROXY UNKNOWN ffff:f...f:ffff 1 2\r\n"u8.ToArray(),
        [.. Signature, 0x21, 0x11, 0, 12, 192, 0, 2, 1, 198, 51, 100, 7, 0xDB, 0xF4, 0x01, 0xBB, .. "GET"u8],
        [.. Signature, 0x21, 0x21, 0, 39, .. new byte[36], 4, 0, 0],
        [.. Signature, 0x20, 0x00, 0, 0],
        [.. Signature, 0x21, 0x31, 0, 216, .. new byte[216]],
    ];

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
    [
        "PROXY ", "TCP4 ", "TCP6 ", "UNKNOWN", "\r\n", " ", "::", "::1", "0.0.0.0", "255.255.255.255", "::ffff:192.0.2.1", "65535",
        "65536", "0",
        "\r\n\r\n\0\r\nQUIT\n", "\x21", "\x20", "\x11", "\x21\x11\0\x0c", "\x0f\xf0", "\x0f\xf1",
    ];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 64 * 1024 + (2048L * Math.Min(length, 300));

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        var bytes = input.Span;
        var whole = ProxyProtocolHeader.Read(bytes, out var length, out var client);
        if (whole == ProxyProtocolStatus.Complete)
        {
            Invariant.Holds(length > 0 && length <= bytes.Length && length <= ProxyProtocolHeader.Longest,
                "a header is no longer than what came");
            Invariant.Holds(
                client is null or { AddressFamily: AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 },
                    "a client has an address of IP");
        }

        // Each beginning, or some of a long one.
        var step = Math.Max(1, bytes.Length / 32);
        for (var received = 0; received <= bytes.Length; received += step)
        {
            Check(bytes[..received], whole, length, client);
        }

        if (whole == ProxyProtocolStatus.Complete)
        {
            Check(bytes[..(length - 1)], whole, length, client);
            Check(bytes[..length], whole, length, client);
        }

        InPieces(input, whole, length, client);
    }

    private static void Check(ReadOnlySpan<byte> beginning, ProxyProtocolStatus whole, int length, IPEndPoint? client)
    {
        var status = ProxyProtocolHeader.Read(beginning, out var own, out var ownClient);
        switch (whole)
        {
            case ProxyProtocolStatus.Complete:
                var expected = beginning.Length < length ? ProxyProtocolStatus.Incomplete : ProxyProtocolStatus.Complete;
                Invariant.Same(expected, status, "a header is complete with its last byte, not before");
                Invariant.Holds(status != ProxyProtocolStatus.Complete || (own == length && Equals(ownClient, client)),
                    "what follows changes nothing");
                break;
            case ProxyProtocolStatus.Incomplete:
                Invariant.Same(whole, status, "the beginning of an incomplete header is incomplete");
                break;
            default:
                Invariant.Holds(status != ProxyProtocolStatus.Complete, "no beginning of what is invalid is complete");
                break;
        }
    }

    private static void InPieces(ReadOnlyMemory<byte> input, ProxyProtocolStatus whole, int length, IPEndPoint? client)
    {
        var first = default(Piece);
        var last = default(Piece);
        var from = 0;
        foreach (var end in Splits.Of(input).Last())
        {
            last = new Piece(input[from..end], last);
            first ??= last;
            from = end;
        }

        var sequence = first is null ? default : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
        var status = ProxyProtocolHeader.Read(sequence, out var own, out var ownClient);
        Invariant.Same(
            (whole, whole == ProxyProtocolStatus.Complete ? length : 0, client?.ToString()),
            (status, status == ProxyProtocolStatus.Complete ? own : 0, ownClient?.ToString()),
            "a header in pieces is the same");
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> bytes, Piece? before)
        {
            Memory = bytes;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
