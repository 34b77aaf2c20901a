using System.Text.Json;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Hosting;

/// <summary>A whole gateway that loses destinations: what an operator sees of it, in every place.</summary>
[Trait("kind", "socket")]
public sealed class DegradedTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task OneOfTwoDown_IsDegraded_InStatusMetricJournalAndNotification_AndWholeAgainAfter()
    {
        await using var a = new RawServer();
        await using var b = new RawServer();
        await using var standby = new RawServer();
        await using var hook = await Receiver.StartAsync();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([
            a.Url.ToString(),
            b.Url.ToString()
        ], [standby.Url.ToString()],
            top: $"notify: [ {{ webhook: \"{hook.Url}\", events: [destinationDown, destinationUp, degraded, redundancyLost] }} ]"));
        Assert.Equal("normal", (await ClusterAsync(gateway)).GetProperty("condition").GetString());
        Assert.Equal(0, await gateway.MetricAsync("gateway_tier_degraded", ("tier", "primary")));

        await b.KillAsync();
        await ConditionAsync(gateway, "degraded");
        var cluster = await ClusterAsync(gateway);
        var says = cluster.GetProperty("now").GetString()!;
        Assert.Contains(
            $"primary has lost 1 of 2 destinations (127.0.0.1:{b.Port}: connection refused on probes).",
            says,
            StringComparison.Ordinal);
        Assert.Equal("Nothing is due: standby takes over as soon as primary cannot serve.", cluster.GetProperty("next")
            .GetProperty("text")
            .GetString());
        Assert.True(cluster.GetProperty("tiers")[0].GetProperty("degraded").GetBoolean());
        Assert.Equal(1, await gateway.MetricAsync("gateway_tier_degraded", ("tier", "primary")));
        Assert.Equal(0, await gateway.MetricAsync("gateway_tier_degraded", ("tier", "standby")));
        await ToldAsync(hook, "destinationDown", "degraded");
        await JournalSaysAsync(gateway, $"127.0.0.1:{b.Port} of primary is down (the last ");

        // The standby goes, too: the next failure reaches users.
        await standby.KillAsync();
        await ToldAsync(hook, "destinationDown", "degraded", "destinationDown", "redundancyLost");
        await JournalSaysAsync(gateway, "redundancy is lost, ");

        b.Restart();
        standby.Restart();
        await ConditionAsync(gateway, "normal");
        await JournalSaysAsync(gateway, "primary has all of its destinations again (2 of 2 destinations serve).");
        Assert.Equal(0, await gateway.MetricAsync("gateway_tier_degraded", ("tier", "primary")));
        Assert.Empty(await gateway.TransitionsAsync());
    }

    [Fact]
    public async Task FailedOver_TheNextChange_IsTheSameInStatusAndMetric()
    {
        await using var primary = new RawServer();
        await using var standby = new RawServer();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [primary.Url.ToString()],
                [standby.Url.ToString()],
                cluster: "    failback: { after: 10m, ramp: 5m }"));
        Assert.DoesNotContain("gateway_next_change_seconds{", await gateway.MetricsTextAsync(), StringComparison.Ordinal);
        await primary.KillAsync();
        await ConditionAsync(gateway, "failedOver");
        Assert.DoesNotContain("gateway_next_change_seconds{", await gateway.MetricsTextAsync(), StringComparison.Ordinal);
        // What a kill looks like depends on the moment: a connection refused, or one reset that had just been made.
        Assert.Matches(
            $", because 127.0.0.1:{primary.Port} of primary failed: connection (refused|reset|closed without a response) on "
                + $"(probes|requests)[.;]",
            (await ClusterAsync(gateway)).GetProperty("now").GetString());

        primary.Restart();
        await Eventually.BecomeTrueAsync(
            async () => (await ClusterAsync(gateway)).GetProperty("next").TryGetProperty("at", out _),
            Patience,
            "a change is due");
        var cluster = await ClusterAsync(gateway);
        var next = cluster.GetProperty("next");
        Assert.Equal("primary", next.GetProperty("tier").GetString());
        var left = (next.GetProperty("at").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).TotalSeconds;
        Assert.InRange(await gateway.MetricAsync("gateway_next_change_seconds", ("cluster", "guide")), left - 60, left + 1);
        Assert.Contains("`hold standby` stops it.", next.GetProperty("text").GetString(), StringComparison.Ordinal);

        // What stops it stops it, and who and why are told.
        var (status, body) = await gateway.PostAsync(
            "/clusters/guide/hold",
            """{"tier": "standby", "for": "30m", "reason": "disk swap", "who": "ann@laptop", "force": true}""");
        Assert.True(status == 200, body);
        await ConditionAsync(gateway, "held");
        Assert.Contains(
            " by ann@laptop (127.0.0.1), \"disk swap\".",
            (await ClusterAsync(gateway)).GetProperty("now").GetString(),
            StringComparison.Ordinal);
    }

    private static async Task<JsonElement> ClusterAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).GetProperty("clusters")[0];

    private static Task ConditionAsync(InProcessGateway gateway, string condition) => Eventually.BecomeTrueAsync(
        async () => (await ClusterAsync(gateway)).GetProperty("condition").GetString() == condition, Patience,
        $"the condition becomes {condition}");

    private static Task JournalSaysAsync(InProcessGateway gateway, string text) => Eventually.BecomeTrueAsync(
        async () => (await gateway.JournalTextAsync()).Contains(text, StringComparison.Ordinal), Patience, text);

    private static async Task ToldAsync(Receiver hook, params string[] events)
    {
        await Eventually.BeTrueAsync(() => hook.All.Count >= events.Length, Patience, $"{events.Length} notifications came");
        Assert.Equal(events, hook.All.Select(static n => JsonDocument.Parse(n.Body).RootElement.GetProperty("event").GetString()));
    }
}
