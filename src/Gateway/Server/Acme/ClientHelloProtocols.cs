using System.Buffers.Binary;

namespace Gateway.Server.Acme;

/// <summary>The protocols that a client offers in its ClientHello (RFC 8446, section 4.1.2; RFC 7301): .NET does not tell them.</summary>
internal static class ClientHelloProtocols
{
    private const int RecordHead = 5;
    private const int LongestRecord = 16 * 1024;
    private const byte Handshake = 22;
    private const byte ClientHello = 1;
    private const ushort Alpn = 16;

    /// <summary>How many bytes the first record has, its head included; null: more must come, or it is not a handshake.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="isOther">It is not a handshake, or longer than one may be.</param>
    public static int? LengthOf(ReadOnlySpan<byte> bytes, out bool isOther)
    {
        isOther = bytes is [not Handshake, ..];
        if (isOther || bytes.Length < RecordHead)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
        isOther = length > LongestRecord;
        return isOther ? null : RecordHead + length;
    }

    /// <summary>Whether a client offers only this protocol, as an authority does (RFC 8737, section 3).</summary>
    /// <param name="record">The whole first record.</param>
    /// <param name="protocol">Its name in ASCII.</param>
    public static bool IsOnly(ReadOnlySpan<byte> record, ReadOnlySpan<byte> protocol)
    {
        // 1. Message type and length, version and random, session id, cipher suites, compression methods.
        var hello = record.Length > RecordHead ? record[RecordHead..] : default;
        if (hello is not [ClientHello, ..]
            || !Skip(ref hello, 4 + 2 + 32)
            || !TakeOf(ref hello, 1, out _)
            || !TakeOf(ref hello, 2, out _)
            || !TakeOf(ref hello, 1, out _)
            || !TakeOf(ref hello, 2, out var extensions))
        {
            return false;
        }

        // 2. Extensions, among them the list of protocols: each one its length and its name.
        while (extensions.Length >= 4)
        {
            var type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            if (!Skip(ref extensions, 2) || !TakeOf(ref extensions, 2, out var content))
            {
                return false;
            }

            if (type == Alpn)
            {
                return TakeOf(ref content, 2, out var list)
                    && TakeOf(ref list, 1, out var name)
                    && list.IsEmpty
                    && name.SequenceEqual(protocol);
            }
        }

        return false;
    }

    private static bool Skip(ref ReadOnlySpan<byte> bytes, int count)
    {
        if (bytes.Length < count)
        {
            return false;
        }

        bytes = bytes[count..];
        return true;
    }

    // What a length of one or two bytes is before.
    private static bool TakeOf(ref ReadOnlySpan<byte> bytes, int size, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (bytes.Length < size)
        {
            return false;
        }

        var length = size == 1 ? bytes[0] : BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if (bytes.Length < size + length)
        {
            return false;
        }

        content = bytes.Slice(size, length);
        bytes = bytes[(size + length)..];
        return true;
    }
}
