using Gateway.Observability;
using Gateway.Observability.History;
using Xunit;

namespace Gateway.Tests.Observability;

[Trait("kind", "unit")]
public sealed class AvailabilityTests
{
    private const long Hour = 3_600_000;

    private static readonly TimeSpan OneHour = TimeSpan.FromHours(1);
    private static readonly Dictionary<string, TimeSums> ObservedAnHour = new() { [""] = new(Hour, 0, 0, 0) };

    [Theory]
    [InlineData(999, 1, 0, 0.999, 1.0, 3.0)]
    [InlineData(998, 1, 1, 0.998, 0.999, 2.698970)]
    [InlineData(0, 10, 0, 0.0, 1.0, 0.0)]
    [InlineData(0, 0, 10, 0.0, 0.0, 0.0)]
    public void Of_Requests_GivesRatiosAndNines(long live, long degraded, long failed, double byRequests, double answered, double nines)
    {
        var a = Availability.Of(
            "1h",
            OneHour,
            new(new(live, degraded, failed, Refused: 50, Aborted: 70), new Dictionary<string, TimeSums>()),
            0.999);
        Assert.Equal(byRequests, a.ByRequests!.Value, 9);
        Assert.Equal(answered, a.Answered!.Value, 9);
        Assert.Equal(nines, a.Nines!.Value, 5);
    }

    [Fact]
    public void Of_NothingMeasured_ClaimsNothing()
    {
        var a = Availability.Of("1h", OneHour, new(default, new Dictionary<string, TimeSums>()), 0.999);
        Assert.Equal((null, null, null, null, null, null), (a.ByRequests, a.ByTime, a.Nines, a.BudgetLeft, a.BetweenFailures, a.ToRepair));
    }

    [Fact]
    public void Of_NothingFailed_HasNoNumberOfNinesAndTheWholeBudget()
    {
        var a = Availability.Of("1h", OneHour, new(new(10, 0, 0, 0, 0), ObservedAnHour), 0.999);
        Assert.Null(a.Nines);
        Assert.Equal(1, a.BudgetLeft);
    }

    [Theory]
    [InlineData(9995, 5, 0.5)]
    [InlineData(9990, 10, 0.0)]
    [InlineData(9980, 20, -1.0)]
    public void Of_Slo999_GivesBudgetLeft(long live, long failed, double left) =>
        Assert.Equal(
            left,
            Availability.Of("1h", OneHour, new(new(live, 0, failed, 0, 0) { Bad = failed }, ObservedAnHour), 0.999).BudgetLeft!.Value,
            9);

    [Theory]
    [InlineData("1h", 60, 14, false)]
    [InlineData("1h", 60, 15, true)]
    [InlineData("24h", 24 * 60, 71, false)]
    [InlineData("24h", 24 * 60, 72, true)]
    [InlineData("30d", 30 * 24 * 60, (24 * 60) - 1, false)]
    [InlineData("30d", 30 * 24 * 60, 24 * 60, true)]
    public void Of_TooLittleObserved_ClaimsNoBudget(string window, int minutes, int observed, bool enough)
    {
        var a = Availability.Of(
            window,
            TimeSpan.FromMinutes(minutes),
            new(new(10, 0, 10, 0, 0) { Bad = 10 }, new Dictionary<string, TimeSums> { [""] = new(observed * 60_000L, 0, 0, 0) }),
            0.999);

        Assert.Equal(enough, a.IsEnough);
        Assert.Equal(enough, a.BudgetLeft is not null);
        Assert.Equal(0.5, a.ByRequests);
    }

    [Fact]
    public void Of_SavedRequests_GivesWhatWouldHaveBeenWithout()
    {
        var requests = new RequestSums(980, 10, 10, 0, 0)
        {
            Saved = new SavedSums(Retry: 30, Hedge: 20, BufferedResponse: 1, OtherTier: 38, Resume: 1, LastGood: 8, File: 2)
        };

        var a = Availability.Of("1h", OneHour, new(requests, ObservedAnHour), 0.999);

        Assert.Equal(100, requests.Saved.Total);
        Assert.Equal(0.99, a.Answered!.Value, 9);
        Assert.Equal(0.89, a.WithoutGateway!.Value, 9);
    }

    [Fact]
    public void Of_Times_GivesMeanTimesAndRate()
    {
        // 98 hours up and 2 down in four failures.
        var a = Availability.Of(
            "30d",
            TimeSpan.FromDays(30),
            new(default, new Dictionary<string, TimeSums> { [""] = new(98 * Hour, 2 * Hour, 0, 4) }),
            0.999);
        Assert.Equal(0.98, a.ByTime!.Value, 9);
        Assert.Equal(TimeSpan.FromHours(24.5), a.BetweenFailures);
        Assert.Equal(TimeSpan.FromMinutes(30), a.ToRepair);
        Assert.Equal(4 / 98.0, a.FailureRate!.Value, 9);
    }

    [Fact]
    public void Forecast_PrimaryAndStandby_IsTheProductAndTheSwitches()
    {
        // Primary: 99 h up, 1 h down, 10 failures: away 1 %. Standby: away 2 %. 20 s lost at switches: 2 s each.
        var rows = Forecast.Of([
            ("primary", new(99 * Hour, Hour, 0, 10)),
            ("standby", new(98 * Hour, 2 * Hour, 0, 1))
        ], new(100 * Hour, 0, 20_000, 0));

        var switching = 10 / 99.0 * 0.99 * (2 / 3600.0);
        Assert.Equal(0.99, rows[0].Availability, 9);
        Assert.Equal(1 - (0.01 * 0.02) - switching, rows[1].Availability, 9);
        Assert.Equal(1 - (0.01 * 0.02 * 0.02) - switching, rows[2].Availability, 9);
        Assert.Equal(1 - (0.01 * 0.02) - (switching / 2), rows[3].Availability, 9);
        Assert.Equal(30 * 24 * 0.01, rows[0].DownAMonth.TotalHours, 6);
        Assert.Equal(2, rows[0].Nines!.Value, 6);
    }

    [Fact]
    public void Forecast_OneTier_ShowsWhatAStandbyWouldBring()
    {
        var rows = Forecast.Of([("primary", new(99 * Hour, Hour, 0, 10))], default);
        Assert.Equal([0.99, 0.9999], rows.Select(static r => Math.Round(r.Availability, 9)));
    }

    [Fact]
    public void Forecast_NeverFailed_ClaimsNothing() => Assert.Empty(Forecast.Of([("primary", new(99 * Hour, 0, 0, 0))], default));
}
