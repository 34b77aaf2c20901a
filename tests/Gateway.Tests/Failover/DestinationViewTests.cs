using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Forecast;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Rules;
using Gateway.Health.Signals;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>What people read of a destination, from what the loop knows.</summary>
[Trait("kind", "unit")]
public sealed class DestinationViewTests
{
    private static readonly DateTimeOffset Utc = new(2026, 11, 26, 10, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Now = At(100);
    private static readonly HealthContext Around = new(Exhausted: false, HasSpare: true, Doubtful: false, LateAfter: At(1));

    private readonly ClusterRuntime _runtime = Runtime(ForecastMode.Observe);

    private DestinationMonitor Monitor => _runtime.Tiers[0].Monitors[0];

    private DestinationView View => ViewBuilder.Of(_runtime, Now, Utc).Tiers[0].Destinations[0];

    [Fact]
    public void New_Destination_HasNothingToTell()
    {
        var view = View;
        Assert.Equal(("a", new Uri("http://127.0.0.1:9001"), 3), (view.Name, view.Url, view.Weight));
        Assert.Equal((HealthStatus.Unknown, Utc.AddSeconds(-100), "not probed yet"), (view.HealthStatus, view.Since, view.Why));
        Assert.Equal((false, false, 0, 0, 0), (view.Draining, view.Suspect, view.Phi, view.Ejections, view.InFlight));
        Assert.Equal((null, null, At(100)), (view.LastProbe, view.LastProbeAt, view.ProbeAge));
        Assert.Equal((null, null, null, null), (view.Share, view.P50, view.P90, view.P99));
        Assert.Empty(view.AvoidedBy);
        Assert.Empty(view.Signals);
        Assert.Equal((SignalEffect.None, null, null, null), (view.SignalEffect, view.SignalShare, view.StartShare, view.Zone));
        Assert.Equal((null, null, null, null), (view.Drain, view.WeightOrder, view.Forecast, view.EjectedUntil));
        Assert.Equal("", view.Cause);
    }

    [Fact]
    public void Health_IsShownWithWhatItRestsOn()
    {
        Monitor.Restore(Ejected(ProbeOpinion.Up), "3 failures in a row", "status 503", At(90), drain: null);
        Monitor.Destination.Begin();
        Monitor.Destination.Begin();
        Monitor.Share.Zone = "north";

        var view = View;

        Assert.Equal((HealthStatus.Ejected, Utc.AddSeconds(-10)), (view.HealthStatus, view.Since));
        Assert.Equal(("3 failures in a row", "status 503", "north"), (view.Why, view.Cause, view.Zone));
        Assert.Equal((4, 2, Utc.AddSeconds(20)), (view.Ejections, view.InFlight, view.EjectedUntil));
    }

    [Fact]
    public void Ejection_ThatIsNotWhatHolds_HasNoEnd()
    {
        Monitor.Restore(Ejected(ProbeOpinion.Down), "", "", At(90), drain: null);
        Assert.Equal((HealthStatus.Down, null), (View.HealthStatus, View.EjectedUntil));
    }

    [Fact]
    public void Probe_ThatEnded_IsShownWithItsTime()
    {
        var result = new ProbeResult(ProbeOutcome.NotReached, At(0.1), Cause: FailureCause.ConnectionRefused);
        Monitor.OnProbe(result, Around, At(95));
        Assert.Equal((result, Utc.AddSeconds(-5), At(5)), (View.LastProbe, View.LastProbeAt, View.ProbeAge));
        Assert.Equal("connection refused on probes", View.Cause);
    }

    [Fact]
    public void Lateness_MakesASuspect()
    {
        for (var count = 0; count < 5; count++)
        {
            Monitor.OnEvidence(new Evidence(Monitor.Destination, "r", EvidenceKind.Late, Waited: At(0.5)), Around, At(100));
        }

        Assert.True(View.Suspect);
    }

    [Fact]
    public void Silence_IsShownAsANumber()
    {
        foreach (var second in (double[])[95, 96, 97, 98, 99])
        {
            Monitor.OnProbe(new ProbeResult(ProbeOutcome.Passed, At(0.1)), Around, At(second));
        }

        Monitor.OnTick(exhausted: false, At(100));
        Assert.Equal(0.30103, View.Phi, 5);
    }

    [Fact]
    public void Routes_ThatAvoidIt_StandInOrder()
    {
        foreach (var route in (string[])["b", "a", "C"])
        {
            var busy = new Evidence(Monitor.Destination, route, EvidenceKind.Busy, RetryAfter: At(30));
            Monitor.OnEvidence(busy, Around, At(99));
        }

        Assert.Equal(["C", "a", "b"], View.AvoidedBy);
    }

    /// <summary>Of the good responses of the whole cluster, all tiers together.</summary>
    [Fact]
    public void Responses_AreShownAsAShareAndAsTimes()
    {
        var latency = Monitor.Destination.Latency;
        foreach (var milliseconds in (int[])[10, 100, 1000])
        {
            latency.Record(TimeSpan.FromMilliseconds(milliseconds));
        }

        _runtime.Tiers[1].Monitors[0].Destination.Latency.Record(TimeSpan.FromMilliseconds(5));

        var tiers = ViewBuilder.Of(_runtime, Now, Utc).Tiers;
        var view = tiers[0].Destinations[0];
        Assert.Equal((0.75, 0.0, 0.25), (view.Share, tiers[0].Destinations[1].Share, tiers[1].Destinations[0].Share));
        Assert.Equal((latency.Quantile(0.5), latency.Quantile(0.9), latency.Quantile(0.99)), (view.P50, view.P90, view.P99));
        Assert.NotEqual(view.P50, view.P90);
        Assert.Equal((null, null, null), (tiers[0].Destinations[1].P50, tiers[0].Destinations[1].P90, tiers[0].Destinations[1].P99));
    }

    [Fact]
    public void Weight_OfAnOperator_StandsBesideTheConfigurations()
    {
        Monitor.Share.Order = new WeightOrder(9, At(70), "canary", "ann");
        Assert.Equal(9, View.Weight);
        Assert.Equal(new WeightView(9, 3, Utc.AddSeconds(-30), "canary", "ann"), View.WeightOrder);
    }

    [Fact]
    public void Signals_AreShownWithTheirEffect()
    {
        var minute = TimeSpan.FromMinutes(1);
        var signals = Monitor.Share.Signals;
        signals.Take(new SignalReading(Monitor.Destination, "hot", SignalState.Firing, SignalEffect.Suspect, "91", minute), At(60));
        signals.Take(new SignalReading(Monitor.Destination, "full", SignalState.Firing, SignalEffect.Drain, "99 %", minute), At(70));
        signals.Take(new SignalReading(Monitor.Destination, "ok", SignalState.Clear, SignalEffect.Drain, "1", minute), At(80));
        signals.Apply(new MemberEffect(SignalEffect.Suspect, 0.25, ["full"]));

        Assert.Equal(
            [
                new SignalView("hot", SignalState.Firing, SignalEffect.Suspect, true, false, Utc.AddSeconds(-40), "91"),
                new SignalView("full", SignalState.Firing, SignalEffect.Drain, false, true, Utc.AddSeconds(-30), "99 %"),
                new SignalView("ok", SignalState.Clear, SignalEffect.Drain, false, false, Utc.AddSeconds(-20), "1"),
            ],
            View.Signals);
        Assert.Equal((SignalEffect.Suspect, 0.25), (View.SignalEffect, View.SignalShare));
    }

    /// <summary>It comes back at 85 s, and starts for 30 s.</summary>
    [Theory]
    [InlineData(85, 0.1)]
    [InlineData(100, 0.55)]
    [InlineData(115, null)]
    public void SlowStart_IsShownWhileItLasts(double now, double? share)
    {
        Monitor.Share.SlowStart.Update(serves: false, At(30), At(80));
        Monitor.Share.SlowStart.Update(serves: true, At(30), At(85));
        var view = ViewBuilder.Of(_runtime, At(now), Utc).Tiers[0].Destinations[0];
        Assert.Equal(share, view.StartShare is { } start ? Math.Round(start, 9) : null);
    }

    [Theory]
    [InlineData(130, false, 30)]
    [InlineData(130, true, null)]
    [InlineData(null, false, null)]
    public void Drain_IsShownWithTheTimeThatConversationsHave(int? until, bool isOver, int? shown)
    {
        Monitor.Drain = new DrainOrder(At(70), "disk swap", "ann") { Until = until is { } end ? At(end) : null, IsOver = isOver };
        var left = shown is { } seconds ? Utc.AddSeconds(seconds) : (DateTimeOffset?)null;
        Assert.True(View.Draining);
        Assert.Equal(new DrainView(Utc.AddSeconds(-30), "disk swap", "ann", left), View.Drain);
    }

    [Theory]
    [InlineData(nameof(ForecastMode.Off), false, false)]
    [InlineData(nameof(ForecastMode.Observe), true, false)]
    [InlineData(nameof(ForecastMode.Advise), true, true)]
    [InlineData(nameof(ForecastMode.Act), true, true)]
    public void Forecast_WithoutAnAlarm_IsShownUnlessItIsOff(string mode, bool isShown, bool isTold)
    {
        var runtime = Runtime(Enum.Parse<ForecastMode>(mode));
        runtime.Tiers[0].Watches[0].Forecast = new ForecastState(TimeSpan.Zero, record: null);
        var destinations = ViewBuilder.Of(runtime, Now, Utc).Tiers[0].Destinations;
        Assert.Equal(isShown ? new ForecastView(0, "", null, "", isTold, IsActedOn: false) : null, destinations[0].Forecast);
        Assert.Null(destinations[1].Forecast);

        runtime.Tiers[0].Monitors[0].Share.Prefer(0.2);
        Assert.Equal(isShown, ViewBuilder.Of(runtime, Now, Utc).Tiers[0].Destinations[0].Forecast is { IsActedOn: true });
    }

    [Fact]
    public void Forecast_WithAnAlarm_SaysSinceWhenAndWhy()
    {
        var forecast = new ForecastState(TimeSpan.Zero, record: null);
        _runtime.Tiers[0].Watches[0].Forecast = forecast;
        var limits = ForecastLimits.Of(_runtime.Config);
        for (var second = 0; second < 740; second++)
        {
            // Memory that stands still, and then grows towards its limit.
            var memory = new SeriesValue("memory", 0.4 + (Math.Max(0, second - 480) * 0.0015), 1);
            forecast.Model.Observe(new DestinationSample { Series = [memory] }, limits, serves: true, isExcused: false, At(second));
        }

        var alarm = forecast.Model.Alarm!.Value;
        var view = ViewBuilder.Of(_runtime, At(740), Utc).Tiers[0].Destinations[0].Forecast!;
        Assert.Equal((forecast.Model.Said.Probability, forecast.Model.Said.Reason), (view.Probability, view.Reason));
        Assert.Equal((Utc + (alarm.At - At(740)), alarm.Said.Reason), (view.AlarmSince, view.AlarmReason));
        Assert.StartsWith("memory has risen from", view.AlarmReason, StringComparison.Ordinal);
        Assert.InRange(view.Probability, 0.5, 1);
    }

    private static HealthState Ejected(ProbeOpinion probes) =>
        new(probes, Traffic: TrafficOpinion.Ejected, EjectedAt: At(90), EjectedUntil: At(120), Ejections: 4);

    private static ClusterRuntime Runtime(ForecastMode forecast)
    {
        var config = new ClusterConfig
        {
            Name = "guide",
            Forecast = forecast,
            SlowStart = At(30),
            Tiers =
            [
                new TierConfig { Name = "primary", Destinations = [Destination("a", 9001), Destination("b", 9002)] },
                new TierConfig { Name = "standby", Destinations = [Destination("c", 9003)] },
            ],
        };
        return new ClusterRuntime(config, static _ => [], new ManualTime(), TimeSpan.Zero);
    }

    private static DestinationConfig Destination(string name, int port) =>
        new() { Name = name, Url = new Uri($"http://127.0.0.1:{port}"), Weight = 3 };

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
