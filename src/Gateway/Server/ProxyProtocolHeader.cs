using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Server;

/// <summary>How far a PROXY protocol header has been read.</summary>
internal enum ProxyProtocolStatus
{
    /// <summary>All bytes so far fit, and more must come.</summary>
    Incomplete,

    /// <summary>The header is whole.</summary>
    Complete,

    /// <summary>This is no header, or one that breaks the specification.</summary>
    Invalid,
}

/// <summary>
/// Reads the header of the PROXY protocol, version 1 (text) and 2 (binary), with which a balancer says whom a connection comes from
/// (<see href="https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt">specification</see>). Pure: bytes in, address out.
/// </summary>
internal static class ProxyProtocolHeader
{
    /// <summary>
    /// The longest header that is read, in bytes: 16 and addresses, and room for the extensions (TLVs) of version 2, which are skipped.
    /// </summary>
    public const int Longest = 4096;

    private const int LongestText = 107;
    private const int BinaryHead = 16;
    private const int LengthOffset = 14;
    private const int VersionOffset = 12;
    private const int FamilyOffset = 13;
    private const byte Version2 = 0x20;
    private const byte CommandProxy = 1;
    private const byte TcpOver4 = 0x11;
    private const byte TcpOver6 = 0x21;
    private const int Ip4Length = 4;
    private const int Ip6Length = 16;
    private const int PortLength = 2;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> Text => "PROXY "u8;

    /// <summary>Reads the header at the start of a connection.</summary>
    /// <param name="received">What came so far.</param>
    /// <param name="length">The length of a whole header.</param>
    /// <param name="client">The client that it names; null: none (<c>UNKNOWN</c>, <c>LOCAL</c>, or a family that is not TCP over IP), the
    /// connection's own address stands.</param>
    public static ProxyProtocolStatus Read(ReadOnlySequence<byte> received, out int length, out IPEndPoint? client)
    {
        if (received.IsSingleSegment)
        {
            return Read(received.FirstSpan, out length, out client);
        }

        Span<byte> copy = stackalloc byte[(int)Math.Min(received.Length, Longest)];
        received.Slice(0, copy.Length).CopyTo(copy);
        return Read(copy, out length, out client);
    }

    /// <inheritdoc cref="Read(ReadOnlySequence{byte}, out int, out IPEndPoint?)"/>
    public static ProxyProtocolStatus Read(ReadOnlySpan<byte> received, out int length, out IPEndPoint? client)
    {
        (length, client) = (0, null);
        return StartsAs(received, Signature) ? ReadBinary(received, out length, out client)
            : StartsAs(received, Text) ? ReadText(received, out length, out client)
            : ProxyProtocolStatus.Invalid;
    }

    // As far as both go.
    private static bool StartsAs(ReadOnlySpan<byte> received, ReadOnlySpan<byte> expected)
    {
        var common = Math.Min(received.Length, expected.Length);
        return received[..common].SequenceEqual(expected[..common]);
    }

    private static ProxyProtocolStatus ReadBinary(ReadOnlySpan<byte> received, out int length, out IPEndPoint? client)
    {
        (length, client) = (0, null);
        if (received.Length < BinaryHead)
        {
            return ProxyProtocolStatus.Incomplete;
        }

        var (version, command) = (received[VersionOffset] & 0xF0, received[VersionOffset] & 0x0F);
        length = BinaryHead + BinaryPrimitives.ReadUInt16BigEndian(received[LengthOffset..]);
        if (version != Version2 || command > CommandProxy || length > Longest)
        {
            return ProxyProtocolStatus.Invalid;
        }

        if (received.Length < length)
        {
            return ProxyProtocolStatus.Incomplete;
        }

        var addresses = received[BinaryHead..length];
        var size = received[FamilyOffset] switch { TcpOver4 => Ip4Length, TcpOver6 => Ip6Length, _ => 0 };
        if (command != CommandProxy || size == 0)
        {
            return ProxyProtocolStatus.Complete;
        }

        if (addresses.Length < 2 * (size + PortLength))
        {
            return ProxyProtocolStatus.Invalid;
        }

        client = new IPEndPoint(new IPAddress(addresses[..size]), BinaryPrimitives.ReadUInt16BigEndian(addresses[(2 * size)..]));
        return ProxyProtocolStatus.Complete;
    }

    private static ProxyProtocolStatus ReadText(ReadOnlySpan<byte> received, out int length, out IPEndPoint? client)
    {
        (length, client) = (0, null);
        var line = received[..Math.Min(received.Length, LongestText)];
        var end = line.IndexOf("\r\n"u8);
        if (end < 0)
        {
            return received.Length < LongestText ? ProxyProtocolStatus.Incomplete : ProxyProtocolStatus.Invalid;
        }

        length = end + 2;
        line = line[Math.Min(Text.Length, end)..end];
        if (line.SequenceEqual("UNKNOWN"u8) || line.StartsWith("UNKNOWN "u8))
        {
            return ProxyProtocolStatus.Complete;
        }

        // TCP4 or TCP6, source, destination, source port, destination port, each after one space.
        Span<Range> parts = stackalloc Range[6];
        Span<char> text = stackalloc char[LongestText];
        var count = ((ReadOnlySpan<char>)text[..Encoding.Latin1.GetChars(line, text)]).Split(parts, ' ');
        if (count != 5
            || Family(line[parts[0]]) is not { } family
            || Address(text[parts[1]], family) is not { } source || Address(text[parts[2]], family) is null
            || Port(line[parts[3]]) is not { } port || Port(line[parts[4]]) is null)
        {
            return ProxyProtocolStatus.Invalid;
        }

        client = new IPEndPoint(source, port);
        return ProxyProtocolStatus.Complete;
    }

    private static AddressFamily? Family(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("TCP4"u8) ? AddressFamily.InterNetwork : text.SequenceEqual("TCP6"u8) ? AddressFamily.InterNetworkV6 : null;

    // As the specification has it: no abbreviated IPv4 address, no zone, no brackets.
    private static IPAddress? Address(ReadOnlySpan<char> text, AddressFamily family) =>
        text.IndexOfAnyExcept(AddressCharacters) < 0 && IPAddress.TryParse(text, out var address) && address.AddressFamily == family
            && (family == AddressFamily.InterNetworkV6 || text.Count('.') == 3) ? address : null;

    private static int? Port(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= 5
            && (text.Length == 1 || text[0] != '0')
            && Utf8Parser.TryParse(text, out ushort port, out var used)
            && used == text.Length ? port : null;

    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF.:");
}
