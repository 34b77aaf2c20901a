using System.Net.Sockets;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>What an operator reads as the cause, for probes and for requests, against servers that fail in each way.</summary>
[Trait("kind", "socket")]
public sealed class FailureCauseTests
{
    private const string Half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("refuses", "connection refused")]
    [InlineData("unknown name", "name not found")]
    [InlineData("never answers", "timed out waiting for headers")]
    [InlineData("hangs in the body", "timed out in the body")]
    [InlineData("cuts the body", "response cut off")]
    [InlineData("resets", "connection reset")]
    [InlineData("closes", "connection closed without a response")]
    [InlineData("speaks SSH", "invalid HTTP response")]
    [InlineData("503", "status 503")]
    [InlineData("other text", "expected text missing")]
    [InlineData("no TLS", "TLS: handshake failed")]
    [InlineData("silent in the handshake", "timed out in the TLS handshake")]
    [InlineData("well", "passed")]
    public async Task Probe_OfAServerThat_NamesTheCause(string server, string cause)
    {
        await using var raw = new RawServer();
        Behave(raw, server);
        if (server is "refuses")
        {
            await raw.KillAsync();
        }

        var url = server switch
        {
            "unknown name" => new Uri("http://guide.invalid:80"),
            "no TLS" or "silent in the handshake" => new Uri($"https://127.0.0.1:{raw.Port}"),
            _ => raw.Url,
        };

        // Those that hang are waited for briefly, all others as long as the machine needs.
        var hangs = server is "never answers" or "hangs in the body" or "silent in the handshake";
        var probe = new ProbeConfig
        {
            Timeout = hangs
            ? TimeSpan.FromSeconds(1)
            : TimeSpan.FromSeconds(20),
            ExpectBody = server is "other text" ? "fine" : null
        };
        using var prober = new Prober(new Destination("c", "t", "d", url), TimeProvider.System);

        Assert.Equal(cause, (await prober.ProbeAsync(probe, Cancel)).Words);
    }

    [Fact]
    public async Task Probe_OfACertificateThatIsOver_SaysSo()
    {
        await using var guide = await KestrelUpstream.StartAsync(
            static context => context.Response.WriteAsync("ok"),
            HttpProtocols.Http1,
            TestAuthority.IssueEnded("127.0.0.1"));
        using var prober = new Prober(new Destination("c", "t", "d", new Uri(guide.Url)), TimeProvider.System);
        Assert.Equal(
            "TLS: certificate expired",
            (await prober.ProbeAsync(new ProbeConfig { Timeout = TimeSpan.FromSeconds(20) }, Cancel)).Words);
    }

    [Theory]
    [InlineData("refuses", "connection refused")]
    [InlineData("never answers", "timed out waiting for headers")]
    [InlineData("hangs in the body", "timed out in the body")]
    [InlineData("cuts the body", "response cut off")]
    [InlineData("resets", "connection reset")]
    [InlineData("closes", "connection closed without a response")]
    [InlineData("speaks SSH", "invalid HTTP response")]
    [InlineData("503", "status 503")]
    public async Task Requests_ToAServerThat_NameTheCauseInStatusAndJournal(string server, string cause)
    {
        await using var ill = new RawServer();
        await using var other = new ScriptedUpstream();
        // No probe helps: what is found is found by requests.
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([ill.Url.ToString()], [other.Url],
            cluster: "    passive: { consecutiveFailures: 1 }\n    timeouts: { firstByte: 1s, idle: 1s }").Replace(
                "interval: 500ms, timeout: 400ms",
                "interval: 1h, fastInterval: 1h, timeout: 400ms",
                StringComparison.Ordinal));
        Behave(ill, server);
        if (server is "refuses")
        {
            await ill.KillAsync();
        }

        await Eventually.BecomeTrueAsync(
            async () =>
            {
                await gateway.GetAsync();
                return (await WhyAsync(gateway)).EndsWith($": {cause}.", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(60),
            cause);
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.TransitionsAsync()).Count > 0
                && (await gateway.JournalTextAsync()).Contains(cause, StringComparison.Ordinal), TimeSpan.FromSeconds(60),
                $"the journal says {cause}");
    }

    private static void Behave(RawServer server, string how) => server.Behaviour = how switch
    {
        "never answers" or "silent in the handshake" => RawServer.Freeze,
        "hangs in the body" => server.Raw(Half, RawServer.Freeze),
        "cuts the body" => server.Raw(Half),
        "resets" => server.Raw("", RawServer.Reset),
        "closes" => server.Raw(""),
        "speaks SSH" => server.Raw("SSH-2.0-OpenSSH_9.9\r\n\r\n"),
        "no TLS" => async (socket, stop) => await socket.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), SocketFlags.None, stop),
        "503" => server.Respond(503, "ill"),
        _ => server.Respond(200, "ok"),
    };

    private static async Task<string> WhyAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations")[0].GetProperty(
            "why").GetString()!;
}
