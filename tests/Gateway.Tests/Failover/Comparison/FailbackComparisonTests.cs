using Gateway.Failover.Comparison;
using Xunit;

namespace Gateway.Tests.Failover.Comparison;

[Trait("kind", "unit")]
public class FailbackComparisonTests
{
    [Theory]
    [InlineData("nothing yet", "0", "0", "goes on")]
    [InlineData("one failure among few", "1 of 5", "0 of 45", "in doubt")]
    [InlineData("as good", "2 of 500", "18 of 4500", "goes on")]
    [InlineData("a little worse", "5 of 1000", "9 of 3000", "goes on")]
    [InlineData("better", "0 of 300", "200 of 2700", "goes on")]
    [InlineData("two failures at once", "2 of 10", "0 of 90", "in doubt")]
    [InlineData("a failed start", "6 of 20", "0 of 180", "worse")]
    [InlineData("five percent", "15 of 300", "6 of 1600", "worse")]
    [InlineData("all fail", "8 of 8", "0 of 72", "worse")]
    [InlineData("both ill", "30 of 100", "270 of 900", "goes on")]
    [InlineData("nothing to compare with", "20 of 20", "0", "goes on")]
    public void Failures_AreWeighed(string name, string tier, string other, string expected)
    {
        var verdict = FailbackComparison.Decide(FailuresOf(tier), FailuresOf(other), byConversation: false);
        var said = verdict.IsProved ? "worse" : verdict.Doubt is not null ? "in doubt" : "goes on";
        Assert.True(said == expected, $"{name}: {said}, by {verdict.Doubt?.Words("primary", "standby")}");
    }

    [Theory]
    [InlineData(nameof(ComparedShare.Late), "primary 40 % late, standby 1.0 %, after 1,100 requests")]
    [InlineData(nameof(ComparedShare.SlowFirstByte), "primary 40 % slow to the first byte, standby 1.0 %, after 1,100 requests")]
    [InlineData(nameof(ComparedShare.SlowFirstContent), "primary 40 % slow to the first content, standby 1.0 %, after 1,100 event streams")]
    [InlineData(nameof(ComparedShare.Failed), "primary 40 % failed, standby 1.0 %, after 1,100 requests")]
    public void Worse_ByAnyShare_IsToldWithItsFigures(string by, string expected)
    {
        var what = Enum.Parse<ComparedShare>(by);
        var verdict = FailbackComparison.Decide(FiguresOf(what, 40, 100), FiguresOf(what, 10, 1000), byConversation: false);
        Assert.Equal(expected, verdict.Worse?.Words("primary", "standby"));
    }

    [Fact]
    public void Worse_ByConversations_IsToldSo()
    {
        var verdict = FailbackComparison.Decide(
            FiguresOf(ComparedShare.Failed, 31, 1000),
            FiguresOf(ComparedShare.Failed, 3, 900),
            byConversation: true);
        Assert.Equal("primary 3.1 % failed, standby 0.3 %, after 1,900 conversations", verdict.Worse?.Words("primary", "standby"));
    }

    /// <summary>A broken stream may count before its attempt is read: never more hits than cases.</summary>
    [Fact]
    public void Figures_MoreHitsThanCases_AreNoError() =>
        Assert.True(FailbackComparison.Decide(new TierFigures(30, Failed: 31), new TierFigures(300, Failed: 0), false).IsProved);

    [Fact]
    public void Conversations_EachCountsOnce()
    {
        var marks = new ConversationMarks();
        var random = new Random(5);
        var conversations = Enumerable.Range(0, 2000).Select(_ => (ulong)random.NextInt64()).ToArray();
        var first = conversations.Count(marks.TryAdd);
        Assert.InRange(first, 1900, 2000);
        Assert.DoesNotContain(true, conversations.Select(marks.TryAdd));
    }

    private static TierFigures FailuresOf(string text)
    {
        var parts = text.Split(" of ");
        return parts.Length == 1 ? default : FiguresOf(ComparedShare.Failed, long.Parse(parts[0]), long.Parse(parts[1]));
    }

    private static TierFigures FiguresOf(ComparedShare what, long hits, long cases) => what switch
    {
        ComparedShare.Failed => new TierFigures(cases, Failed: hits),
        ComparedShare.Late => new TierFigures(cases, Late: hits),
        ComparedShare.SlowFirstByte => new TierFigures(cases, Timed: cases, SlowFirstByte: hits),
        _ => new TierFigures(cases, Contents: cases, SlowFirstContent: hits),
    };
}
