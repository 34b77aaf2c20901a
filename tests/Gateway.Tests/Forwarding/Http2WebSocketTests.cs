using System.Net;
using System.Net.WebSockets;
using System.Text;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class Http2WebSocketTests
{
    [Theory]
    [InlineData("http", "")]
    [InlineData("https", "")]
    [InlineData("http", "methods: [GET], ")]
    public async Task WebSocket_OverHttp2_EchoesAndCloses(string scheme, string match)
    {
        await using var guide = await KestrelUpstream.StartAsync(
            EchoAsync,
            HttpProtocols.Http1AndHttp2,
            scheme == "https" ? TestAuthority.Issue("127.0.0.1") : null);
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]).Replace("match: { ", "match: { "
            + match, StringComparison.Ordinal));

        await EchoesAsync(gateway);

        Assert.Equal("HTTP/1.1", Assert.Single(guide.Requests).Protocol);
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "live"));
    }

    [Fact]
    public async Task WebSocket_OverHttp2FirstDestinationResets_OpensAtTheNext()
    {
        await using var broken = new ScriptedUpstream(static r =>
        {
            r.Reset();
            return Task.CompletedTask;
        });
        await using var guide = await KestrelUpstream.StartAsync(EchoAsync);
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([broken.Url], [guide.Url]));

        await EchoesAsync(gateway);

        Assert.Equal("GET", Assert.Single(broken.Requests).Method);
    }

    [Theory]
    [InlineData(true, HttpStatusCode.Forbidden)]
    [InlineData(false, HttpStatusCode.ServiceUnavailable)]
    public async Task WebSocket_OverHttp2IsRefused_SaysTheStatus(bool healthy, HttpStatusCode status)
    {
        await using var guide = new ScriptedUpstream(static r => r.RespondAsync("no", 403)) { Healthy = healthy };
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));
        using var socket = Http2Socket();

        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(socket, gateway));

        Assert.Equal(status, socket.HttpStatusCode);
    }

    [Fact]
    public async Task WebSocket_OverHttp2ClientOnlyListens_StaysOpen()
    {
        // Longer than the five seconds after which a request body that does not come ends other requests.
        await using var guide = await KestrelUpstream.StartAsync(static async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            for (var i = 0; i < 8; i++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, context.RequestAborted);
                await socket.SendAsync("news"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", context.RequestAborted);
        });
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));
        using var socket = Http2Socket();
        await ConnectAsync(socket, gateway);
        var buffer = new byte[100];
        var news = 0;
        while ((await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken)).MessageType != WebSocketMessageType.Close)
        {
            news++;
        }

        Assert.Equal(8, news);
    }

    private static async Task EchoesAsync(InProcessGateway gateway)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var socket = Http2Socket();
        await ConnectAsync(socket, gateway);
        var buffer = new byte[1000];
        for (var i = 0; i < 3; i++)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes($"hello {i}"), WebSocketMessageType.Text, endOfMessage: true, cancel);
            var got = await socket.ReceiveAsync(buffer, cancel);
            Assert.Equal($"hello {i}", Encoding.UTF8.GetString(buffer, 0, got.Count));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", cancel);
        Assert.Equal((WebSocketState.Closed, WebSocketCloseStatus.NormalClosure), (socket.State, socket.CloseStatus));
    }

    private static ClientWebSocket Http2Socket()
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.CollectHttpResponseDetails = true;
        return socket;
    }

    private static async Task ConnectAsync(ClientWebSocket socket, InProcessGateway gateway)
    {
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        soon.CancelAfter(TimeSpan.FromSeconds(60));
        // The socket takes the connection over with the invoker, which has to outlive it.
        var client = new HttpMessageInvoker(new SocketsHttpHandler());
        await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{gateway.Url.Port}/ws"), client, soon.Token);
    }

    internal static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[1000];
        while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } part)
        {
            await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, context.RequestAborted);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", context.RequestAborted);
    }
}
