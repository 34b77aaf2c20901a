using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Observability;

/// <summary>What a status does to the figures, from a socket to a scrape.</summary>
[Trait("kind", "socket")]
public sealed class StatusFiguresTests
{
    /// <summary>Whatever way it came, and whether it is tried elsewhere or not.</summary>
    [Theory]
    [InlineData("GET", 501)]
    [InlineData("GET", 503)]
    [InlineData("POST", 500)]
    [InlineData("POST", 503)]
    [InlineData("DELETE", 599)]
    public async Task Attempt_ThatGotA5xx_CountsAsStatus(string method, int status)
    {
        await using var guide = new ScriptedUpstream(r => r.RespondAsync("no", status));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], attempts: "hedge: off, max: 1"));

        var response = await gateway.AskAsync($"{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");

        Assert.InRange(response.Status, 500, 599);
        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("outcome", "failed"), ("code", "5xx"));
        Assert.Equal(1, await gateway.MetricAsync("gateway_attempts_total", ("result", "status")));
        Assert.Equal(1, await gateway.MetricAsync("gateway_attempts_total"));
    }

    /// <summary>A page with 503 is an error for whoever asked, however kind its words.</summary>
    [Theory]
    [InlineData("offline.html", "failed", "5xx")]
    [InlineData("offline.json", "degraded", "2xx")]
    public async Task Fallback_ThatIsAnError_CountsAsFailed(string file, string outcome, string code)
    {
        await using var guide = new ScriptedUpstream { Healthy = false };
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url], route: $"    fallback: [ {{ file: {file} }} ]"),
            new Dictionary<string, string> { ["static/" + file] = "{}" });

        Assert.Equal(["file"], (await gateway.GetAsync()).Header("X-Fallback"));

        await gateway.MetricReachesAsync(1, "gateway_requests_total", ("route", "all"), ("outcome", outcome), ("code", code));
        Assert.Equal(1, await gateway.MetricAsync("gateway_fallback_total", ("rung", "file")));
    }
}
