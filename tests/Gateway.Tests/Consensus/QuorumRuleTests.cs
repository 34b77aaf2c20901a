using Gateway.Consensus;
using Xunit;

namespace Gateway.Tests.Consensus;

/// <summary>How gateways decide together: a table of cases.</summary>
[Trait("kind", "unit")]
public sealed class QuorumRuleTests
{
    private static readonly string[] Names = ["first", "second", "third"];

    /// <summary>
    /// A gateway is a letter a tier (d down, a able, r ripe, - neither) and the place of its active tier; the first one is ours. The
    /// agreed change is "epoch kind from to age". Expected: what is ejected, whereto one may return, the call's epoch, the proposal.
    /// </summary>
    [Theory]

    // Nobody else lives: alone, whatever an old agreed change says.
    [InlineData("aa0", "", "alone")]
    [InlineData("da1", "9 Failover 0 1 1", "alone")]

    // Down needs more than half of the living.
    [InlineData("aa0 aa0 aa0", "", "down: may:0,1")]
    [InlineData("aa0 aa0 da0", "", "down: may:0,1")]
    [InlineData("aa0 da0 da0", "", "down:0 may:0,1")]
    [InlineData("da0 aa0", "", "down: may:0,1")]
    [InlineData("da0 da0", "", "down:0 may:0,1")]
    [InlineData("da0 da0 aa0 aa0", "", "down: may:0,1")]
    [InlineData("da0 da0 da0 aa0", "", "down:0 may:0,1")]

    // Whoever left with a majority writes it down; once, and again only for a tier that the agreed change does not cover.
    [InlineData("da1 da0 aa0", "", "down:0 may:0,1 Failover 0>1")]
    [InlineData("da1 aa0 aa0", "", "down: may:0,1")]
    [InlineData("da1@3 da1 da1", "3 Failover 0 1 1", "down:0 may:1")]
    [InlineData("da1@3 da1 da1", "3 Failback 1 0 40", "down:0 may:1 Failover 0>1")]
    [InlineData("dda2@3 dda2 daa1", "3 Failover 0 1 60", "down:0,1 may:2 Failover 1>2")]
    [InlineData("dda2@4 dda2 daa1", "4 Failover 1 2 60", "down:0,1 may:2")]

    // A call is followed when it is fresh, or most others serve by it; never twice.
    [InlineData("aa0 da1 da0", "1 Failover 0 1 1", "down:0 may:1 call:1")]
    [InlineData("aa0 aa1 aa1", "1 Failover 0 1 900", "down: may:1 call:1")]
    [InlineData("aa0 aa0 aa0", "1 Failover 0 1 900", "down: may:0,1")]
    [InlineData("aa0 aa0 aa0", "1 Failover 0 1 5", "down: may:0,1 call:1")]
    [InlineData("aa0 aa1 aa0", "1 Failover 0 1 900", "down: may:1")]
    [InlineData("aa0@1 aa1 aa1", "1 Failover 0 1 900", "down: may:1")]
    [InlineData("aa0@7 aa1 aa1", "1 Failover 0 1 1", "down: may:1")]

    // An agreed change about tiers that we do not have means nothing.
    [InlineData("aa0 aa1 aa1", "1 Failover 5 1 1", "down: may:1")]
    [InlineData("aa0 aa1 aa1", "1 Failover 0 5 1", "down: may:1")]

    // Up needs half of the living, those that are there already counted in.
    [InlineData("ra1@1 ra1 aa1", "1 Failover 0 1 60", "down: may:1 Failback 1>0")]
    [InlineData("ra1@1 aa1 aa1", "1 Failover 0 1 60", "down: may:1")]
    [InlineData("ra1@1 da1 da1", "1 Failover 0 1 60", "down:0 may:1")]
    [InlineData("ra1@1 aa1", "1 Failover 0 1 60", "down: may:1 Failback 1>0")]
    [InlineData("ra1@1 aa0 aa1", "1 Failover 0 1 60", "down: may:1 Failback 1>0")]
    [InlineData("aa1@1 ra1 ra1", "1 Failover 0 1 60", "down: may:1")]
    [InlineData("ara1 ara2 ara2", "", "down: may:2")]

    // Where most are already, one goes alone.
    [InlineData("ra1 aa0 aa0", "", "down: may:0,1")]
    [InlineData("ra1 aa0", "", "down: may:0,1")]

    // It was agreed a moment ago: no second agreement.
    [InlineData("ra1 ra1 aa1", "2 Failback 1 0 1", "down: may:1 call:2")]
    [InlineData("ra1@2 ra1 aa1", "2 Failback 1 0 1", "down: may:1")]
    [InlineData("ra1@2 ra1 aa1", "2 Failback 1 0 5", "down: may:1")]
    [InlineData("ra1@2 ra1 aa1", "2 Failback 1 0 6", "down: may:1 Failback 1>0")]

    // Nothing serves here, or a tier that this configuration does not have: no proposal comes of it.
    [InlineData("ddX aa0 aa0", "", "down: may:0,1")]
    [InlineData("ddX dd1 dd1", "", "down:0,1 may:1")]
    [InlineData("dd2 dd0 dd0", "", "down:0,1 may:0,1")]
    public void Decide_Case_ComesTo(string gateways, string change, string expected)
    {
        var opinions = gateways.Split(' ').Select(OpinionOf).ToArray();
        var (known, age) = ChangeOf(change);
        var decision = QuorumRule.Decide(new FleetCase(opinions[0], opinions[1..], known, age));
        Assert.Equal(expected, Describe(decision));
    }

    [Fact]
    public void Decide_EveryPairOfFleets_NeverEjectsAndAgreesOnAReturnAtOnce()
    {
        // All votes of up to five gateways on one tier: what a majority ejects cannot be what half holds to be ripe.
        foreach (var votes in Enumerable.Range(2, 4).SelectMany(static n => Words("dar", n)))
        {
            var opinions = votes.Select(v => OpinionOf($"{v}a1")).ToArray();
            var decision = QuorumRule.Decide(new FleetCase(opinions[0], opinions[1..], null, TimeSpan.Zero));
            Assert.False(decision.Guidance!.Tiers[0].VotedDown && decision.Kind == AgreedChangeKind.Failback, votes);
        }
    }

    private static IEnumerable<string> Words(string letters, int length) =>
        length == 0 ? [""] : Words(letters, length - 1).SelectMany(_ => letters, static (word, letter) => word + letter);

    private static ClusterVote OpinionOf(string text)
    {
        var parts = text.Split('@');
        var votes = parts[0][..^1];
        return new ClusterVote(
            "guide",
            parts[0][^1] == 'X' ? null : Names[parts[0][^1] - '0'],
            parts.Length > 1 ? long.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 0,
            [.. votes.Select((v, i) => new TierVote(Names[i], Down: v == 'd', Able: v is 'a' or 'r', ReadyToFailBack: v == 'r'))]);
    }

    private static (AgreedChange? Change, TimeSpan Age) ChangeOf(string text)
    {
        if (text.Length == 0)
        {
            return (null, TimeSpan.Zero);
        }

        var parts = text.Split(' ');
        string NameOf(string place) => place == "5" ? "elsewhere" : Names[place[0] - '0'];
        return (new AgreedChange(
            parts[0][0] - '0',
            "guide",
            Enum.Parse<AgreedChangeKind>(parts[1]),
            NameOf(parts[2]),
            NameOf(parts[3])), TimeSpan.FromSeconds(int.Parse(parts[4], System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static string Describe(FleetDecision decision)
    {
        if (decision.Guidance is not { } guidance)
        {
            return "alone";
        }

        string Places(Func<TierGuidance, bool> which) =>
            string.Join(",", guidance.Tiers.Select((t, i) => (t, i)).Where(p => which(p.t)).Select(static p => p.i));
        var text = $"down:{Places(static t => t.VotedDown)} may:{Places(static t => t.MayReturn)}";
        text += guidance.Call is { } call ? $" call:{call.Change.Epoch}" : "";
        return text
            + (decision.Kind is { } kind ? $" {kind} {Array.IndexOf(Names, decision.From)}>{Array.IndexOf(Names, decision.To)}" : "");
    }
}
