using System.Collections.Concurrent;
using System.Net.Sockets;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Forecast;
using Gateway.Health.Model;
using Gateway.Observability.History;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>The loop with real probes of a real server that gets slower; the time is virtual.</summary>
[Trait("kind", "socket")]
public sealed class ForecastLoopTests : IAsyncDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly ManualTime _time = new();
    private readonly RawServer _server = new();
    private readonly ForecastHistory _history = new();
    private readonly ConcurrentQueue<ForecastChange> _changes = new();
    private readonly SemaphoreSlim _asked = new(0);
    private readonly SemaphoreSlim _respond = new(0);
    private int _probed;
    private FailoverLoop? _loop;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
        {
            _respond.Release(1000);
            await _loop.DisposeAsync();
        }

        await _server.DisposeAsync();
        _asked.Dispose();
        _respond.Dispose();
    }

    /// <summary>A destination whose probes take longer and longer is told before it is down; then the forecast is resolved.</summary>
    [Fact]
    public async Task Destination_ThatGetsSlower_IsForecastThenDown()
    {
        await StartAsync(ForecastMode.Advise);
        await ProbeAsync(seconds: 420, static _ => TimeSpan.FromMilliseconds(5));
        Assert.Empty(_changes);

        var took = await ProbeAsync(seconds: 480, static since => TimeSpan.FromMilliseconds(5 + (since * 2.2)));

        var alarm = _changes.First();
        Assert.Null(alarm.Outcome);
        Assert.True(alarm.IsTold);
        Assert.Contains("probe time has drifted from ", alarm.Reason, StringComparison.Ordinal);
        Assert.Contains("reaches its limit of 800 ms", alarm.Reason, StringComparison.Ordinal);
        var over = _changes.Last();
        Assert.Equal(ForecastOutcome.CameTrue, over.Outcome);
        Assert.InRange(over.Age, TimeSpan.FromSeconds(60), ForecastWatch.Horizon);
        Assert.True(took < 480, "It went down before the end.");
        var score = ScoreTally.Of(_history.All);
        Assert.Equal((1, 0, 0, 0), (score.Hits, score.FalseAlarms, score.TooLate, score.Missed));
    }

    [Fact]
    public async Task Off_NothingIsForecast()
    {
        await StartAsync(ForecastMode.Off);
        await ProbeAsync(seconds: 10, static _ => TimeSpan.FromMilliseconds(5));

        await Eventually.BeTrueAsync(() => _loop!.Views.Count > 0, TimeSpan.FromSeconds(20), "the cluster is shown");
        Assert.Null(_loop!.Views[0].Tiers[0].Destinations[0].Forecast);
    }

    private async Task StartAsync(ForecastMode mode)
    {
        _server.Behaviour = async (socket, stop) =>
        {
            // Asked by a probe; it responds when the test has moved the clock.
            var buffer = new byte[4096];
            await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
            _asked.Release();
            await _respond.WaitAsync(stop);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), SocketFlags.None, stop);
        };
        var cluster = new ClusterConfig
        {
            Name = "guide",
            Forecast = mode,
            Probe = new ProbeConfig { Interval = Between, FastInterval = Between / 4 },
            Tiers = [new TierConfig { Name = "primary", Destinations = [new DestinationConfig { Name = "a", Url = _server.Url }] }],
        };
        var config = new GatewayConfig { Listen = [], Routes = [], State = "", StaticFallback = "", Clusters = [cluster] };
        _loop = new FailoverLoop(config, _time, NullLogger<FailoverLoop>.Instance, [], _ => Interlocked.Increment(ref _probed));
        _loop.Forecasts.Scores = new ForecastScores(_history);
        _loop.Forecasts.Told = _changes.Enqueue;
        _loop.Forecasts.Draw = static () => 0.5;
        await _loop.StartAsync(Cancel);
    }

    // Probe after probe; each takes as long as is said, on the virtual clock. The seconds after which the destination was down.
    private async Task<double> ProbeAsync(int seconds, Func<double, TimeSpan> duration)
    {
        var began = _time.Now;
        while (_time.Now - began < TimeSpan.FromSeconds(seconds))
        {
            var since = (_time.Now - began).TotalSeconds;
            while (!await _asked.WaitAsync(TimeSpan.FromMilliseconds(2), Cancel))
            {
                _time.Advance(Step);
            }

            var before = Volatile.Read(ref _probed);
            _time.Advance(duration(since));
            _respond.Release();
            while (Volatile.Read(ref _probed) == before)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel);
            }

            var isDown = _loop!.Views is [var view] && view.Tiers[0].Destinations[0].HealthStatus == HealthStatus.Down;
            if (isDown && _changes.LastOrDefault() is { Outcome: not null })
            {
                return since;
            }

            _time.Advance(Between * 0.95);
        }

        return (_time.Now - began).TotalSeconds;
    }
}
