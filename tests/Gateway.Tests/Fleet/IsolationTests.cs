using System.Globalization;
using System.Text.Json;
using Gateway.Drills.Faults;
using Gateway.Notifications;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Fleet;

/// <summary>One gateway of two is cut off from all destinations, and not from Redis.</summary>
[Trait("kind", "server")]
public sealed class IsolationTests
{
    [Fact]
    public async Task Gateway_ThatAloneReachesNothing_StepsAsideAndComesBack()
    {
        using var redis = await RedisServer.StartAsync();
        await using var primary = new ScriptedUpstream(static r => r.RespondAsync("primary"));
        await using var standby = new ScriptedUpstream(static r => r.RespondAsync("standby"));
        await using var toPrimary = TcpRelay.Start(new Uri(primary.Url).Port);
        await using var toStandby = TcpRelay.Start(new Uri(standby.Url).Port);
        await using var receiver = await Receiver.StartAsync();
        var top = $"redis: {{ endpoints: [ {redis.Endpoint} ] }}\n"
            + $"notify: [ {{ webhook: \"{receiver.Url}\", "
            + "events: [exhausted, recovered, destinationDown, destinationUp, degraded, redundancyLost] } ]";
        await using var healthy = await InProcessGateway.StartAsync(InProcessGateway.Config([primary.Url], [standby.Url], top: top));
        await using var cut = await InProcessGateway.StartAsync(
            InProcessGateway.Config([UrlOf(toPrimary)], [UrlOf(toStandby)], top: top));
        await Eventually.BecomeTrueAsync(
            async () => await GatewaysAsync(healthy) == 2 && await GatewaysAsync(cut) == 2,
            TimeSpan.FromSeconds(60),
            "they hear one another");
        Assert.Equal(200, await cut.AdminStatusAsync("/readyz"));

        foreach (var relay in (TcpRelay[])[toPrimary, toStandby])
        {
            await relay.SetDoorAsync(RelayDoor.Refuse);
            relay.ResetAll();
        }

        await Eventually.BecomeTrueAsync(
            async () => await cut.AdminStatusAsync("/readyz") == 503, TimeSpan.FromSeconds(30), "it is not ready");
        var alarms = (await cut.StatusAsync()).GetProperty("alarms").ToString();
        Assert.Contains("reaches no destination, and 1 of the others does", alarms, StringComparison.Ordinal);
        Assert.Equal(200, await healthy.AdminStatusAsync("/readyz"));
        Assert.Equal("primary", await healthy.ServingAsync());
        Assert.Empty(await healthy.TransitionsAsync());

        await toPrimary.HealAsync();
        await toStandby.HealAsync();
        await Eventually.BecomeTrueAsync(
            async () => await cut.AdminStatusAsync("/readyz") == 200, TimeSpan.FromSeconds(30), "it is ready again");
        await Eventually.BecomeTrueAsync(
            async () => (await cut.TransitionsAsync()).Count > 1, TimeSpan.FromSeconds(30), "its journal has both transitions");
        // What it lost would be told after so long; what came back, after as long again.
        await Task.Delay(HealthNotices.Held + TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Empty(receiver.All);
    }

    private static string UrlOf(TcpRelay relay) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{relay.Port}");

    private static async Task<int> GatewaysAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).TryGetProperty("fleet", out var fleet) && fleet.ValueKind == JsonValueKind.Object
            ? fleet.GetProperty("gateways").EnumerateArray().Count(static g => g.GetProperty("clusters").GetArrayLength() > 0)
            : 0;
}
