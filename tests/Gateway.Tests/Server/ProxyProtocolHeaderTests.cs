using System.Buffers;
using System.Text;
using Gateway.Server;
using Xunit;

namespace Gateway.Tests.Server;

/// <summary>The header of the PROXY protocol, by its specification's examples and the ways in which it can be wrong.</summary>
[Trait("kind", "unit")]
public sealed class ProxyProtocolHeaderTests
{
    private const string Signature = "0D0A0D0A000D0A515549540A";

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1:56324")]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 1 0\r\n", "[2001:db8::1]:1")]
    [InlineData("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 "
        + "65535\r\n", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")]
    [InlineData("PROXY UNKNOWN\r\n", null)]
    [InlineData("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", null)]
    public void Text_Good_NamesTheClient(string header, string? client) => Reads(Encoding.Latin1.GetBytes(header), client);

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("PROXY TCP4\r\n")]
    [InlineData("proxy TCP4 192.0.2.1 198.51.100.1 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 \r\n")]
    [InlineData("PROXY  TCP4 192.0.2.1 198.51.100.1 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324 65536\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 056324 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 -1 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 +1 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2 198.51.100.1 56324 443\r\n")]
    [InlineData("PROXY TCP4 3221225985 198.51.100.1 56324 443\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 2001:db8::2 56324 443\r\n")]
    [InlineData("PROXY TCP6 192.0.2.1 198.51.100.1 56324 443\r\n")]
    [InlineData("PROXY TCP6 [2001:db8::1] 2001:db8::2 56324 443\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 2001:db8::2 56324 443\r\n")]
    [InlineData("PROXY UDP4 192.0.2.1 198.51.100.1 56324 443\r\n")]
    [InlineData("PROXY UNKNOWNX\r\n")]
    [InlineData("PROXY UNKNOWN 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n")]
    public void Text_Bad_IsInvalid(string header) =>
        Assert.Equal(ProxyProtocolStatus.Invalid, ProxyProtocolHeader.Read(Encoding.Latin1.GetBytes(header), out _, out _));

    [Theory]
    [InlineData("21 11 000C C0000201 C6336401 DC04 01BB", "192.0.2.1:56324")]
    [InlineData("21 11 0013 C0000201 C6336401 DC04 01BB 04 0004 00000000", "192.0.2.1:56324")]
    [InlineData("21 21 0024 20010DB8000000000000000000000001 20010DB8000000000000000000000002 DC04 01BB", "[2001:db8::1]:56324")]
    [InlineData("20 00 0000", null)]
    [InlineData("20 11 000C C0000201 C6336401 DC04 01BB", null)]
    [InlineData("21 00 0000", null)]
    [InlineData("21 00 0003 010203", null)]
    [InlineData("21 12 000C C0000201 C6336401 DC04 01BB", null)]
    public void Binary_Good_NamesTheClient(string header, string? client) => Reads(Bytes(header), client);

    [Theory]
    [InlineData("11 11 000C C0000201 C6336401 DC04 01BB")]
    [InlineData("31 11 000C C0000201 C6336401 DC04 01BB")]
    [InlineData("22 11 000C C0000201 C6336401 DC04 01BB")]
    [InlineData("21 11 000B C0000201 C6336401 DC04 01")]
    [InlineData("21 21 000C C0000201 C6336401 DC04 01BB")]
    [InlineData("21 11 FFFF")]
    public void Binary_Bad_IsInvalid(string header) =>
        Assert.Equal(ProxyProtocolStatus.Invalid, ProxyProtocolHeader.Read(Bytes(header), out _, out _));

    private static byte[] Bytes(string header) => Convert.FromHexString(Signature + header.Replace(" ", "", StringComparison.Ordinal));

    // Whole, in any two pieces, and never beyond its end.
    private static void Reads(byte[] header, string? expected)
    {
        byte[] sent = [.. header, .. "GET / HTTP/1.1\r\n"u8];
        for (var cut = 0; cut < header.Length; cut++)
        {
            Assert.Equal(ProxyProtocolStatus.Incomplete, ProxyProtocolHeader.Read(header.AsSpan(0, cut), out _, out _));
            var (first, last) = (new Segment(sent.AsMemory(0, cut), 0), new Segment(sent.AsMemory(cut), cut));
            first.Then(last);
            Assert.Equal(
                ProxyProtocolStatus.Complete,
                ProxyProtocolHeader.Read(new ReadOnlySequence<byte>(first, 0, last, sent.Length - cut), out var length, out var client));
            Assert.Equal((header.Length, expected), (length, client?.ToString()));
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public void Then(Segment next) => Next = next;
    }
}
