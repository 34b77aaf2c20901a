using Gateway.Observability.History;
using Gateway.Observability.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Observability;

[Trait("kind", "unit")]
public sealed class LedgerTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly Instruments _instruments = new(NullLogger<Instruments>.Instance);
    private readonly Ledger _ledger;
    private bool _primary = true;
    private bool _cluster = true;

    public LedgerTests() => _ledger = new(
        () => _instruments.Routes, static route => route is "gone"
            ? null
            : "c", () => [new("c", "", _cluster), new("c", "primary", _primary)]);

    public void Dispose() => _instruments.Dispose();

    [Fact]
    public void Tick_RequestsSinceTheLast_AreInEveryGrainOnce()
    {
        Requests(live: 3, failed: 1);
        _ledger.Tick(Start);
        Requests(live: 2, failed: 0);
        _ledger.Tick(Start.AddSeconds(1));
        _ledger.Tick(Start.AddSeconds(2));

        var at = Start.ToUnixTimeSeconds();
        Assert.Equal(new(3, 0, 1, 0, 0) { Bad = 1 }, _ledger.Requests[(1, at, "r", "c")]);
        Assert.Equal(new(2, 0, 0, 0, 0), _ledger.Requests[(1, at + 1, "r", "c")]);
        Assert.Equal(new(5, 0, 1, 0, 0) { Bad = 1 }, _ledger.Requests[(60, at - 5, "r", "c")]);
        Assert.Equal(new(5, 0, 1, 0, 0) { Bad = 1 }, _ledger.Requests[(3600, at - 245, "r", "c")]);
        Assert.Equal(new(5, 0, 1, 0, 0) { Bad = 1 }, _ledger.Requests[(86400, at - (at % 86400), "r", "c")]);
        Assert.Equal(5, _ledger.Requests.Count);
    }

    /// <summary>A kill may lose a few seconds in which nothing happened, and no others.</summary>
    [Fact]
    public void HasNews_AfterARequestOrWhileSomethingIsDown_UntilItIsWritten()
    {
        _ledger.Tick(Start);
        _ledger.Tick(Start.AddSeconds(1));
        Assert.False(_ledger.HasNews);
        Requests(live: 1, failed: 0);
        _ledger.Tick(Start.AddSeconds(2));
        Assert.True(_ledger.HasNews);
        _ledger.Written();
        Assert.False(_ledger.HasNews);
        _primary = false;
        _ledger.Tick(Start.AddSeconds(3));
        Assert.True(_ledger.HasNews);
    }

    [Fact]
    public void Tick_TierGoesDownAndBack_CountsTimesAndOneFailure()
    {
        _ledger.Tick(Start);
        _ledger.Tick(Start.AddSeconds(1));
        _primary = false;
        _ledger.Tick(Start.AddSeconds(2));
        _ledger.Tick(Start.AddSeconds(3));
        _primary = true;
        _ledger.Tick(Start.AddSeconds(4));

        Assert.Equal(new(2000, 2000, 0, 1), Day("primary"));
        Assert.Equal(new(4000, 0, 0, 0), Day(""));
    }

    [Fact]
    public void Tick_StartsDown_IsNoFailureThatWeSaw()
    {
        _cluster = false;
        _ledger.Tick(Start);
        _ledger.Tick(Start.AddSeconds(1));
        Assert.Equal(new(0, 1000, 0, 0), Day(""));
    }

    [Fact]
    public void Tick_RequestsUnansweredWhileUp_AreLostTime()
    {
        _ledger.Tick(Start);
        Requests(live: 3, failed: 1);
        _ledger.Tick(Start.AddSeconds(1));
        Assert.Equal(new(1000, 0, 250, 0), Day(""));
    }

    [Fact]
    public void Tick_AfterALongGapOrBackwards_CountsNoTimeForIt()
    {
        _ledger.Tick(Start);
        _ledger.Tick(Start.AddMinutes(10));
        _ledger.Tick(Start.AddMinutes(5));
        Assert.Empty(_ledger.Times);
    }

    [Fact]
    public void Tick_RouteNoLongerConfigured_IsNotCounted()
    {
        _instruments.Route("gone").Live(TimeSpan.Zero);
        _ledger.Tick(Start);
        Assert.Empty(_ledger.Requests);
    }

    [Fact]
    public void Tick_DiskGoneForDays_KeepsABoundAndEveryRequest()
    {
        for (var i = 0; i < 20_000; i++)
        {
            Requests(live: 1, failed: 0);
            _ledger.Tick(Start.AddSeconds(i));
        }

        Assert.InRange(_ledger.Requests.Count + _ledger.Times.Count, 1, 20_000);
        Assert.Equal(20_000, _ledger.Requests.Where(static r => r.Key.Grain == 3600).Sum(static r => r.Value.Live));
    }

    [Fact]
    public void History_OverSteps_MovesAndForgets()
    {
        Requests(live: 3, failed: 1);
        _ledger.Tick(Start);
        Requests(live: 2, failed: 0);
        _ledger.Tick(Start.AddSeconds(5));

        var history = _ledger.History;
        Assert.Equal([3, 2], history.Live[^2..]);
        Assert.Equal([1, 0], history.Failed[^2..]);
        Assert.Equal(Start.AddSeconds(10), history.Until);

        _ledger.Tick(Start.AddSeconds(5 + (179 * 5)));
        Assert.Equal(2, _ledger.History.Live[0]);
        Assert.Equal(2, _ledger.History.Live.Sum());
        _ledger.Tick(Start.AddDays(1));
        Assert.Equal(0, _ledger.History.Live.Sum());
    }

    [Fact]
    public void History_LiveRequests_AreSharedOutByTheTiersThatAnswered()
    {
        var responses = new Dictionary<string, long>(StringComparer.Ordinal) { ["primary"] = 0, ["standby"] = 0 };
        var ledger = new Ledger(
            () => _instruments.Routes,
            static _ => "c",
            static () => [],
            () => [.. responses.Select(static a => new TierResponses(a.Key, a.Value))]);
        Requests(live: 8, failed: 1);
        (responses["primary"], responses["standby"]) = (6, 2);
        ledger.Tick(Start);
        Requests(live: 3, failed: 0);
        (responses["primary"], responses["standby"]) = (6, 6);
        ledger.Tick(Start.AddSeconds(5));

        // Streams that end in a second in which no attempt did: by whoever answered last.
        Requests(live: 2, failed: 0);
        ledger.Tick(Start.AddSeconds(6));

        Assert.Equal(["primary", "standby"], ledger.History.Tiers.Select(static t => t.Name));
        Assert.Equal([6, 0], ledger.History.Tiers[0].Requests[^2..]);
        Assert.Equal([2, 5], ledger.History.Tiers[1].Requests[^2..]);
        Assert.Equal([8, 5], ledger.History.Live[^2..]);
    }

    [Fact]
    public void Totals_RouteTakenAwayByAReload_NeverFall()
    {
        Requests(live: 8, failed: 1);
        _ledger.Tick(Start);
        var before = Assert.Single(_ledger.Totals);
        Assert.Equal((8L, 1L), (before.Value.Live, before.Value.Failed));

        _instruments.Retain(new HashSet<string>(), new HashSet<(string, string)>());
        Requests(live: 1, failed: 0);
        _ledger.Tick(Start.AddSeconds(1));

        Assert.Equal((9L, 1L), (_ledger.Totals[before.Key].Live, _ledger.Totals[before.Key].Failed));
    }

    private TimeSums Day(string tier) =>
        _ledger.Times.Single(t => t.Key is { Grain: 86400 } && string.Equals(t.Key.Tier, tier, StringComparison.Ordinal)).Value;

    private void Requests(int live, int failed)
    {
        for (var i = 0; i < live + failed; i++)
        {
            _instruments.Route("r").Ended(i < live ? RequestOutcome.Live : RequestOutcome.Failed, TimeSpan.Zero);
        }
    }
}
