using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Health.Signals;
using Xunit;

namespace Gateway.Tests.Health.Signals;

/// <summary>What signals do to the destinations of a tier, by what fires and by the health of the tier.</summary>
[Trait("kind", "unit")]
public sealed class SignalDecisionTests
{
    // A letter a destination: u serves, x does not; what fires on it: g degraded, s suspect, d drain, in capitals what fires and is not
    // to be believed (unknown). What comes of it: - nothing, G S D the effect, w withheld.
    [Theory]
    [InlineData("u u", "- -")]
    [InlineData("ug u", "G -")]
    [InlineData("us u", "S -")]
    [InlineData("ud u", "D -")]
    [InlineData("ugsd u", "D -")]
    [InlineData("u", "-")]
    [InlineData("ug", "w")]
    [InlineData("us", "w")]
    [InlineData("ud", "w")]
    [InlineData("ug ug", "w w")]
    [InlineData("ud ud", "w w")]
    [InlineData("us ud", "w D")]
    [InlineData("us ug", "S w")]
    [InlineData("us us u", "w w -")]
    [InlineData("us u u", "S - -")]
    [InlineData("us us u u", "S S - -")]
    [InlineData("us us us u", "w w w -")]
    [InlineData("us us us us", "w w w w")]
    [InlineData("ud us us u", "D w w -")]
    [InlineData("ud us u u", "D S - -")]
    [InlineData("ud ug u u", "D G - -")]
    [InlineData("ud us ug u", "D S w -")]
    [InlineData("ud x", "w -")]
    [InlineData("us x", "w -")]
    [InlineData("ug x", "w -")]
    [InlineData("ud u x x", "w - - -")]
    [InlineData("ud u u x", "D - - -")]
    [InlineData("ug u x x", "G - - -")]
    [InlineData("xd u", "- -")]
    [InlineData("xs us u u", "- S - -")]
    [InlineData("uD uS uG u", "- - - -")]
    [InlineData("uDg u", "G -")]
    [InlineData("uds ud", "Sw w")]
    [InlineData("udg ud ud", "Gw w w")]
    [InlineData("uds udg ud ud", "Sw Gw w w")]
    [InlineData("usg us", "Gw w")]
    [InlineData("udsg udsg", "w w")]
    public void Effect_OfWhatFires_KeepsWhatTheTierNeeds(string tier, string expected)
    {
        MemberSignals[] members =
            [
            .. tier.Split(' ').Select(static member => new MemberSignals(
                member[0] == 'u',
                1,
                Ordered: false,
                [.. member.Skip(1).Select(Mark)]))];
        var effects = SignalDecision.Of(members);
        Assert.Equal(expected, string.Join(' ', effects.Select(static effect => effect.Effect switch
        {
            SignalEffect.Degraded => "G",
            SignalEffect.Suspect => "S",
            SignalEffect.Drain => "D",
            _ => effect.Withheld.IsEmpty ? "-" : "",
        } + (effect.Withheld.IsEmpty ? "" : "w"))));
        Assert.All(
            effects,
            static effect => Assert.Equal(effect.Effect == SignalEffect.Degraded ? SignalDecision.DegradedShare : 1, effect.Share));
    }

    [Fact]
    public void Effect_OfAnyTier_LeavesHalfOfItAndTheLast()
    {
        var random = new Random(7);
        for (var round = 0; round < 5_000; round++)
        {
            var members = new MemberSignals[random.Next(1, 9)];
            for (var i = 0; i < members.Length; i++)
            {
                members[i] = new MemberSignals(
                    random.Next(4) > 0,
                    random.Next(1, 5),
                    Ordered: false,
                    [.. "gsdDW".Where(_ => random.Next(3) == 0).Select(Mark)]);
            }

            var effects = SignalDecision.Of(members);
            var serving = members.Count(static m => m.Serves);
            var taken = effects.Count(static e => e.Effect >= SignalEffect.Suspect);
            Assert.True(serving == 0 || serving > taken, "the last one was taken");
            Assert.True(taken == 0 || members.Length - serving + taken <= members.Length / 2, "more than half was taken");
            Assert.All(effects, static e => Assert.InRange(e.Share, SignalDecision.DegradedShare * SignalDecision.LeastShare, 1));
        }
    }

    // A destination: weight:capacity, o after it for an operator's weight; a% what it asks for itself.
    [Theory]
    [InlineData("1:100 1:100", "1 1")]
    [InlineData("1:100 1:50", "1 0.5")]
    [InlineData("2:100 1:50", "1 1")]
    [InlineData("1:100 1:1", "1 0.1")]
    [InlineData("1:100 1:- 1:50", "1 0.75 0.5")]
    [InlineData("1:100 1:-", "1 1")]
    [InlineData("1:- 1:-", "1 1")]
    [InlineData("1:100 1:50o", "1 1")]
    [InlineData("1:75% 1:-", "0.75 1")]
    [InlineData("1:0% 1:-", "0.1 1")]
    [InlineData("1:75%o 1:-", "1 1")]
    public void Reports_OfDestinations_BecomeShares(string tier, string expected)
    {
        MemberSignals[] members = [.. tier.Split(' ').Select(Reporting)];
        Assert.Equal(
            expected,
            string.Join(
                ' ',
                SignalDecision.Of(members).Select(static effect => effect.Share.ToString("0.###", CultureInfo.InvariantCulture))));
    }

    private static MemberSignals Reporting(string text)
    {
        var parts = text.TrimEnd('o').Split(':');
        var mark = new SignalMark("load", SignalState.Firing, SignalEffect.Weight, "", default, default);
        mark = parts[1] switch
        {
            "-" => mark with { State = SignalState.Unknown },
            [.. var share, '%'] => mark with { Weight = double.Parse(share, CultureInfo.InvariantCulture) / 100 },
            var capacity => mark with { Capacity = double.Parse(capacity, CultureInfo.InvariantCulture) },
        };
        return new MemberSignals(Serves: true, int.Parse(parts[0], CultureInfo.InvariantCulture), text.EndsWith('o'), [mark]);
    }

    private static SignalMark Mark(char letter) => new(
        letter.ToString(),
        char.IsUpper(letter) ? SignalState.Unknown : SignalState.Firing,
        char.ToLowerInvariant(letter) switch
        {
            'g' => SignalEffect.Degraded,
            's' => SignalEffect.Suspect,
            'd' => SignalEffect.Drain,
            _ => SignalEffect.Weight
        },
        "",
        default,
        default);
}
