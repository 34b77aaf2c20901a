using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Health.Signals;

/// <summary>Reports of load on real sockets: weights follow them, and users do not see them.</summary>
[Trait("kind", "socket")]
public sealed class ReportSignalTests
{
    private const string Orca = """
            signals:
              - { name: load, report: orca, then: weight }
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("head")]
    [InlineData("trailer")]
    public async Task Orca_OneIsBusier_GetsLess(string where)
    {
        await using var idle = new ScriptedUpstream(r => RespondAsync(r, "idle", where, "TEXT cpu_utilization=0.1, rps_fractional=100"));
        await using var busy =
            new ScriptedUpstream(r => RespondAsync(r, "busy", where, "JSON {\"cpu_utilization\": 0.8, \"rps_fractional\": 100}"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([idle.Url, busy.Url], cluster: Orca));
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                await MetricsSignalTests.CountAsync(gateway, "busy", 40);
                return (await MetricsSignalTests.DestinationsAsync(gateway))[1].TryGetProperty("signalShare", out var share)
                    && share.GetDouble() < 0.15;
            },
            Patience,
            "the busy one's share follows its report");
        Assert.InRange(await MetricsSignalTests.CountAsync(gateway, "busy", 200), 1, 60);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Orca_Header_GoesNoFurtherWhereItIsRead(bool isRead)
    {
        await using var upstream =
            new ScriptedUpstream(static r => r.RespondAsync(
                "ok",
                headers: "Endpoint-Load-Metrics: TEXT cpu_utilization=0.3\r\nendpoint-load-metrics-bin: CYmZ\r\nX-Other: 1\r\n"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], cluster: isRead ? Orca : ""));
        using var response = await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(!isRead, response.Headers.Contains("endpoint-load-metrics"));
        Assert.Equal(!isRead, response.Headers.Contains("endpoint-load-metrics-bin"));
        Assert.True(response.Headers.Contains("X-Other"));
    }

    [Theory]
    [InlineData("head")]
    [InlineData("trailer")]
    public async Task Orca_ReportOfNonsense_CostsNoResponse(string where)
    {
        await using var upstream = new ScriptedUpstream(r => RespondAsync(r, "ok", where, "JSON {\"\\ud800\": 1}"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], cluster: Orca));
        Assert.Equal("ok", await gateway.Client.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Orca_Trailer_GoesNoFurtherWhereItIsRead(bool isRead)
    {
        await using var upstream = new ScriptedUpstream(static r => RespondAsync(r, "ok", "trailer", "TEXT cpu_utilization=0.3"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], cluster: isRead ? Orca : ""));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.TE.ParseAdd("trailers");
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(!isRead, response.TrailingHeaders.Contains("endpoint-load-metrics"));
        Assert.True(response.TrailingHeaders.Contains("X-Sum"));
    }

    [Fact]
    public async Task Agent_SaysWeightDrainAndReady_IsFollowed()
    {
        await using var one = new ScriptedUpstream(static r => r.RespondAsync("one"));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("other"));
        await using var agent = new Agent("up 25%\n");
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(
            [one.Url, other.Url],
            cluster: $"    signals:\n      - {{ name: agent, report: agent, port: {agent.Port}, every: 200ms, then: weight }}\n"));

        // One agent speaks for both: weights of a tier are relative, so that nothing changes, and a tier is not drained whole.
        await Eventually.BecomeTrueAsync(async () => (await ValueAsync(gateway)) == "the agent says 25%", Patience, "25%");
        Assert.InRange(await MetricsSignalTests.CountAsync(gateway, "other", 200), 60, 140);

        agent.Line = "drain # restarting\n";
        await Eventually.BecomeTrueAsync(async () => (await ValueAsync(gateway)) == "the agent says drain", Patience, "drain");
        Assert.InRange(await MetricsSignalTests.CountAsync(gateway, "other", 100), 20, 80);
        Assert.Contains("fires without effect", await gateway.JournalTextAsync(), StringComparison.Ordinal);

        agent.Line = "ready 100%\n";
        await Eventually.BecomeTrueAsync(async () => (await ValueAsync(gateway)) == "the agent says 100%", Patience, "ready");
    }

    [Fact]
    public async Task Agent_OfOneDestination_WeighsAndDrainsIt()
    {
        await using var one = new ScriptedUpstream(static r => r.RespondAsync("one"));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("other"), address: "127.0.0.2");
        await using var agent = new Agent("up 10%\r\n", "127.0.0.2");
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(
            [one.Url, other.Url],
            cluster: $"    signals:\n      - {{ name: agent, report: agent, port: {agent.Port}, every: 200ms, then: weight }}\n"));
        await Eventually.BecomeTrueAsync(async () => (await ValueAsync(gateway)) == "the agent says 10%", Patience, "10%");
        Assert.InRange(await MetricsSignalTests.CountAsync(gateway, "other", 200), 1, 60);

        agent.Line = "maint";
        await Eventually.BecomeTrueAsync(async () => (await ValueAsync(gateway)) == "the agent says maint", Patience, "maint");
        Assert.Equal(0, await MetricsSignalTests.CountAsync(gateway, "other", 50));

        agent.Line = "garbage\n";
        await Eventually.BecomeTrueAsync(async () => (await ValueAsync(gateway)) == "no data", Patience, "no data");
        Assert.InRange(await MetricsSignalTests.CountAsync(gateway, "other", 200), 60, 140);
    }

    private static async Task<string?> ValueAsync(InProcessGateway gateway) =>
        (await MetricsSignalTests.DestinationsAsync(gateway))[1].TryGetProperty("signals", out var signals)
            ? signals[0].GetProperty("value").GetString()
            : null;

    private static async Task RespondAsync(UpstreamRequest request, string body, string where, string report)
    {
        if (where == "head")
        {
            await request.RespondAsync(body, headers: $"endpoint-load-metrics: {report}\r\n");
            return;
        }

        await request.ReadBodyAsync();
        await request.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: endpoint-load-metrics, X-Sum\r\n\r\n");
        await request.ChunkAsync(body);
        await request.SendAsync($"0\r\nendpoint-load-metrics: {report}\r\nX-Sum: 1\r\n\r\n");
    }

    // HAProxy's agent: says a line to each connection and closes it.
    private sealed class Agent : IAsyncDisposable
    {
        private readonly TcpListener _listener;
        private readonly Task _running;
        private volatile string _line;

        public Agent(string line, string address = "127.0.0.1")
        {
            _line = line;
            _listener = new TcpListener(IPAddress.Parse(address), 0);
            _listener.Start();
            _running = RunAsync();
        }

        public string Line
        {
            set => _line = value;
        }

        public string Port => ((IPEndPoint)_listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _running;
        }

        private async Task RunAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(_line));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                // The test is over.
            }
        }
    }
}
