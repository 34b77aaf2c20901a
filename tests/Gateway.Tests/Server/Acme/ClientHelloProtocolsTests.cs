using System.Net.Security;
using Gateway.Server.Acme;
using Xunit;

namespace Gateway.Tests.Server.Acme;

/// <summary>Against what a TLS library really sends.</summary>
[Trait("kind", "unit")]
public sealed class ClientHelloProtocolsTests
{
    [Theory]
    [InlineData("acme-tls/1", true)]
    [InlineData("acme-tls/1 h2", false)]
    [InlineData("h2 acme-tls/1", false)]
    [InlineData("acme-tls/10", false)]
    [InlineData("h2 http/1.1", false)]
    [InlineData("", false)]
    public async Task Protocols_OfAClient_AreReadAsOffered(string offered, bool isOnly)
    {
        var record = await RecordAsync(offered);
        Assert.Equal(record.Length, ClientHelloProtocols.LengthOf(record, out var isOther));
        Assert.False(isOther);
        Assert.Equal(isOnly, ClientHelloProtocols.IsOnly(record, "acme-tls/1"u8));

        // Cut anywhere, or with any byte changed, it is a refusal at most.
        for (var i = 0; i < record.Length; i++)
        {
            Assert.False(ClientHelloProtocols.IsOnly(record.AsSpan(0, i), "acme-tls/1"u8));
            var changed = record.ToArray();
            changed[i] ^= 0xFF;
            ClientHelloProtocols.LengthOf(changed, out _);
            ClientHelloProtocols.IsOnly(changed, "acme-tls/1"u8);
        }
    }

    [Theory]
    [InlineData(new byte[] { }, false)]
    [InlineData(new byte[] { 22, 3, 1, 1 }, false)]
    [InlineData(new byte[] { (byte)'G', (byte)'E', (byte)'T', (byte)' ', (byte)'/' }, true)]
    [InlineData(new byte[] { 22, 3, 1, 64, 1 }, true)]
    public void Length_OfWhatIsNoWholeHead_IsUnknown(byte[] bytes, bool other)
    {
        Assert.Null(ClientHelloProtocols.LengthOf(bytes, out var isOther));
        Assert.Equal(other, isOther);
    }

    private static async Task<byte[]> RecordAsync(string offered)
    {
        var wire = new Wire();
        await using var tls = new SslStream(wire);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "shop.test",
            ApplicationProtocols =
            [
                .. offered.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static name => new SslApplicationProtocol(name)),
            ],
        };
        await Assert.ThrowsAnyAsync<IOException>(() => tls.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken));
        return wire.Written.ToArray();
    }

    /// <summary>Keeps what is written; there is nothing to read.</summary>
    private sealed class Wire : MemoryStream
    {
        public List<byte> Written { get; } = [];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written.AddRange(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(0);
    }
}
