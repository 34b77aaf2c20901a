using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Admin.Endpoints;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Health.Signals.Lines;

/// <summary>Lines that are sent to the gateway, from there to the requests that a destination no longer gets.</summary>
[Trait("kind", "socket")]
public sealed class LinePushTests
{
    private const string Push = """
            signals:
              - { name: oom, push: guide, pattern: "OutOfMemory|FATAL", count: 2, then: suspect }
        """;

    [Theory]
    [InlineData("?name=guide&destination=NAME", "FATAL one\r\n\n  \nfine\nOutOfMemory password=hunter2", 3)]
    [InlineData("?name=guide", "{\"level\":\"FATAL\",\"instance\":\"NAME\"}\n{\"level\":\"FATAL\",\"instance\":\"NAME\"}\n", 2)]
    [InlineData("?name=guide", "[{\"level\":\"FATAL\",\"instance\":\"NAME\"},{\"level\":\"FATAL\",\"instance\":\"NAME\"}]", 2)]
    public async Task Push_OfLines_TakesRequestsFromTheirDestination(string query, string body, int lines)
    {
        await using var one = new ScriptedUpstream(static r => r.RespondAsync("one"));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("other"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([one.Url, other.Url], cluster: Push));
        var name = new Uri(other.Url).Authority;
        query = query.Replace("NAME", name, StringComparison.Ordinal);
        await IsTakenAsync(gateway, query, body.Replace("NAME", name, StringComparison.Ordinal), lines);

        await FiresAsync(gateway);
        Assert.Equal(0, await MetricsSignalTests.CountAsync(gateway, "other", 50));
        var journal = await gateway.JournalTextAsync();
        Assert.Contains("is suspect by signal", journal, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", journal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "x", 400, "The name is missing")]
    [InlineData("?name=", "x", 400, "The name is missing")]
    [InlineData("?name=other", "x", 404, "No signal takes lines under this name")]
    [InlineData("?name=guide", "1 MiB and more", 413, "send it in parts")]
    [InlineData("?name=guide", "60,000 lines", 429, "were left out")]
    public async Task Push_ThatCannotBeTaken_SaysWhatToSend(string query, string body, int status, string says)
    {
        body = body switch
        {
            "1 MiB and more" => new string('x', (1024 * 1024) + 1),
            "60,000 lines" => string.Concat(Enumerable.Repeat("x\n", 60_000)),
            _ => body,
        };
        await using var one = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([one.Url], cluster: Push));
        await IsTakenAsync(gateway, "?name=guide", "fine", 1);
        var response = await gateway.PostAsync("/signals/logs" + query, body);
        Assert.Equal(status, response.Status);
        Assert.Contains(says, response.Body, StringComparison.Ordinal);
    }

    // Read as it is, it would be taken for lines without a match, and nothing would ever fire.
    [Theory]
    [InlineData("/signals/logs?name=guide", "gzip", 415)]
    [InlineData("/signals/logs?name=guide", "zstd", 415)]
    [InlineData("/signals/alerts", "gzip", 415)]
    [InlineData("/signals/logs?name=guide", "identity", 200)]
    public async Task Push_Compressed_IsRefused(string path, string coding, int status)
    {
        await using var one = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([one.Url], cluster: Push));
        await IsTakenAsync(gateway, "?name=guide", "fine", 1);
        using var sender = new HttpClient();
        using var content = new ByteArrayContent("fine"u8.ToArray());
        content.Headers.ContentEncoding.Add(coding);
        using var response = await sender.PostAsync(new Uri(gateway.AdminUrl, path), content, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(" \r\n\n", "")]
    [InlineData("a\r\n b ", "a|b")]
    [InlineData("[]", "")]
    [InlineData(" [{\"a\":1},\n{\"b\":[\"]\"]}]\n", "{\"a\":1}|{\"b\":[\"]\"]}")]
    [InlineData("[\"FATAL \\u0041\",\"\\n\"]", "FATAL A|\n")]
    [InlineData("[{\"a\":1}] FATAL", "[{\"a\":1}] FATAL")]
    [InlineData("[2026-01-31] FATAL\n[2026-01-31] fine", "[2026-01-31] FATAL|[2026-01-31] fine")]
    [InlineData("[{\"a\":1},\n{\"b\"", "[{\"a\":1},|{\"b\"")]
    [InlineData("[\"\\ud800\"]", "[\"\\ud800\"]")]
    public void Body_OfAnyKind_HasTheseLines(string body, string lines) =>
        Assert.Equal(lines, string.Join('|', LogLineBody.LinesOf(Encoding.UTF8.GetBytes(body)).Select(
            static line => Encoding.UTF8.GetString(line.Span))));

    [Fact]
    public async Task Syslog_ThroughTheConfiguration_TakesRequestsFromTheDestination()
    {
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        int port;
        using (var probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            port = ((IPEndPoint)probe.LocalEndPoint!).Port;
        }

        await using var one = new ScriptedUpstream(static r => r.RespondAsync("one"));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("other"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([one.Url, other.Url], cluster:
            string.Create(CultureInfo.InvariantCulture, $$"""
                    signals:
                      - { name: oom, syslog: "udp://127.0.0.1:{{port}}", pattern: FATAL, then: suspect }
                      - { name: same, syslog: "udp://127.0.0.1:{{port}}", pattern: NEVER, then: suspect }
                """)));
        var message = Encoding.UTF8.GetBytes($"<11>1 - {new Uri(other.Url).Authority} guide - - - FATAL");
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                // Over UDP what comes before the port is open is lost.
                await sender.SendToAsync(message, new IPEndPoint(IPAddress.Loopback, port), TestContext.Current.CancellationToken);
                return await IsFiringAsync(gateway);
            },
            TimeSpan.FromSeconds(60),
            "the signal fires");
        Assert.Equal(0, await MetricsSignalTests.CountAsync(gateway, "other", 50));
    }

    // The reader of the signal begins soon after the start.
    private static async Task IsTakenAsync(InProcessGateway gateway, string query, string body, int lines)
    {
        var response = (Status: 404, Body: "");
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                response = await gateway.PostAsync("/signals/logs" + query, body);
                return response.Status != 404;
            },
            TimeSpan.FromSeconds(60),
            "the lines are taken");
        Assert.Equal((200, string.Create(CultureInfo.InvariantCulture, $"{{\"lines\":{lines}}}")), response);
    }

    private static Task FiresAsync(InProcessGateway gateway) =>
        Eventually.BecomeTrueAsync(() => IsFiringAsync(gateway), TimeSpan.FromSeconds(60), "the signal fires");

    private static async Task<bool> IsFiringAsync(InProcessGateway gateway) =>
        (await MetricsSignalTests.DestinationsAsync(gateway))[1].TryGetProperty("signals", out var signals)
            && signals.EnumerateArray().Any(static signal => signal.GetProperty("state").GetString() is "firing");
}
