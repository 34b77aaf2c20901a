using Gateway.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>
/// What a user is told of a write that has no response, and how often it was sent: nothing but the plan repeats a request.
/// </summary>
[Trait("kind", "socket")]
public sealed class RequestFateTests
{
    public static TheoryData<string, string, string> Writes()
    {
        var writes = new TheoryData<string, string, string>();
        foreach (var method in (string[])["POST", "PUT", "DELETE", "PATCH"])
        {
            foreach (var body in (string[])["", "body"])
            {
                foreach (var headers in (string[])
                [
                    "",
                    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
                ])
                {
                    writes.Add(method, body, headers);
                }
            }
        }

        return writes;
    }

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task Write_ConnectionEndsWithoutAResponse_IsSentOnceAndUnknown(string method, string body, string headers)
    {
        await using var guide = new ScriptedUpstream(static async r =>
        {
            await r.ReadBodyAsync();
            r.Close();
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], attempts: "hedge: off, max: 1"));

        var response = await gateway.AskAsync($"{method} / HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {body.Length}\r\n\r\n{body}");

        AssertUnknown(response, 502, "gateway; error=connection_terminated");
        Assert.Single(guide.Requests);
        Assert.Equal(1, await gateway.MetricAsync("gateway_attempts_total"));
    }

    [Theory]
    [InlineData("POST", "")]
    [InlineData("POST", "body")]
    [InlineData("PUT", "body")]
    [InlineData("DELETE", "")]
    public async Task Write_NoResponseInTime_IsSentOnceAndUnknown(string method, string body)
    {
        await using var guide = new ScriptedUpstream(static r => r.ClosedByPeerAsync());
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [guide.Url],
                cluster: "    timeouts: { firstByte: 300ms }",
                attempts: "hedge: off, max: 1"));

        var response = await gateway.AskAsync($"{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        AssertUnknown(response, 504, "gateway; error=http_response_timeout");
        Assert.Single(guide.Requests);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Write_NeverSent_Is503(string method)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], attempts: "hedge: off"));
        guide.StopListening();
        guide.CloseConnections();

        var response = await gateway.AskAsync($"{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(503, response.Status);
        Assert.Equal(["gateway; error=destination_unavailable"], response.Header("Proxy-Status"));
        Assert.Single(response.Header("Retry-After"));
    }

    /// <summary>Over TLS and HTTP/2 too, and reads as well: what the client asked for at most once is asked for at most once.</summary>
    [Theory]
    [InlineData("GET", HttpProtocols.Http1)]
    [InlineData("GET", HttpProtocols.Http2)]
    [InlineData("POST", HttpProtocols.Http1)]
    [InlineData("POST", HttpProtocols.Http2)]
    [InlineData("DELETE", HttpProtocols.Http1)]
    [InlineData("DELETE", HttpProtocols.Http2)]
    public async Task Request_ToATlsDestinationThatCloses_IsSentOnce(string method, HttpProtocols protocols)
    {
        var asked = 0;
        await using var guide = await KestrelUpstream.StartAsync(
            context =>
            {
                Interlocked.Increment(ref asked);
                context.Abort();
                return Task.CompletedTask;
            },
            protocols,
            TestAuthority.Issue("127.0.0.1"));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [guide.Url],
                attempts: "hedge: off, max: 1",
                cluster: "    timeouts: { connect: 10s }"));

        var response = await gateway.AskAsync($"{method} / HTTP/1.1\r\nHost: a\r\n{(method == "POST" ? "Content-Length: 0\r\n" : "")}\r\n");

        Assert.Equal(method == "GET" ? 503 : 502, response.Status);
        Assert.Equal(1, Volatile.Read(ref asked));
    }

    [Theory]
    [InlineData(false, "2")]
    [InlineData(true, "4")]
    public async Task GrpcCall_NoResponse_IsNeverToldAsUnavailable(bool timesOut, string grpcStatus)
    {
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.ReadBodyAsync();
            if (timesOut)
            {
                await r.ClosedByPeerAsync();
            }
            else
            {
                r.Close();
            }
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [guide.Url],
                cluster: "    timeouts: { firstByte: 300ms }",
                attempts: "hedge: off"));

        var response =
            await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 5\r\n\r\nhello");

        Assert.Equal(200, response.Status);
        Assert.Equal([grpcStatus], response.Header("grpc-status"));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(599)]
    public async Task Response_5xxOfADestination_CountsAsFailed(int status)
    {
        await using var guide = new ScriptedUpstream(r => r.RespondAsync("broken", status));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], attempts: "hedge: off, max: 1"));

        var response = await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal((status, "broken"), (response.Status, response.Body));
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "failed"));
        Assert.Equal(1, await gateway.MetricAsync("gateway_attempts_total", ("result", "status")));
    }

    private static void AssertUnknown(RawResponse response, int status, string proxyStatus)
    {
        Assert.Equal(status, response.Status);
        Assert.Equal([proxyStatus], response.Header("Proxy-Status"));
        Assert.Empty(response.Header("Retry-After"));
        Assert.Contains("may have been carried out", response.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("try again", response.Body, StringComparison.OrdinalIgnoreCase);
    }
}
