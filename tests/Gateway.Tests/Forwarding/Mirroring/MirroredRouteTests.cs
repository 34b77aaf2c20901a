using Gateway.Forwarding.Mirroring;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding.Mirroring;

/// <summary>Which reads are mirrored, and what is announced of them.</summary>
[Trait("kind", "unit")]
public sealed class MirroredRouteTests
{
    private static readonly MirroredResponse Good = new(200, TimeSpan.FromMilliseconds(20));
    private static readonly MirroredResponse Missing = new(404, TimeSpan.FromMilliseconds(20));

    private readonly ManualTime _time = new();
    private readonly List<MirrorChange> _changes = [];
    private readonly MirroredRoute _route;

    public MirroredRouteTests() => _route = new MirroredRoute("guide", "all", _changes.Add, _time);

    /// <param name="perSecond">Reads a second, for ten minutes.</param>
    /// <param name="share">Of them.</param>
    /// <param name="least">Mirrored reads at least.</param>
    /// <param name="most">And at most.</param>
    [Theory]
    [InlineData(100, 0.01, 540, 720)]
    [InlineData(1000, 0.01, 3000, 6000)]
    [InlineData(1000, 1, 5900, 6000)]
    [InlineData(1, 0.01, 34, 60)]
    [InlineData(0.1, 0.01, 30, 60)]
    public void Share_OfTheReads_IsMirrored(double perSecond, double share, int least, int most)
    {
        var (random, taken) = (new Random(1), 0);
        for (var i = 0; i < 600 * perSecond; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1 / perSecond));
            if (_route.TryTake(share, random))
            {
                taken++;
                _route.Return();
            }
        }

        Assert.InRange(taken, least, most);
    }

    [Fact]
    public void Read_WhileAnotherIsUnderWay_IsNotMirrored()
    {
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(_route.TryTake(1, Random.Shared));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(_route.TryTake(1, Random.Shared));
        _route.Return();
        Assert.True(_route.TryTake(1, Random.Shared));
        // One that never came back.
        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.True(_route.TryTake(1, Random.Shared));
    }

    [Fact]
    public void Difference_IsAnnouncedOnce_AndSoIsItsEnd()
    {
        for (var i = 0; i < 20; i++)
        {
            Compare(Missing);
        }

        while (_changes.Count == 1)
        {
            Compare(Good);
        }

        Assert.Equal(
            [
                "standby responds with 404 to each of the last 5 reads that primary serves, on route all",
                "standby no longer differs in status, on route all",
            ],
            _changes.Select(static change => change.Text));
        Assert.Equal([false, true], _changes.Select(static change => change.IsOver));
        Assert.Empty(Assert.Single(_route.Status).Differences);
    }

    [Fact]
    public void Status_WithoutAPairInTenMinutes_SaysNothing()
    {
        Compare(Missing);
        Assert.Equal("standby responds as the first tier does to 0 of 1 mirrored reads, on route all", Assert.Single(_route.Status).Text);
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.Empty(_route.Status);
    }

    [Fact]
    public void OtherFirstTier_BeginsAnew()
    {
        for (var i = 0; i < 20; i++)
        {
            Compare(Missing);
        }

        _route.Compare("other", Good, "standby", Good);

        Assert.Equal(1, Assert.Single(_route.Status).Pairs);
    }

    private void Compare(MirroredResponse other)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _route.Compare("primary", Good, "standby", other);
    }
}
