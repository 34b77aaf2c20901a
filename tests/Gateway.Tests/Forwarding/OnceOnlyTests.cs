using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class OnceOnlyTests
{
    [Theory]
    [InlineData("POST", 0)]
    [InlineData("POST", 20)]
    [InlineData("POST", 100_000)]
    [InlineData("PATCH", 20)]
    [InlineData("PATCH", 0)]
    public async Task Unsafe_KeptConnectionDiesUnderIt_IsSeenOnceAtMost(string method, int length)
    {
        // SocketsHttpHandler repeats a request without content by itself when a kept connection dies under it.
        await using var first = new ScriptedUpstream();
        await using var second = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([first.Url], [second.Url]));
        Assert.Equal(200, (await gateway.GetAsync()).Status);
        first.Script = static async r =>
        {
            await r.ReadBodyAsync();
            r.Close();
        };

        var response = await gateway.AskAsync(Message(method, length));

        Assert.Equal((502, "built-in"), (response.Status, response.Header("X-Fallback").Single()));
        Assert.Equal(1, first.Requests.Concat(second.Requests).Count(r => r.Method == method));
    }

    [Fact]
    public async Task Unsafe_ConnectionsClosedWhileIdle_NoneIsSeenTwice()
    {
        await using var first = new ScriptedUpstream();
        await using var second = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([first.Url, second.Url]));
        var answered = 0;
        for (var i = 0; i < 60; i++)
        {
            await gateway.GetAsync("/warm");
            first.CloseConnections();
            second.CloseConnections();
            var response =
                await gateway.AskAsync(
                    $"POST /order/{i} HTTP/1.1\r\nHost: a\r\nContent-Length: {(i % 2 == 0 ? 0 : 4)}\r\n\r\n{(i % 2 == 0 ? "" : "body")}");
            answered += response.Status == 200 ? 1 : 0;
        }

        var seen = first.Requests.Concat(second.Requests).Where(static r => r.Method == "POST").GroupBy(static r => r.Target).ToList();
        Assert.All(seen, static one => Assert.Single(one));
        Assert.True(seen.Count >= answered, "an order was acknowledged that nobody saw");
        Assert.True(answered > 30, $"only {answered} of 60 were answered");
    }

    [Theory]
    [InlineData("POST /o HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nIdempotency-Key: k1\r\n\r\nbody", "")]
    [InlineData("POST /o HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody", "    retryable: true")]
    [InlineData("PUT /o HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody", "")]
    [InlineData("DELETE /o HTTP/1.1\r\nHost: a\r\n\r\n", "")]
    public async Task Repeatable_ByMethodKeyOrRoute_GoesOn(string request, string route)
    {
        await using var first = new ScriptedUpstream(static async r =>
        {
            await r.ReadBodyAsync();
            r.Reset();
        });
        await using var second = new ScriptedUpstream(static r => r.RespondAsync("done"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([first.Url], [second.Url], route: route));

        var response = await gateway.AskAsync(request);

        Assert.Equal((200, "done"), (response.Status, response.Body));
        Assert.Equal(request.EndsWith("body", StringComparison.Ordinal) ? "body"u8.ToArray() : [], await second.Last.ReadBodyAsync());
    }

    [Fact]
    public async Task Unsafe_RouteSaysNotRepeatable_IdempotencyKeyDoesNotOpenIt()
    {
        await using var first = new ScriptedUpstream(static async r =>
        {
            await r.ReadBodyAsync();
            r.Reset();
        });
        await using var second = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([first.Url], [second.Url], route: "    retryable: false"));

        var response = await gateway.AskAsync("POST /o HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nIdempotency-Key: k1\r\n\r\nbody");

        Assert.Equal(502, response.Status);
        Assert.Empty(second.Requests);
    }

    [Fact]
    public async Task Unsafe_ConnectTimesOut_GoesToTheNext()
    {
        // A listener whose queue is full swallows what comes: nothing was sent, so the order may go elsewhere.
        using var full = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.InterNetwork,
            System.Net.Sockets.SocketType.Stream,
            System.Net.Sockets.ProtocolType.Tcp);
        await using var second = new ScriptedUpstream(static r => r.RespondAsync("done"));
        full.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        var port = ((System.Net.IPEndPoint)full.LocalEndPoint!).Port;
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(
            [$"http://127.0.0.1:{port}"], [second.Url], cluster: "    timeouts: { connect: 200ms }\n    failover: { minHealthy: 1 }"));
        full.Listen(0);
        var stuffing = new List<System.Net.Sockets.Socket>();
        for (var i = 0; i < 4; i++)
        {
            var socket = new System.Net.Sockets.Socket(
                System.Net.Sockets.AddressFamily.InterNetwork,
                System.Net.Sockets.SocketType.Stream,
                System.Net.Sockets.ProtocolType.Tcp);
            _ = socket.ConnectAsync(
                new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port),
                TestContext.Current.CancellationToken).AsTask();
            stuffing.Add(socket);
        }

        var response = await gateway.AskAsync(Message("POST", 10));

        Assert.Equal((200, "done"), (response.Status, response.Body));
        Assert.Single(second.Requests);
        stuffing.ForEach(static s => s.Dispose());
    }

    private static string Message(string method, int length) =>
        $"{method} /order HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{new string('x', length)}";
}
