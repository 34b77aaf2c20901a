using System.Globalization;
using System.Net.WebSockets;
using System.Text.RegularExpressions;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding.Conversations;

/// <summary>What docs/affinity.md says, with its own example.</summary>
[Trait("kind", "socket")]
public sealed partial class AffinityPageTests
{
    private const string Quick = "\n    failback: { after: 300ms, ramp: 0s }";
    private const string Log = "telemetry: { logs: { format: json, file: FOLDER/gateway.log }, access: all }";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stay_Failback_OldConversationsEndWhereTheyAreAndNewOnesMove()
    {
        await using var primary = new ScriptedUpstream(static r => r.RespondAsync("primary")) { Healthy = false };
        await using var standby = new ScriptedUpstream(static r => r.RespondAsync("standby"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([primary.Url], [standby.Url], cluster: Example()
            + Quick));
        Assert.Equal("standby", await SayAsync(gateway, "old"));

        primary.Healthy = true;
        await Eventually.BecomeTrueAsync(async () => await gateway.ServingAsync() == "primary", Patience, "the primary serves again");

        Assert.Equal("standby", await SayAsync(gateway, "old"));
        Assert.Equal("primary", await SayAsync(gateway, "new"));
        Assert.Equal("primary", await SayAsync(gateway, null));
    }

    [Fact]
    public async Task Stay_SilentForLonger_MovesThen()
    {
        await using var primary = new ScriptedUpstream(static r => r.RespondAsync("primary")) { Healthy = false };
        await using var standby = new ScriptedUpstream(static r => r.RespondAsync("standby"));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [primary.Url],
                [standby.Url],
                cluster: Example().Replace("10m", "2s", StringComparison.Ordinal) + Quick));
        Assert.Equal("standby", await SayAsync(gateway, "old"));
        primary.Healthy = true;
        await Eventually.BecomeTrueAsync(async () => await gateway.ServingAsync() == "primary", Patience, "the primary serves again");

        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Cancel);

        Assert.Equal("primary", await SayAsync(gateway, "old"));
    }

    [Fact]
    public async Task DrainFor_ExistingConversations_AreSparedAndNewOnesAreNot()
    {
        await using var one = new ScriptedUpstream(static r => r.RespondAsync("one"));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("other"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([
            one.Url,
            other.Url
        ], cluster: "    affinity: { header: X-Conversation-Id }"));
        var mine = await KeyAtAsync(gateway, "one");

        var (status, said) = await DrainAsync(gateway, one, "10m");

        Assert.Equal(200, status);
        Assert.Contains("gets no new conversations; those that are there go on for 10m, then they are cut", said, StringComparison.Ordinal);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("one", await SayAsync(gateway, mine));
            Assert.Equal("other", await SayAsync(gateway, $"later-{i}"));
            Assert.Equal("other", await SayAsync(gateway, null));
        }

        // A drain without a deadline spares none.
        await DrainAsync(gateway, one, null);
        Assert.Equal("other", await SayAsync(gateway, mine));
    }

    [Fact]
    public async Task DrainFor_TheTimeIsOver_CutsVisiblyAndTheConversationMoves()
    {
        static Func<UpstreamRequest, Task> Guide(string name) => async r =>
        {
            if (r.Target == "/chat")
            {
                await r.BeginEventsAsync();
                await r.ChunkAsync("id: 0\ndata: a\n\n");
                await r.ClosedByPeerAsync();
                return;
            }

            await r.RespondAsync(name);
        };
        await using var one = new ScriptedUpstream(Guide("one"));
        await using var other = new ScriptedUpstream(Guide("other"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([
            one.Url,
            other.Url
        ], cluster: Example(), route: "    stream: {}", top: Log));
        var mine = await KeyAtAsync(gateway, "one");
        await using var client = await RawClient.ConnectAsync(gateway.Url);
        await client.SendAsync($"GET /chat HTTP/1.1\r\nHost: a\r\nX-Conversation-Id: {mine}\r\n\r\n");
        await client.ReadUntilAsync("data: a\n\n");

        await DrainAsync(gateway, one, "1s");
        var end = await client.ReadUntilAsync("\"retry\":true}\n\n");

        Assert.Contains("event: error\n", end, StringComparison.Ordinal);
        Assert.Equal("other", await SayAsync(gateway, mine));
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                await using var file = new FileStream(
                    gateway.PathOf("gateway.log"),
                    FileMode.OpenOrCreate,
                    FileAccess.Read,
                    FileShare.ReadWrite);
                using var reader = new StreamReader(file);
                return (await reader.ReadToEndAsync(Cancel)).Contains("\"cause\":\"drained\"", StringComparison.Ordinal);
            },
            Patience,
            "the access log says why");
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));

        // Ready again, it takes conversations, and streams last.
        await gateway.PostAsync($"{PathOf(one)}/ready", "{}");
        await using var again = await RawClient.ConnectAsync(gateway.Url);
        await again.SendAsync($"GET /chat HTTP/1.1\r\nHost: a\r\nX-Conversation-Id: {await KeyAtAsync(gateway, "one")}\r\n\r\n");
        Assert.DoesNotContain("event: error", await again.ReadUntilAsync("data: a\n\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DrainFor_TheTimeIsOver_ClosesWebSockets()
    {
        await using var echo = await KestrelUpstream.StartAsync(Http2WebSocketTests.EchoAsync);
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([echo.Url], top: Log));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(gateway.Url) { Scheme = "ws" }.Uri, Cancel);

        await gateway.PostAsync(
            $"/clusters/guide/destinations/127.0.0.1:{echo.Port.ToString(CultureInfo.InvariantCulture)}/drain",
            """{ "for": "1s", "force": true }""");
        var received = await socket.ReceiveAsync(new byte[100], Cancel);

        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.EndpointUnavailable), (received.MessageType, received.CloseStatus));
    }

    [Theory]
    [InlineData("0s")]
    [InlineData("25h")]
    [InlineData("soon")]
    public async Task DrainFor_BadLength_IsRefused(string length)
    {
        await using var one = new ScriptedUpstream();
        await using var other = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([one.Url, other.Url]));

        var (status, said) = await DrainAsync(gateway, one, length);

        Assert.Equal(400, status);
        Assert.Contains(
            $"The \\u0022for\\u0022 of a drain was \\u0022{length}\\u0022.",
            said.Replace("\\\"", "\\u0022", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    private static async Task<string> SayAsync(InProcessGateway gateway, string? conversation) =>
        (await gateway.GetAsync("/", conversation is null ? "" : $"X-Conversation-Id: {conversation}\r\n")).Body;

    private static async Task<string> KeyAtAsync(InProcessGateway gateway, string destination)
    {
        for (var i = 0; i < 200; i++)
        {
            if (await SayAsync(gateway, $"mine-{i}") == destination)
            {
                return $"mine-{i}";
            }
        }

        throw new InvalidOperationException($"No key goes to {destination}.");
    }

    private static string PathOf(ScriptedUpstream destination) =>
        $"/clusters/guide/destinations/127.0.0.1:{destination.Port.ToString(CultureInfo.InvariantCulture)}";

    private static Task<(int Status, string Body)> DrainAsync(InProcessGateway gateway, ScriptedUpstream destination, string? length) =>
        gateway.PostAsync($"{PathOf(destination)}/drain", length is null ? "{}" : $$"""{ "for": "{{length}}" }""");

    private static string Example() =>
        "    " + YamlBlock().Match(File.ReadAllText(Repository.PathOf("docs", "affinity.md"))).Groups["yaml"].Value;

    [GeneratedRegex("```yaml\n(?<yaml>.*?)\n```", RegexOptions.Singleline, 5000)]
    private static partial Regex YamlBlock();
}
