using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class HalfOpenProbesTests
{
    private const string Quick = "    passive: { consecutiveFailures: 3, ejectFor: 300ms }\n    failback: { after: 300ms, ramp: 0s }";

    [Fact]
    public async Task Ejected_HealthIsGreen_ReturnsOnlyByACopiedRequestAndUsersNeverSee()
    {
        var broken = true;
        await using var guide = new ScriptedUpstream(r => Volatile.Read(ref broken)
            ? r.RespondAsync("busy", 503)
            : r.RespondAsync("primary"));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("standby"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url], cluster: Quick));

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("standby", (await gateway.GetAsync()).Body);
        }

        await gateway.BecomesAsync("half-open", "primary");
        var asked = guide.Requests.Count;

        // HalfOpenProbes fail: nobody sees them, and green probes alone do not bring it back.
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                Assert.Equal("standby", (await gateway.GetAsync()).Body);
                return guide.Requests.Count > asked;
            },
            TimeSpan.FromSeconds(30),
            "a copy is sent as a half-open probe");
        Assert.NotEqual("up", await gateway.HealthStatusAsync("primary"));
        Volatile.Write(ref broken, false);
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                var response = await gateway.GetAsync();
                Assert.Equal(200, response.Status);
                return response.Body == "primary";
            },
            TimeSpan.FromSeconds(30),
            "the primary serves again");
    }

    [Fact]
    public async Task Exhausted_OnlyOrdersCome_TheyAreTheProbe()
    {
        var broken = true;
        await using var guide = new ScriptedUpstream(async r =>
        {
            await r.ReadBodyAsync();
            if (Volatile.Read(ref broken))
            {
                r.Reset();
                return;
            }

            await r.RespondAsync("done");
        });
        await using var other = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url], cluster: Quick));
        const string order = "POST /o HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
        // The other one shows that it is the guide's fault, and then goes.
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                Assert.Equal(200, (await gateway.GetAsync()).Status);
                return await gateway.HealthStatusAsync("primary") != "up";
            },
            TimeSpan.FromSeconds(30),
            "the primary is ejected");
        other.Healthy = false;
        await gateway.BecomesAsync("down", "standby");

        Volatile.Write(ref broken, false);

        await Eventually.BecomeTrueAsync(
            async () => (await gateway.AskAsync(order)).Status == 200,
            TimeSpan.FromSeconds(30),
            "an order is done again");
        await gateway.BecomesAsync("up", "primary");
    }
}
