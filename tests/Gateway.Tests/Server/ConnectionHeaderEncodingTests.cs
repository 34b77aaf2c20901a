using System.Text;
using Gateway.Server;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server;

[Trait("kind", "socket")]
public class ConnectionHeaderEncodingTests(ConnectionHeaderEncodingTests.Fixture fixture)
    : IClassFixture<ConnectionHeaderEncodingTests.Fixture>
{
    [Theory]
    [InlineData("keep-alive", "keep-alive")]
    [InlineData("Upgrade", "Upgrade")]
    [InlineData("close", "close")]
    [InlineData("keep-alive, Upgrade", "keep-alive, Upgrade")]
    [InlineData("keep-alive, Upgrade, HTTP2-Settings", "keep-alive, Upgrade, HTTP2-Settings")]
    [InlineData("te", "te")]
    [InlineData("", "")]
    [InlineData(" , ", " , ")]
    [InlineData("X-A", "X-A, close, keep-alive")]
    [InlineData("X-A, Keep-Alive, X-B", "X-A, Keep-Alive, X-B, close, keep-alive")]
    [InlineData("X-A, close", "X-A, close, close, keep-alive")]
    [InlineData("Upgrade,X-A", "Upgrade,X-A, close, keep-alive")]
    public void GetString_Value_KeepsEveryNameThatMatters(string sent, string seen) =>
        Assert.Equal(seen, ConnectionHeaderEncoding.Instance.GetString(Encoding.Latin1.GetBytes(sent).AsSpan()));

    /// <summary>
    /// Every pair of lines, in both orders: the header that one of them names stays here, and a request that names one ends its connection.
    /// </summary>
    public static TheoryData<string, string, string> Lines()
    {
        var data = new TheoryData<string, string, string>();
        string[] lines = ["", "keep-alive", "close", "upgrade", "Upgrade, keep-alive", "TE", "X-Other", "keep-alive, X-Other"];
        foreach (var version in new[] { "1.0", "1.1" })
        {
            foreach (var line in lines)
            {
                foreach (var naming in new[] { "X-Private", "x-private, keep-alive", "close,X-PRIVATE", "X-Other , X-Private" })
                {
                    data.Add(version, line, naming);
                    data.Add(version, naming, line);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task Lines_OfOneRequest_AreOneList(string version, string first, string second)
    {
        await using var client = await RawClient.ConnectAsync(fixture.Gateway.Url);
        var path = $"/{Guid.NewGuid():N}";

        await client.SendAsync(
            $"GET {path} HTTP/{version}\r\nHost: a\r\nConnection: {first}\r\nX-Private: secret\r\nConnection: {second}\r\n\r\n");
        var response = await client.ReadAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(200, response.Status);
        Assert.Empty(fixture.Guide.Requests.Single(r => r.Target == path).Header("X-Private"));
        Assert.Empty(await client.TryReadHeadAsync());
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

    /// <summary>One gateway and one destination for the whole table.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal ScriptedUpstream Guide { get; } = new();

        internal InProcessGateway Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([Guide.Url]));

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Guide.DisposeAsync();
        }
    }
}
