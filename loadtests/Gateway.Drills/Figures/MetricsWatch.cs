using System.Diagnostics;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// Looks at the gateway's metrics all the time, as a monitoring system would but more often, and remembers when the
/// active tier changed. Times are therefore known to one interval (50 ms) and the time of one reading.
/// </summary>
internal sealed class MetricsWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<(long At, string Active, string Up)> _states = [];
    private readonly GatewayProcess _gateway;
    private readonly Task _watching;

    private MetricsWatch(GatewayProcess gateway, Metrics first)
    {
        _gateway = gateway;
        First = first;
        Note(first);
        _watching = WatchAsync();
    }

    /// <summary>The reading at the begin.</summary>
    public Metrics First { get; }

    /// <summary>How many readings failed or took longer than a second: the admin endpoint must answer throughout.</summary>
    public int Unanswered { get; private set; }

    /// <summary>Begins to watch.</summary>
    public static async Task<MetricsWatch> StartAsync(GatewayProcess gateway) => new(gateway, await gateway.MetricsAsync());

    /// <summary>When, after a moment, the gateway first named another active tier than at that moment; null: never.</summary>
    public TimeSpan? ActiveTierChangedAfter(long moment) => ChangeAfter(moment, state => state.Active);

    /// <summary>When, after a moment, the set of destinations that are up first changed; null: never.</summary>
    public TimeSpan? DestinationsChangedAfter(long moment) => ChangeAfter(moment, state => state.Up);

    /// <summary>The transitions since the begin, as "primary->standby (reason)", with how often.</summary>
    public static IReadOnlyList<(string Name, int Count)> Transitions(Metrics first, Metrics last)
    {
        var found = new List<(string, int)>();
        foreach (var sample in last.Of("gateway_transitions_total"))
        {
            var before = first.Of("gateway_transitions_total").FirstOrDefault(old => old.Labels.Count == sample.Labels.Count
                && old.Labels.All(label => sample.Labels.TryGetValue(label.Key, out var value)
                    && string.Equals(value, label.Value, StringComparison.Ordinal)))?.Value ?? 0;
            if (sample.Value > before)
            {
                found.Add(($"{Label(sample, "from")}->{Label(sample, "to")} ({Label(sample, "reason")})", (int)(sample.Value - before)));
            }
        }

        return found;
    }

    /// <summary>Ends the watch and reads a last time.</summary>
    public async Task<Metrics> FinishAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        return await _gateway.MetricsAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                patience.CancelAfter(TimeSpan.FromSeconds(1));
                try
                {
                    Note(await _gateway.MetricsAsync(patience.Token));
                }
                catch (Exception error) when (error is HttpRequestException
                    || (error is OperationCanceledException && !_stop.IsCancellationRequested))
                {
                    Unanswered++;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The watch is over.
        }
    }

    private void Note(Metrics metrics)
    {
        var active = Join(metrics, "gateway_active_tier", "tier");
        var up = Join(metrics, "gateway_destination_up", "destination");
        lock (_gate)
        {
            if (_states.Count == 0 || (_states[^1].Active, _states[^1].Up) != (active, up))
            {
                _states.Add((Stopwatch.GetTimestamp(), active, up));
            }
        }
    }

    private TimeSpan? ChangeAfter(long moment, Func<(long At, string Active, string Up), string> of)
    {
        lock (_gate)
        {
            var before = _states.FindLast(state => state.At <= moment);
            foreach (var state in _states)
            {
                if (state.At > moment && !string.Equals(of(state), of(before), StringComparison.Ordinal))
                {
                    return Stopwatch.GetElapsedTime(moment, state.At);
                }
            }

            return null;
        }
    }

    private static string Join(Metrics metrics, string name, string label) =>
        string.Join(',', metrics.Of(name)
            .Where(sample => sample.Value > 0)
            .Select(sample => Label(sample, label))
            .Order(StringComparer.Ordinal));

    private static string Label(Sample sample, string name) => sample.Labels.TryGetValue(name, out var value) ? value : "?";
}
