using Gateway.Configuration.Model;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>Settings that a route has in place of its cluster's: they hold there, and nowhere else.</summary>
[Trait("kind", "socket")]
public sealed class RouteOverridesTests
{
    private const string Routes = """

          quick:  { match: { path: "/quick/{**rest}" }, cluster: guide, timeouts: { firstByte: 100ms }, attempts: { max: 1 } }
          once:   { match: { path: "/once/{**rest}" }, cluster: guide, attempts: { max: 1 } }
          direct: { match: { path: "/direct/{**rest}" }, cluster: guide, responseBuffer: 0 }
          small:  { match: { path: "/small/{**rest}" }, cluster: guide, limits: { requestBody: 4B } }
          large:  { match: { path: "/large/{**rest}" }, cluster: guide, limits: { requestBody: 1MiB } }
        """;

    [Fact]
    public async Task Timeouts_OfARoute_EndItsWaitAlone()
    {
        await using var upstream = new ScriptedUpstream(static async request =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            await request.RespondAsync("late");
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], cluster: "    timeouts: { firstByte: 20s }\n")
                + Routes);
        Assert.Equal(503, (await gateway.GetAsync("/quick/a")).Status);
        Assert.Equal("late", (await gateway.GetAsync("/once/a")).Body);
    }

    [Theory]
    [InlineData("/once/a", 1)]
    [InlineData("/other/a", 3)]
    public async Task Attempts_OfARoute_AreItsOwn(string path, int asked)
    {
        await using var first = new ScriptedUpstream(static request => request.RespondAsync("no", 503));
        await using var second = new ScriptedUpstream(static request => request.RespondAsync("no", 503));
        await using var third = new ScriptedUpstream(static request => request.RespondAsync("no", 503));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([first.Url, second.Url, third.Url]) + Routes);
        Assert.Equal(503, (await gateway.GetAsync(path)).Status);
        Assert.Equal(asked, first.Requests.Count + second.Requests.Count + third.Requests.Count);
    }

    [Theory]
    [InlineData("/direct/a", 200, "half")]
    [InlineData("/other/a", 200, "whole")]
    public async Task ResponseBuffer_OfARoute_IsItsOwn(string path, int status, string body)
    {
        var asked = 0;
        async Task RespondAsync(UpstreamRequest request)
        {
            if (Interlocked.Increment(ref asked) > 1)
            {
                await request.RespondAsync("whole");
                return;
            }

            await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            request.Close();
        }

        await using var first = new ScriptedUpstream(RespondAsync);
        await using var second = new ScriptedUpstream(RespondAsync);
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([first.Url, second.Url]) + Routes);
        var response = await gateway.GetAsync(path);
        Assert.Equal((status, body, body == "whole"), (response.Status, response.Body, response.IsWhole));
    }

    [Theory]
    [InlineData("/small/a", 4, 200)]
    [InlineData("/small/a", 5, 413)]
    [InlineData("/other/a", 1024, 200)]
    [InlineData("/other/a", 1025, 413)]
    [InlineData("/large/a", 300_000, 200)]
    public async Task RequestBody_OfARoute_MayBeAsLongAsItSays(string path, int length, int status)
    {
        await using var upstream = new ScriptedUpstream(static async request =>
        {
            await request.ReadBodyAsync();
            await request.RespondAsync("ok");
        });
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url], top: "limits: { requestBody: 1KiB }") + Routes);
        var response =
            await gateway.AskAsync($"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{new string('x', length)}");
        Assert.Equal((path, length, status), (path, length, response.Status));
    }

    [Fact]
    public void Overrides_LeftOut_AreTheClusters()
    {
        var config =
            ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest.Replace(
                "} ] } }",
                "} ], attempts: { max: 2, hedge: 300ms }, timeouts: { firstByte: 3s, total: 40s } } }",
                StringComparison.Ordinal)
            .Replace(
                "cluster: guide }",
                "cluster: guide, attempts: { hedge: off }, timeouts: { idle: 7s } }",
                StringComparison.Ordinal)).Config!;
        var effective = config.Routes[0].Overrides.Over(config.Clusters[0]);
        Assert.Equal((2, HedgeMode.Off), (effective.Attempts.Max, effective.Attempts.Hedge));
        Assert.Equal(
            (TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(18), TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(40)),
            (effective.Timeouts.FirstByte, effective.Timeouts.FirstByteWrites, effective.Timeouts.Idle, effective.Timeouts.Total));
        Assert.Equal(config.Clusters[0].ResponseBuffer, effective.ResponseBuffer);
    }
}
