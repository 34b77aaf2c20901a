using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Notifications.Drills;
using Xunit;

namespace Gateway.Tests.Notifications.Drills;

[Trait("kind", "unit")]
public sealed class DrillDecisionTests
{
    private static readonly DrilledCluster Well = new();

    public static TheoryData<string, string?> Starts() => new()
    {
        { "well", null },
        { "history unread", "HistoryUnread" },
        { "frozen", "Frozen" },
        { "frozen, history unread", "HistoryUnread" },
        { "late", "TooLate" },
        { "fleet unheard", "FleetUnreachable" },
        { "held by an operator", "OperatorAtWork" },
        { "s2 drained", "OperatorAtWork" },
        { "standby active", "Disturbed" },
        { "no tier active", "Disturbed" },
        { "ramping", "Disturbed" },
        { "unsettled", "Disturbed" },
        { "p1 down", "Disturbed" },
        { "s1 down", "Disturbed" },
        { "back for 29 s", "Disturbed" },
        { "one tier", "StandbyNotWhole" },
        { "standby full", "TooLittleCapacity" },
        { "standby nearly full", null },
        { "destination", null },
        { "destination: needs both", "LastNeeded" },
        { "destination: none", "LastNeeded" },
        { "destination: tier full", "TooLittleCapacity" },
    };

    [Theory]
    [MemberData(nameof(Starts))]
    public void Start_AsksEveryGuard(string name, string? expected) =>
        Assert.Equal(expected, DrillDecision.Start(Facts(name))?.ToString());

    [Theory]
    [InlineData(0, 100, false)]
    [InlineData(2, 2, false)]
    [InlineData(3, 300, false)]
    [InlineData(3, 299, true)]
    [InlineData(4, 300, true)]
    [InlineData(11, 1000, true)]
    public void IsHarmful_AboveTheShare_FromTheThirdOn(long bad, long requests, bool expected) =>
        Assert.Equal(expected, DrillDecision.IsHarmful(new ScheduledDrillConfig(), new RequestCount(requests, bad)));

    private static DrillFacts Facts(string name)
    {
        var cluster = name switch
        {
            "held by an operator" => Well with { HeldBy = "ann" },
            "s2 drained" => Well with { Draining = "s2" },
            "standby active" => Well with { Active = "standby" },
            "no tier active" => Well with { Active = null },
            "ramping" => Well with { RampFrom = "standby" },
            "unsettled" => Well with { Settled = false },
            "p1 down" => Well with { Down = "p1" },
            "s1 down" => Well with { Down = "s1" },
            "one tier" => Well with { Tiers = 1 },
            "standby full" => Well with { Capacity = 100, InFlight = 71 },
            "standby nearly full" => Well with { Capacity = 100, InFlight = 70 },
            "destination: needs both" => Well with { Needed = 2 },
            "destination: tier full" => Well with { Capacity = 100, InFlight = 36 },
            _ => Well,
        };
        var view = cluster.View;
        var now = DrilledCluster.Begin.AddSeconds(name == "back for 29 s" ? 29 : 30);
        var drill = new ScheduledDrillConfig
        {
            Lose = name.StartsWith("destination", StringComparison.Ordinal) ? DrillLoss.Destination : DrillLoss.Tier,
        };
        return new DrillFacts(drill, view, ClusterOutlook.Of(view, now).Condition, now)
        {
            IsHistoryRead = !name.Contains("history unread", StringComparison.Ordinal),
            IsFrozen = name.StartsWith("frozen", StringComparison.Ordinal),
            Left = name == "late" ? TimeSpan.FromMinutes(7) : TimeSpan.FromMinutes(8),
            IsFleetHeard = name != "fleet unheard",
            Destination = drill.Lose == DrillLoss.Destination && name != "destination: none" ? view.Tiers[0].Destinations[0] : null,
        };
    }
}
