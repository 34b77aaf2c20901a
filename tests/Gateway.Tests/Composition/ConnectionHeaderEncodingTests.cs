using System.Text;
using Gateway.Composition;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Composition;

public class ConnectionHeaderEncodingTests
{
    [Theory]
    [InlineData("keep-alive", "keep-alive")]
    [InlineData("Upgrade", "Upgrade")]
    [InlineData("keep-alive, Upgrade", "keep-alive, Upgrade")]
    [InlineData("close", "close, keep-alive")]
    [InlineData("close, Upgrade", "close, Upgrade, keep-alive")]
    [InlineData("keep-alive, close", "keep-alive, close")]
    [InlineData("keep-alive, close, X-A", "keep-alive, close, X-A")]
    [InlineData("", "")]
    [InlineData("X-A", "X-A")]
    [InlineData("X-A, Keep-Alive, X-B", "X-A, X-B")]
    [InlineData("X-A, close", "X-A, close, keep-alive")]
    [InlineData("Upgrade,X-A", "Upgrade,X-A, keep-alive")]
    [InlineData("keep-alive, Upgrade, X-A", "keep-alive, Upgrade, X-A")]
    public void GetString_Value_KeepsEveryName(string sent, string seen) =>
        Assert.Equal(seen, ConnectionHeaderEncoding.Instance.GetString(Encoding.Latin1.GetBytes(sent).AsSpan()));

    [Theory]
    [InlineData("1.1", "close", "X-Private", true)]
    [InlineData("1.1", "X-Private", "close", true)]
    [InlineData("1.1", "X-Private", "keep-alive, close", true)]
    [InlineData("1.1", "close", "close, X-Private", true)]
    [InlineData("1.1", "X-Other", "X-Private", false)]
    [InlineData("1.1", "X-Private, keep-alive", "X-Other", false)]
    [InlineData("1.1", "keep-alive, X-Private", "close", true)]
    [InlineData("1.0", "close", "X-Private", true)]
    [InlineData("1.0", "X-Private", "close", true)]
    [InlineData("1.0", "X-Other", "X-Private", true)]
    [InlineData("1.0", "keep-alive", "close, X-Private", true)]
    public async Task Lines_OfOneRequest_AreOneList(string version, string first, string second, bool closes)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync($"GET / HTTP/{version}\r\nHost: a\r\nConnection: {first}\r\nX-Private: secret\r\nConnection: {second}\r\n\r\n");
        var response = await client.ReadAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(200, response.Status);
        Assert.Empty(guide.Requests[0].Header("X-Private"));
        var head = await client.TryReadHeadAsync();
        Assert.Equal(closes, head.Length == 0);
    }

    [Theory]
    [InlineData("1.1", "", false)]
    [InlineData("1.1", "Connection: keep-alive\r\n", false)]
    [InlineData("1.1", "Connection: close\r\n", true)]
    [InlineData("1.1", "Connection: Upgrade\r\nUpgrade: foo\r\n", false)]
    [InlineData("1.0", "", true)]
    [InlineData("1.0", "Connection: keep-alive\r\n", false)]
    [InlineData("1.0", "Connection: close\r\n", true)]
    [InlineData("1.0", "Connection: keep-alive\r\nConnection: close\r\n", true)]
    public async Task Connection_PersistsAsItsOptionSays(string version, string header, bool closes)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await using var client = await RawClient.ConnectAsync(gateway.Url);

        await client.SendAsync($"GET / HTTP/{version}\r\nHost: a\r\n{header}\r\n");
        Assert.Equal(200, (await client.ReadAsync()).Status);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(closes, (await client.TryReadHeadAsync()).Length == 0);
    }
}
