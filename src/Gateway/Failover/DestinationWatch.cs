using Gateway.Health.Forecast;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Rules;

namespace Gateway.Failover;

/// <summary>One destination under watch: what is known of it, who probes it, and when next. Only the loop touches it.</summary>
internal sealed class DestinationWatch(DestinationMonitor monitor, Prober prober, TimeSpan now)
{
    private readonly CancellationTokenSource _retired = new();
    private Task _running = Task.CompletedTask;

    /// <summary>What is known.</summary>
    public DestinationMonitor Monitor => monitor;

    /// <summary>Of whom.</summary>
    public Destination Destination => monitor.Destination;

    /// <summary>What is forecast of it; null: nothing was yet.</summary>
    public ForecastState? Forecast { get; set; }

    /// <summary>When the next probe starts.</summary>
    public TimeSpan NextAt { get; set; } = now;

    /// <summary>When the last one started.</summary>
    public TimeSpan StartedAt { get; private set; }

    /// <summary>A probe is under way.</summary>
    public bool Probing { get; private set; }

    /// <summary>A probe that is silent for longer has ignored its own deadline.</summary>
    public TimeSpan GivenUpAt => StartedAt + (monitor.Config.Probe.Timeout * 2) + TimeSpan.FromSeconds(2);

    /// <summary>When time alone may next change something here; zero: at any tick.</summary>
    public TimeSpan DueAt
    {
        get
        {
            var (probe, change) = (Probing ? GivenUpAt : NextAt, monitor.HasTraffic ? TimeSpan.Zero : monitor.ChangesFrom);
            return change < probe ? change : probe;
        }
    }

    /// <summary>Tells the result of this probe from one that was given up before.</summary>
    public int Round { get; private set; }

    /// <summary>Results in a row that were our own fault and so do not count.</summary>
    public int Discarded { get; set; }

    /// <summary>Starts a probe; its result goes to <paramref name="report"/>, which never throws.</summary>
    public void Start(TimeSpan at, Func<DestinationWatch, int, ProbeResult, ValueTask> report)
    {
        Begin(at);
        _running = Task.WhenAll(_running, RunAsync(Round, report));
    }

    /// <summary>A probe is under way from now on; a replay sends none.</summary>
    public void Begin(TimeSpan at)
    {
        Probing = true;
        StartedAt = at;
        Round++;
    }

    /// <summary>The probe ended, or is given up.</summary>
    public void Ended()
    {
        Probing = false;
        if (_running.IsCompleted)
        {
            _running = Task.CompletedTask;
        }
    }

    /// <summary>Something looks wrong: probe soon, but not faster than <c>probe.fastInterval</c>.</summary>
    public void Hasten(TimeSpan at)
    {
        var earliest = StartedAt + monitor.Config.Probe.FastInterval;
        var soon = earliest > at ? earliest : at;
        NextAt = soon < NextAt ? soon : NextAt;
    }

    /// <summary>Ends the watch; completes when nothing of it runs any more.</summary>
    public async Task RetireAsync()
    {
        await _retired.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        prober.Dispose();
        _retired.Dispose();
    }

    private async Task RunAsync(int round, Func<DestinationWatch, int, ProbeResult, ValueTask> report)
    {
        try
        {
            // The loop starts probes and must not run their first, synchronous part.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var result = await prober.ProbeAsync(monitor.Config.Probe, _retired.Token).ConfigureAwait(false);
            await report(this, round, result).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Retired: the result is not needed.
        }
    }
}
