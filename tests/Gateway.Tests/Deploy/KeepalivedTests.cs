using Gateway.Drills.Processes;
using Xunit;

namespace Gateway.Tests.Deploy;

[Trait("kind", "process")]
public sealed class KeepalivedTests(VirtualAddressLab lab, ITestOutputHelper output) : IClassFixture<VirtualAddressLab>
{
    /// <summary>What is promised for a machine that is not starved itself: see docs/deploy/keepalived.md for what was measured.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(4);

    /// <summary>A machine that runs other tests beside this one starts check scripts late: only beyond this is it a failure.</summary>
    private static readonly TimeSpan Allowed = Promised * 3;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("killed")]
    [InlineData("frozen")]
    [InlineData("not ready")]
    public async Task ActiveGateway_Fails_TheAddressMovesAndNoGetIsLost(string how)
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        var active = lab.Gateways[0];
        await lab.MovesToAsync(0);
        await using var users = new RetryingUsers($"http://{lab.Address}:8080/api/guide/recommend?user=u1&category=shoes");
        await users.AnsweredAsync(20);

        // 1. It fails; the address goes to the other one.
        switch (how)
        {
            case "killed": await active.KillAsync(); break;
            case "frozen": active.Freeze(); break;
            default: active.Send(Signals.Terminate); break;
        }

        var took = await lab.MovesToAsync(1);
        output.WriteLine($"{how}: the address moved after {took.TotalMilliseconds:0} ms");
        Assert.True(took < Allowed, $"It took {took.TotalSeconds:0.0} s.");
        await users.AnsweredAsync(users.Answered + 20);

        // 2. It is well again; the address returns.
        if (how is "frozen")
        {
            active.Thaw();
        }
        else
        {
            await active.Ended.WaitAsync(TimeSpan.FromSeconds(40), Cancel);
            await active.StartAsync(Cancel);
        }

        await lab.ReadyAsync(0);
        await lab.MovesToAsync(0);
        await users.AnsweredAsync(users.Answered + 20);
        await users.StopAsync();
        output.WriteLine($"{how}: {users.Answered} of {users.Sent} answered, {users.Retries} tries more");
        Assert.Equal(users.Sent, users.Answered);
    }
}
