using Gateway.Admin.Status;
using Gateway.Cli;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Notifications;
using Gateway.Observability.History;
using Xunit;

namespace Gateway.Tests.Admin;

[Trait("kind", "socket")]
public sealed class ForecastEndpointTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 31, 10, 49, 8, TimeSpan.Zero);

    [Fact]
    public async Task Forecast_WithAnAlarmAndAPast_IsShownAndScored()
    {
        await using var admin = await AdminFixture.StartAsync();
        Prepare(admin);

        var report = await admin.GetAsync("/forecast");

        Assert.Equal(300, report.GetProperty("horizonSeconds").GetDouble());
        var cluster = report.GetProperty("clusters")[0];
        Assert.Equal("observe", cluster.GetProperty("mode").GetString());
        var score = cluster.GetProperty("score");
        Assert.Equal([2, 1, 1], new[] { "hits", "falseAlarms", "missed" }.Select(name => score.GetProperty(name).GetInt32()));
        Assert.Equal(2.0 / 3, score.GetProperty("recall").GetDouble(), 6);
        Assert.Equal(75, score.GetProperty("medianLeadSeconds").GetDouble());
        Assert.NotEmpty(score.GetProperty("calibration").EnumerateArray());
        var destination = Assert.Single(cluster.GetProperty("destinations").EnumerateArray());
        Assert.Equal("guide-a", destination.GetProperty("destination").GetString());
        Assert.Equal(0.813, destination.GetProperty("probability").GetDouble());
        Assert.Equal("probe time has drifted from 3 ms to 341 ms in 4 min", destination.GetProperty("reason").GetString());
        var recent = cluster.GetProperty("recent").EnumerateArray().Select(static r => r.GetProperty("outcome").GetString());
        Assert.Equal(["missed", "didNot", "cameTrue", "cameTrue"], recent);
    }

    [Fact]
    public async Task Forecast_OnTheCommandLine_IsWholeSentences()
    {
        await using var admin = await AdminFixture.StartAsync();
        Prepare(admin);
        var (output, error) = (new StringWriter(), new StringWriter());

        var code = await GatewayCli.RunAsync(["forecast", "--admin", admin.Address.ToString()], output, error, static _ => null);

        Assert.Equal(0, code);
        Assert.Equal(
            """
            ai-guide, forecast: observe
              now              guide-a of primary: 81.3 % that it cannot serve within 5 min, probe time has
                               drifted from 3 ms to 341 ms in 4 min; alarm since 10:49:08Z: probe time has
                               drifted
              alarms           2 came true, 1 did not, 0 came too late; 1 failure was not foretold
              precision        66.7 % (at least 20.8 %), recall 66.7 %
              median lead      75 s
              false alarms     not measured, watched for 0.1 h
              Brier score      0.18
              calibration      said 0 %, came 0 %, 1 time
              calibration      said 80 %, came 66.7 %, 3 times
              earlier          2026-01-31 10:49:08Z guide-a: failed, not foretold
              earlier          2026-01-31 10:49:08Z guide-a: 80 %, did not come true (memory has risen)
              earlier          2026-01-31 10:49:08Z guide-a: 80 %, came true after 90 s (memory has risen)
              earlier          2026-01-31 10:49:08Z guide-a: 80 %, came true after 60 s (memory has risen)

            """.ReplaceLineEndings("\n"),
            output.ToString());
    }

    /// <summary>At most as many series as destinations for the probability, and one for each cluster's figure.</summary>
    [Fact]
    public async Task Forecast_InMetrics_HasOneSeriesADestination()
    {
        await using var admin = await AdminFixture.StartAsync();
        Prepare(admin);
        admin.Instruments.ReadStateFrom(
            StatusProjections.State(() => [admin.Cluster], () => admin.State, admin.Records, TimeProvider.System));

        var text = await admin.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        string[] lines = [.. text.Split('\n').Where(static l => l.StartsWith("gateway_forecast_", StringComparison.Ordinal))];

        Assert.Contains("gateway_forecast_probability{cluster=\"ai-guide\",destination=\"guide-a\"} 0.8128", lines);
        Assert.Contains("gateway_forecast_lead_seconds{cluster=\"ai-guide\"} 75", lines);
        Assert.Equal(lines.Length, lines.Select(static l => l.Split(' ')[0]).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(false, false, false)]
    [InlineData(true, true, false)]
    public void Alarm_IsNotified_WhereItIsToBeTold(bool isTold, bool isOver, bool isNotified)
    {
        ForecastOutcome? outcome = isOver ? ForecastOutcome.CameTrue : null;
        var change = new ForecastChange("guide", "primary", "guide-a", 0.72, "memory has risen", outcome, TimeSpan.Zero, At)
        {
            IsTold = isTold,
        };

        var notification = Notification.Of(change);

        Assert.Equal(isNotified, notification is not null);
        Assert.Equal("forecast", StatusProjections.Entry(change).Kind);
        if (notification is not null)
        {
            Assert.Equal("forecast", notification.EventName);
            Assert.Equal("guide-a", notification.Destination);
            Assert.Equal("memory has risen", notification.Evidence);
            Assert.Equal("guide: guide-a of primary is forecast to be unable to serve within 5 min (72 %).", notification.Text);
        }
    }

    private static void Prepare(AdminFixture admin)
    {
        var alarm = new ForecastRecord(At, "ai-guide", "guide-a", 0.8, ForecastOutcome.CameTrue, TimeSpan.FromSeconds(60))
        {
            IsAlarm = true,
            Reason = "memory has risen",
        };
        admin.Records.Forecasts.Add(alarm);
        admin.Records.Forecasts.Add(alarm with { After = TimeSpan.FromSeconds(90) });
        admin.Records.Forecasts.Add(alarm with { Outcome = ForecastOutcome.DidNot, After = TimeSpan.FromSeconds(300) });
        admin.Records.Forecasts.Add(new ForecastRecord(At, "ai-guide", "guide-a", 0, ForecastOutcome.Missed, TimeSpan.Zero));
        admin.Records.Forecasts.Add(new ForecastRecord(At, "ai-guide", "guide-a", 0, ForecastOutcome.DidNot, TimeSpan.FromSeconds(300)));
        var (first, destination) = (admin.Cluster.Tiers[0], admin.Cluster.Tiers[0].Destinations[0]);
        const string Reason = "probe time has drifted from 3 ms to 341 ms in 4 min";
        var forecast = new ForecastView(0.8128, Reason, At, "probe time has drifted", IsTold: false, IsActedOn: false);
        first = first with { Destinations = [destination with { Forecast = forecast }] };
        admin.Cluster = admin.Cluster with { Tiers = [first, admin.Cluster.Tiers[1]] };
        Assert.Equal(ForecastMode.Observe, admin.State.Config.Clusters[0].Forecast);
    }
}
