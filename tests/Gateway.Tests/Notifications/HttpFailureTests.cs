using System.Net;
using System.Net.Sockets;
using Gateway.Notifications;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Notifications;

/// <summary>What a webhook or a runbook's request says of a receiver that cannot be told.</summary>
[Trait("kind", "server")]
public sealed class HttpFailureTests
{
    [Theory]
    [InlineData("http://127.0.0.1:FREE/", "connection refused")]
    [InlineData("http://no.such.name.invalid/", "name not found")]
    [InlineData("http://127.0.0.1:GARBAGE/", "invalid HTTP response")]
    [InlineData("https://127.0.0.1:GARBAGE/", "TLS: handshake failed")]
    [InlineData("http://127.0.0.1:CLOSES/", "connection closed without a response")]
    public async Task Request_ThatFails_SaysWhy(string url, string why)
    {
        using var garbage = new TcpListener(IPAddress.Loopback, 0);
        using var closes = new TcpListener(IPAddress.Loopback, 0);
        garbage.Start();
        closes.Start();
        var serving = Task.WhenAll(
            RespondAsync(garbage, "no HTTP at all, and longer than the head of a record of TLS\r\n\r\n"u8.ToArray()),
            RespondAsync(closes, []));
        url = url.Replace("FREE", $"{RedisServer.FreePort()}", StringComparison.Ordinal)
            .Replace("GARBAGE", $"{((IPEndPoint)garbage.LocalEndpoint).Port}", StringComparison.Ordinal)
            .Replace("CLOSES", $"{((IPEndPoint)closes.LocalEndpoint).Port}", StringComparison.Ordinal);
        using var client = new HttpClient();

        var failure = await Assert.ThrowsAsync<HttpRequestException>(
            () => client.PostAsync(new Uri(url), content: null, TestContext.Current.CancellationToken));

        Assert.Equal(why, HttpFailure.WordsOf(failure));
        garbage.Stop();
        closes.Stop();
        await serving;
    }

    private static async Task RespondAsync(TcpListener listener, byte[] response)
    {
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync();
                await socket.ReceiveAsync(new byte[4096]);
                await socket.SendAsync(response);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
