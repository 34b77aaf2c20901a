using System.Collections.Immutable;
using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Health.Signals;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>Each change of health with all that it says.</summary>
[Trait("kind", "unit")]
public sealed class HealthChangeTextsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 10, 50, 29, TimeSpan.Zero);

    /// <summary>u up, ? unknown, d down, e ejected, t half-open; large: drained as well.</summary>
    [Theory]
    [InlineData('u', 'd', HealthChangeKindText.Down, "m of primary is down")]
    [InlineData('u', 'e', HealthChangeKindText.Down, "m of primary is ejected")]
    [InlineData('?', 'e', HealthChangeKindText.Down, "m of primary is ejected")]
    [InlineData('U', 'D', HealthChangeKindText.Down, "m of primary is down")]
    [InlineData('d', 'e', HealthChangeKindText.StillDown, "m of primary is ejected now")]
    [InlineData('e', 'd', HealthChangeKindText.StillDown, "m of primary is down now")]
    [InlineData('d', 'u', HealthChangeKindText.Up, "m of primary serves again")]
    [InlineData('t', 'u', HealthChangeKindText.Up, "m of primary serves again")]
    [InlineData('e', '?', HealthChangeKindText.Up, "m of primary serves again")]
    [InlineData('d', 'U', HealthChangeKindText.Up, "m of primary is healthy again, and drained")]
    [InlineData('D', 'U', HealthChangeKindText.Up, "m of primary is healthy again, and drained")]
    [InlineData('D', 'u', HealthChangeKindText.Up, "m of primary serves again")]
    public void Destination_Changed_IsTold(char before, char after, string kind, string text) => Assert.Equal(
        new HealthChange(Enum.Parse<HealthChangeKind>(kind), "guide", "primary", "m", text, "why m", Now),
        HealthChanges.Between(Of("primary", before), Of("primary", after), Now)[0]);

    [Theory]
    [InlineData('u', '?')]
    [InlineData('u', 'U')]
    [InlineData('d', 'd')]
    [InlineData('d', 'D')]
    [InlineData('d', 't')]
    [InlineData('t', 'd')]
    [InlineData('e', 't')]
    [InlineData('t', 'e')]
    public void Destination_WithNothingNew_IsNotTold(char before, char after) =>
        Assert.Empty(HealthChanges.Between(Of("primary", before), Of("primary", after), Now));

    [Fact]
    public void Destination_NotKnownBefore_WasWell()
    {
        Assert.Equal("m of primary is down", HealthChanges.Between(null, Of("primary", 'd'), Now)[0].Text);
        Assert.Empty(HealthChanges.Between(null, Of("primary", 'u'), Now));

        // One of that name in another tier is another one.
        Assert.Equal("m of primary is down", HealthChanges.Between(Of("Primary", 'd'), Of("primary", 'd'), Now)[0].Text);
    }

    [Fact]
    public void Tier_Degraded_NamesFiveOfItsLosses()
    {
        var before = new ClusterHealth("guide", [TierOf("primary", "uuuuuuuu")]);
        var after = new ClusterHealth("guide", [TierOf("primary", "udeddddu")]);
        Assert.Equal(
            new HealthChange(
                HealthChangeKind.Degraded, "guide", "primary", null, "primary is degraded, 2 of 8 destinations serve",
                "1: why 1; 2: why 2; 3: why 3; 4: why 4; 5: why 5", Now),
            Assert.Single(HealthChanges.Between(before, after, Now), static c => c.Destination is null));
    }

    [Fact]
    public void Tier_WithAllOfItsDestinations_IsWhole()
    {
        var before = new ClusterHealth("guide", [TierOf("primary", "udu")]);
        var after = new ClusterHealth("guide", [TierOf("primary", "uuu")]);
        Assert.Equal(
            new HealthChange(
                HealthChangeKind.Whole, "guide", "primary", null, "primary has all of its destinations again",
                "3 of 3 destinations serve", Now),
            Assert.Single(HealthChanges.Between(before, after, Now), static c => c.Destination is null));
    }

    [Theory]
    [InlineData("udd", "uud")]
    [InlineData("uud", "udd")]
    [InlineData("ud", "dd")]
    public void Tier_WithSomeOfItsDestinations_IsNotToldAgain(string before, string after) => Assert.DoesNotContain(
        HealthChanges.Between(
            new ClusterHealth("guide", [TierOf("primary", before)]),
            new ClusterHealth("guide", [TierOf("primary", after)]), Now),
        static c => c.Kind is HealthChangeKind.Degraded or HealthChangeKind.Whole);

    [Theory]
    [InlineData("uu u", "ud d", "redundancy is lost, one destination is left", "primary: 1 of 2 destinations serve, standby: 0 of 1 "
        + "destination serves")]
    [InlineData("uu u", "uu d", "redundancy is lost, no tier but primary can serve", "primary: 2 of 2 destinations serve, standby: 0 of 1 "
        + "destination serves")]
    [InlineData("uuu u", "uud! d", "redundancy is lost, no tier can serve", "primary: 2 of 3 destinations serve, standby: 0 of 1 "
        + "destination serves")]
    [InlineData("uu d", "uu u", "redundancy is back", "primary: 2 of 2 destinations serve, standby: 1 of 1 destination serves")]
    public void Redundancy_LostOrBack_SaysWhatIsLeft(string before, string after, string text, string evidence)
    {
        var change = HealthChanges.Between(Parse(before), Parse(after), Now)[^1];
        var kind = text.Contains("lost", StringComparison.Ordinal) ? HealthChangeKind.RedundancyLost : HealthChangeKind.RedundancyRegained;
        Assert.Equal(new HealthChange(kind, "guide", null, null, text, evidence, Now), change);
    }

    [Fact]
    public void Redundancy_WhereNothingServes_IsNoMatter()
    {
        Assert.DoesNotContain(
            HealthChanges.Between(Parse("uu d"), Parse("dd d"), Now),
            static c => c.Kind is HealthChangeKind.RedundancyLost or HealthChangeKind.RedundancyRegained);
    }

    /// <summary>The destination first, then its signals, then its tier.</summary>
    [Fact]
    public void Changes_OfOneMoment_StandInOrder()
    {
        var mark = new SignalMark("hot", SignalState.Firing, SignalEffect.Suspect, "91 degrees", TimeSpan.Zero, TimeSpan.MaxValue);
        var tier = TierOf("primary", "du");
        var after = tier with { Members = [tier.Members[0] with { Signals = [mark] }, tier.Members[1]] };
        var changes = HealthChanges.Between(
            new ClusterHealth("guide", [TierOf("primary", "uu"), TierOf("standby", "u")]),
            new ClusterHealth("guide", [after, TierOf("standby", "u")]),
            Now);
        Assert.Equal(
            ["0 of primary is down", "0 of primary is suspect by signal 'hot'", "primary is degraded, 1 of 2 destinations serve"],
            changes.Select(static c => c.Text));
        Assert.Equal("91 degrees", changes[1].Evidence);

        // It goes on, so that nothing of it is new.
        var same = new ClusterHealth("guide", [after, TierOf("standby", "u")]);
        Assert.Empty(HealthChanges.Between(same, same, Now));
    }

    private static ClusterHealth Of(string tier, char letter) =>
        new("guide", [new TierMembers(tier, CanServe: true, [Member("m", letter)])]);

    // A tier ends with ! where it cannot serve whatever it has.
    private static ClusterHealth Parse(string tiers) =>
        new("guide", [.. tiers.Split(' ').Select(static (tier, place) => TierOf(place == 0 ? "primary" : "standby", tier))]);

    private static TierMembers TierOf(string name, string letters)
    {
        ImmutableArray<MemberHealth> members =
        [
            .. letters.TrimEnd('!').Select(static (letter, place) => Member(place.ToString(CultureInfo.InvariantCulture), letter)),
        ];
        return new TierMembers(name, !letters.EndsWith('!') && members.Any(static m => m.Serves), members);
    }

    private static MemberHealth Member(string name, char letter) => new(
        name,
        char.ToLowerInvariant(letter) switch
        {
            '?' => HealthStatus.Unknown,
            'd' => HealthStatus.Down,
            'e' => HealthStatus.Ejected,
            't' => HealthStatus.HalfOpen,
            _ => HealthStatus.Up,
        },
        char.IsUpper(letter),
        $"why {name}");

    private static class HealthChangeKindText
    {
        public const string Down = nameof(HealthChangeKind.DestinationDown);
        public const string StillDown = nameof(HealthChangeKind.DestinationStillDown);
        public const string Up = nameof(HealthChangeKind.DestinationUp);
    }
}
