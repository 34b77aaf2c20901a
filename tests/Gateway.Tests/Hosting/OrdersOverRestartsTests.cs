using System.Text.Json;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Hosting;

/// <summary>What operators ordered is in force again after a restart without Redis.</summary>
[Trait("kind", "socket")]
public sealed class OrdersOverRestartsTests
{
    [Fact]
    public async Task Gateway_ThatIsStartedAgain_KeepsHoldsDrainsAndWeights()
    {
        using var folder = new TemporaryFolder();
        await using var a = new ScriptedUpstream();
        await using var b = new ScriptedUpstream();
        await using var c = new ScriptedUpstream();
        var config = InProcessGateway.Config(
                [$"{{ name: a, url: \"{a.Url}\" }}", $"{{ name: b, url: \"{b.Url}\" }}"], [$"{{ name: c, url: \"{c.Url}\" }}"])
            .Replace("FOLDER/state", folder.Path, StringComparison.Ordinal);
        DateTimeOffset drained;
        await using (var first = await InProcessGateway.StartAsync(config))
        {
            Assert.Equal(200, (await first.PostAsync("/clusters/guide/destinations/a/drain", """{"reason":"disk"}""")).Status);
            Assert.Equal(200, (await first.PostAsync("/clusters/guide/destinations/b/weight", """{"weight":7}""")).Status);
            Assert.Equal(
                200, (await first.PostAsync("/clusters/guide/hold", """{"tier":"standby","for":"30m","reason":"test"}""")).Status);
            Assert.Equal("c", await ServingAsync(first, a, b, c));
            drained = DrainOf(await first.StatusAsync()).GetProperty("since").GetDateTimeOffset();
        }

        await using (var second = await InProcessGateway.StartAsync(config))
        {
            // Already in the first response, and with its first time and reason.
            Assert.Equal("c", await ServingAsync(second, a, b, c));
            var status = await second.StatusAsync();
            var drain = DrainOf(status);
            Assert.Equal("disk", drain.GetProperty("reason").GetString());
            Assert.InRange((drain.GetProperty("since").GetDateTimeOffset() - drained).Duration(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
            Assert.Equal(7, DestinationOf(status, 1).GetProperty("weight").GetInt32());
            Assert.Contains("After the restart: Tier 'standby'", await second.JournalTextAsync(), StringComparison.Ordinal);
            Assert.Equal(200, (await second.PostAsync("/clusters/guide/release", """{"force":true}""")).Status);
        }

        // What was ended stays ended; the standby serves on until the primary has proved itself.
        await using var third = await InProcessGateway.StartAsync(config);
        Assert.Equal("c", await ServingAsync(third, a, b, c));
        Assert.DoesNotContain("\"hold\":{", (await third.StatusAsync()).ToString(), StringComparison.Ordinal);
        Assert.Equal(1, (await third.JournalTextAsync()).Split("After the restart: Tier 'standby'").Length - 1);
    }

    private static JsonElement DestinationOf(JsonElement status, int index) =>
        status.GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations")[index];

    private static JsonElement DrainOf(JsonElement status) => DestinationOf(status, 0).GetProperty("drain");

    // By whom a request was taken, over several of them.
    private static async Task<string> ServingAsync(InProcessGateway gateway, params ScriptedUpstream[] upstreams)
    {
        var before = upstreams.Select(static u => u.Requests.Count).ToArray();
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(200, (await gateway.GetAsync()).Status);
        }

        return string.Concat(upstreams.Select((u, i) => u.Requests.Count > before[i] ? ((char)('a' + i)).ToString() : ""));
    }
}
