using System.Diagnostics;
using System.Text;
using Gateway.Drills.Load;
using Xunit;

namespace Gateway.Tests.Drills;

[Trait("kind", "unit")]
public class LoadPartsTests
{
    [Theory]
    [InlineData("http://192.0.2.1:80")]
    [InlineData("https://127.0.0.1:80")]
    public void Target_NotLoopbackOrNotHttp_IsRefused(string url) =>
        Assert.Throws<ArgumentException>(() => LoadTarget.Parse(url));

    [Fact]
    public void Target_RemoteButAllowed_IsTaken() =>
        Assert.Equal(80, LoadTarget.Parse("http://192.0.2.1", allowRemote: true).EndPoint.Port);

    [Fact]
    public void Rate_Constant_IsEven()
    {
        var rate = RateProfile.Constant(200, TimeSpan.FromSeconds(2));

        Assert.Equal(400, rate.Count);
        Assert.Equal(TimeSpan.Zero, rate.Due(0));
        Assert.Equal(1.0, rate.Due(200).TotalSeconds, tolerance: 1e-6);
    }

    [Fact]
    public void Rate_RampFromNothing_ReachesHalfOfItsRequestsAtRootHalfOfItsTime()
    {
        var rate = RateProfile.Ramp(0, 100, TimeSpan.FromSeconds(10));

        Assert.Equal(500, rate.Count);
        Assert.Equal(10 * Math.Sqrt(0.5), rate.Due(250).TotalSeconds, tolerance: 1e-6);
    }

    [Fact]
    public void Rate_Steps_FollowOneAnotherAndNeverGoBack()
    {
        var rate = RateProfile.Steps(TimeSpan.FromSeconds(1), 10, 0, 20);

        Assert.Equal(30, rate.Count);
        Assert.Equal(0.9, rate.Due(9).TotalSeconds, tolerance: 1e-6);
        Assert.Equal(2.0, rate.Due(10).TotalSeconds, tolerance: 1e-6);
        Assert.All(Enumerable.Range(1, 29), number => Assert.True(rate.Due(number) > rate.Due(number - 1)));
    }

    [Fact]
    public void Percentiles_HundredValues_AreTheValuesThemselves()
    {
        var percentiles = Percentiles.Of(Enumerable.Range(1, 100).Reverse().Select(ms => TimeSpan.FromMilliseconds(ms)));

        Assert.Equal(50, percentiles.P50.TotalMilliseconds);
        Assert.Equal(99, percentiles.P99.TotalMilliseconds);
        Assert.Equal(100, percentiles.Max.TotalMilliseconds);
        Assert.Equal(100, percentiles.At(99.5).TotalMilliseconds);
    }

    [Fact]
    public void Percentiles_Nothing_IsZero() => Assert.Equal(TimeSpan.Zero, Percentiles.Of([]).P99);

    [Fact]
    public void Deck_Weights_AreExactOverARound()
    {
        var deck = new ScenarioDeck([new PageScenario("/a", 3), new PageScenario("/b", 1)], seed: 7);

        var dealt = Enumerable.Range(0, 400).Select(_ => deck.Next()).ToList();

        Assert.Equal(300, dealt.Count(card => card == 0));
    }

    [Fact]
    public void Ledger_Between_TakesTheDueTimesOfTheWindow()
    {
        var second = Stopwatch.Frequency;
        var entries = Enumerable.Range(0, 10)
            .Select(n => new LedgerEntry { Due = 100 + (n * second), End = 100 + (n * second) + 1, Outcome = Outcome.Live })
            .ToArray();
        var ledger = new Ledger(100, ["a"], [string.Empty], entries);

        Assert.Equal(5, ledger.Between(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(8)).Total);
        Assert.Equal(10, ledger.Between(TimeSpan.Zero, TimeSpan.FromSeconds(99)).Total);
        Assert.Equal(0, ledger.Between(TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(99)).Total);
    }

    [Fact]
    public void Events_InPieces_AreReadAsWhole()
    {
        var parser = new EventParser();
        foreach (var piece in new[]
        {
            "retry: 5\n\n: beat\nid: 0\nda",
            "ta: hi\n\nid: 1\r\ndata: x\r\n\r\n",
            "event: error\ndata: {}\n\nid: 3\ndata: cut"
        })
        {
            parser.Feed(Encoding.UTF8.GetBytes(piece));
        }

        Assert.Equal([0, 1], parser.Ids);
        Assert.True(parser.AreIdsWhole);
        Assert.True(parser.SawError);
        Assert.Equal(1, parser.Comments);
        Assert.Equal(3, parser.Events);
    }

    [Theory]
    [InlineData("0 1 2", true)]
    [InlineData("1 2 3", true)]
    [InlineData("0 2", false)]
    [InlineData("0 1 1 2", false)]
    [InlineData("2 3", false)]
    public void Events_IdsWithAGapOrTwice_AreNotWhole(string ids, bool whole)
    {
        var parser = new EventParser();
        foreach (var id in ids.Split(' '))
        {
            parser.Feed(Encoding.UTF8.GetBytes($"id: {id}\ndata: x\n\n"));
        }

        Assert.Equal(whole, parser.AreIdsWhole);
    }
}
