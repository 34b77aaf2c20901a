using Gateway.Fleet;
using Gateway.Fleet.Canaries;
using Gateway.Hosting.Canaries;
using Xunit;

namespace Gateway.Tests.Hosting.Canaries;

/// <summary>What other gateways say of themselves is a moment old: harm is proved with what they count later.</summary>
[Trait("kind", "unit")]
public sealed class CanaryRunTests
{
    private static readonly CanaryCounts Failing = new(300, 300, 0);

    [Fact]
    public void Harm_BesideOthers_IsComparedOnceMore()
    {
        var run = Run(Other(beat: 1));
        Assert.Null(run.HarmOf(Failing, Now(Other(beat: 5, requests: 100))));
        Assert.True(run.IsInDoubt);
        Assert.Null(run.HarmOf(Failing, Now(Other(beat: 6, requests: 200))));
        Assert.True(run.IsInDoubt);

        Assert.NotNull(run.HarmOf(Failing, Now(Other(beat: 7, requests: 300))));
        Assert.False(run.IsInDoubt);
    }

    [Fact]
    public void Fault_ThatTheOthersTellOfLater_IsNoHarm()
    {
        var run = Run(Other(beat: 1));
        Assert.Null(run.HarmOf(Failing, Now(Other(beat: 5, requests: 100))));
        Assert.Null(run.HarmOf(Failing, Now(Other(beat: 7, requests: 400, failed: 300))));
        Assert.False(run.IsInDoubt);
    }

    // It died, or Redis did: what is left to compare with decides.
    [Fact]
    public void Other_ThatIsNotHeardAnyMore_IsNotWaitedFor()
    {
        var run = Run(Other(beat: 1));
        Assert.Null(run.HarmOf(Failing, Now(Other(beat: 5, requests: 100))));
        Assert.NotNull(run.HarmOf(Failing, Now()));
    }

    [Fact]
    public void Others_ThatCameLaterOrRestarted_AreNotComparedWith()
    {
        var run = Run(Other(beat: 9, requests: 5000));
        Assert.Null(run.HarmOf(Failing, Now(Other(beat: 1, requests: 100), Other(beat: 1, requests: 900, id: "late"))));
        Assert.Contains("before", run.HarmOf(Failing, Now(Other(beat: 3, requests: 200)))!, StringComparison.Ordinal);
    }

    private static CanaryRun Run(GatewayView other) => new(
        2, "revision", 1, new CanaryCounts(1000, 0, 0), default, Now(other), DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(30));

    private static Dictionary<string, GatewayView> Now(params GatewayView[] others) => others.ToDictionary(static one => one.Id);

    private static GatewayView Other(long beat, long requests = 0, long failed = 0, string id = "b") =>
        new(id, id, Self: false, "1", "earlier", []) { Beat = beat, Outcomes = new CanaryCounts(requests, failed, 0) };
}
