using System.Collections.Immutable;
using Gateway.Failover;
using Gateway.Health.Model;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>Which changes of health are told, from one moment to the next.</summary>
[Trait("kind", "unit")]
public sealed class HealthChangesTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    // A letter a destination, tiers apart by a blank: u up, ? unknown, d down, e ejected, t half-open, D drained.
    [Theory]
    [InlineData("uu u", "uu u", "")]
    [InlineData("?? ?", "uu u", "")]
    [InlineData("uu u", "du u", "DestinationDown primary/0, Degraded primary")]
    [InlineData("uu u", "eu u", "DestinationDown primary/0, Degraded primary")]
    [InlineData("du u", "dd u", "DestinationDown primary/1, RedundancyLost")]
    [InlineData("uu u", "dd u", "DestinationDown primary/0, DestinationDown primary/1, RedundancyLost")]
    [InlineData("dd u", "ud u", "DestinationUp primary/0, RedundancyRegained")]
    [InlineData("ud u", "uu u", "DestinationUp primary/1, Whole primary")]
    [InlineData("uu u", "uu d", "DestinationDown standby/0, RedundancyLost")]
    [InlineData("uuuuu "
        + "u", "udddd "
        + "u", "DestinationDown primary/1, DestinationDown primary/2, DestinationDown primary/3, DestinationDown primary/4, Degraded "
        + "primary")]
    [InlineData("uuuuu", "udddd", "DestinationDown primary/1, DestinationDown primary/2, DestinationDown primary/3, DestinationDown "
        + "primary/4, Degraded primary, RedundancyLost")]
    [InlineData("u u", "d d", "DestinationDown primary/0, DestinationDown standby/0")]
    [InlineData("d d", "d u", "DestinationUp standby/0, Whole standby, RedundancyLost")]
    [InlineData("eu u", "tu u", "")]
    [InlineData("tu u", "eu u", "")]
    [InlineData("eu u", "du u", "DestinationStillDown primary/0")]
    [InlineData("tu u", "uu u", "DestinationUp primary/0, Whole primary")]
    [InlineData("uu u", "Du u", "")]
    [InlineData("uuu u", "Duu d", "DestinationDown standby/0, RedundancyLost")]
    [InlineData("u", "d", "DestinationDown primary/0")]
    [InlineData("", "ud u", "DestinationDown primary/1, Degraded primary")]
    [InlineData("ud u", "u u", "Whole primary")]
    [InlineData("uu", "uu d", "DestinationDown standby/0, RedundancyLost")]
    public void Changes_FromOneMomentToTheNext_AreThese(string before, string after, string told) =>
        Assert.Equal(told, string.Join(", ", HealthChanges.Between(before.Length == 0 ? null : Of(before), Of(after), Now)
            .Select(static c => c.Kind + (c.Tier is null ? "" : $" {c.Tier}") + (c.Destination is null ? "" : $"/{c.Destination}"))));

    [Fact]
    public void Words_OfEachChange_NameWhatAndWhy()
    {
        var changes = HealthChanges.Between(Of("uu u"), Of("du e"), Now);
        Assert.Equal(
            [
                "0 of primary is down (the last 2 probes failed: connection refused)",
                "primary is degraded, 1 of 2 destinations serve (0: the last 2 probes failed: connection refused)",
                "0 of standby is ejected (the last 2 probes failed: connection refused)",
                "redundancy is lost, one destination is left (primary: 1 of 2 destinations serve, standby: 0 of 1 destination serves)",
            ],
            changes.Select(static c => $"{c.Text} ({c.Evidence})"));
    }

    /// <summary>After a restart an ejection may be over before the first announcement.</summary>
    [Fact]
    public void Words_OfOneThatIsHalfOpenAtFirstSight_SaySo() =>
        Assert.Equal("0 of primary is half-open", HealthChanges.Between(null, Of("tu u"), Now)[0].Text);

    [Theory]
    [InlineData("uuu d", "redundancy is lost, no tier but primary can serve")]
    [InlineData("dd uu", "redundancy is lost, no tier but standby can serve")]
    [InlineData("udd", "redundancy is lost, one destination is left")]
    public void Redundancy_Lost_SaysWhatIsLeft(string after, string says) =>
        Assert.Equal(says, HealthChanges.Between(null, Of(after), Now).Single(static c => c.Kind == HealthChangeKind.RedundancyLost).Text);

    private static ClusterHealth Of(string tiers) =>
        new("guide", [.. tiers.Split(' ').Select(static (tier, place) => TierOf(place == 0 ? "primary" : "standby", tier))]);

    private static TierMembers TierOf(string name, string members)
    {
        ImmutableArray<MemberHealth> all =
            [
            .. members.Select(static (letter, place) => new MemberHealth(
                place.ToString(),
                StatusOf(letter),
                letter == 'D',
                "the last 2 probes failed: connection refused"))];
        return new TierMembers(name, all.Any(static m => m.Serves), all);
    }

    private static HealthStatus StatusOf(char letter) =>
        letter switch
        {
            '?' => HealthStatus.Unknown,
            'd' => HealthStatus.Down,
            'e' => HealthStatus.Ejected,
            't' => HealthStatus.HalfOpen,
            _ => HealthStatus.Up
        };
}
