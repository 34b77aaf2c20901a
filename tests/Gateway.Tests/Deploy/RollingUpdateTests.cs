using System.Net;
using Gateway.Drills.Processes;
using Xunit;

namespace Gateway.Tests.Deploy;

/// <summary>
/// A rolling update as Kubernetes makes it with <c>maxSurge: 1, maxUnavailable: 0</c>, with processes for pods: a new one is started and
/// becomes ready, then an old one is asked to stop, and the node hears of it only a while later.
/// </summary>
[Trait("kind", "process")]
public sealed class RollingUpdateTests
{
    // With the 10 s of deploy/kubernetes a node may be as late as that; the test has less time, and the same proportion.
    private const string Drain = "3s";
    private static readonly TimeSpan NodeHearsAfter = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RollingUpdate_UnderLoad_FailsNothing()
    {
        await using var bed = await TestBed.StartAsync(
            new() { Primaries = 1, Standbys = 1, StartGateway = false, Config = UserLoad.Patient(Drain) },
            Cancel);
        await using var pods = await Siblings.StartAsync(bed, 2, Cancel);
        var (first, second) = (pods.Gateways[0], pods.Gateways[1]);
        await using var node = new EndpointsProxy(At(first), At(second));
        var load = UserLoad.Start(node.Url);

        // 1. One more; then the first old one goes.
        var third = pods.Add();
        await third.StartAsync(Cancel);
        node.Use(At(first), At(second), At(third));
        await LeaveAsync(first, () => node.Use(At(second), At(third)));

        // 2. And once more.
        var fourth = pods.Add();
        await fourth.StartAsync(Cancel);
        node.Use(At(second), At(third), At(fourth));
        await LeaveAsync(second, () => node.Use(At(third), At(fourth)));

        await UserLoad.EndWithoutFailureAsync(load);
    }

    private static async Task LeaveAsync(GatewayProcess old, Action hear)
    {
        var ended = old.TerminateAsync(Patience);
        await Task.Delay(NodeHearsAfter, TimeProvider.System, Cancel);
        Assert.False(ended.IsCompleted, "It did not wait for the node.");
        hear();
        Assert.Equal(0, await ended);
    }

    private static IPEndPoint At(GatewayProcess gateway) => new(IPAddress.Loopback, gateway.Port);
}
