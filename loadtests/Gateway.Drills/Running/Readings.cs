using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Running;

/// <summary>One look at the gateway's metrics.</summary>
/// <param name="At">A <see cref="Stopwatch"/> timestamp.</param>
/// <param name="Active">The active tier; empty: none.</param>
/// <param name="Up">Each destination with whether it is up, as "tier destination".</param>
/// <param name="Shares">Each tier's share.</param>
internal sealed record Reading(long At, string Active, IReadOnlyDictionary<string, bool> Up, IReadOnlyDictionary<string, double> Shares);

/// <summary>
/// Reads the admin endpoint ten times a second through the whole drill. Counters are summed by their increases, so that
/// a restart of the gateway, which sets them back, loses nothing but what it did after its last reading.
/// </summary>
internal sealed class Readings : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly string[] Counted = ["gateway_transitions_total", "gateway_attempts_total", "gateway_requests_total"];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(1) };
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<Reading> _all = [];
    private readonly Dictionary<string, double> _last = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Sample Sample, double Sum)> _sums = new(StringComparer.Ordinal);
    private readonly DrillEnvironment _stage;
    private Task _reading = Task.CompletedTask;
    private bool _hasBaseline;

    private Readings(DrillEnvironment stage)
    {
        _stage = stage;
        if (stage.Token is { } token)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>All readings, oldest first; only those that differ from the one before are kept, and the last.</summary>
    public IReadOnlyList<Reading> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all];
            }
        }
    }

    /// <summary>The tier that serves now, in words.</summary>
    public string Active
    {
        get
        {
            lock (_gate)
            {
                return _all.Count == 0 ? "-" : _all[^1].Active is { Length: > 0 } tier ? tier : "none";
            }
        }
    }

    /// <summary>Begins to read; without an admin endpoint there is nothing to read, and nothing is.</summary>
    public static async Task<Readings> StartAsync(DrillEnvironment stage)
    {
        var readings = new Readings(stage);
        if (stage.AdminUrl is not null)
        {
            await readings.ReadAsync();
            readings._reading = readings.GoOnAsync();
        }

        return readings;
    }

    /// <summary>Transitions since the begin: <c>primary-&gt;standby</c>, once for each.</summary>
    public IReadOnlyList<string> Transitions()
    {
        lock (_gate)
        {
            return
            [
                .. _sums.Values.Where(sum => sum.Sample.Name is "gateway_transitions_total" && sum.Sum > 0)
                    .SelectMany(sum => Enumerable.Repeat(
                        $"{Label(sum.Sample, "from")}->{Label(sum.Sample, "to")}",
                        (int)Math.Round(sum.Sum)))
                    .Order(StringComparer.Ordinal),
            ];
        }
    }

    /// <summary>By how much a counter grew, all its series together.</summary>
    public double Growth(string name)
    {
        lock (_gate)
        {
            return _sums.Values.Where(sum => string.Equals(sum.Sample.Name, name, StringComparison.Ordinal)).Sum(sum => sum.Sum);
        }
    }

    /// <summary>Ends the reading, after a last one.</summary>
    public async Task FinishAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        if (_stage.AdminUrl is not null)
        {
            await ReadAsync();
        }
    }

    /// <summary>The gateway's own journal, newest first; empty when it cannot be read.</summary>
    public async Task<IReadOnlyList<JournalLine>> JournalAsync()
    {
        if (_stage.AdminUrl is null)
        {
            return [];
        }

        try
        {
            return JsonSerializer.Deserialize<List<JournalLine>>(
                await _http.GetStringAsync($"{_stage.AdminUrl}/journal?count=200"),
                JsonSerializerOptions.Web) ?? [];
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or JsonException)
        {
            // The report says that there is none; the verdict does not depend on it.
            return [];
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _stop.Dispose();
        _http.Dispose();
    }

    private async Task GoOnAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await ReadAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The drill is over.
        }
    }

    private async Task ReadAsync()
    {
        Metrics metrics;
        try
        {
            metrics = Metrics.Parse(await _http.GetStringAsync($"{_stage.AdminUrl}/metrics"));
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            // A gateway that restarts answers nothing for a moment: the strip shows the gap.
            return;
        }

        lock (_gate)
        {
            Sum_NeedsLock(metrics);
            Note_NeedsLock(metrics);
        }
    }

    private void Sum_NeedsLock(Metrics metrics)
    {
        foreach (var sample in metrics.Samples.Where(sample => Counted.Contains(sample.Name, StringComparer.Ordinal)))
        {
            var key = sample.Name
                + string.Join(
                    ',',
                    sample.Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));
            var known = _last.TryGetValue(key, out var before);
            var growth = !known ? (_hasBaseline ? sample.Value : 0) : sample.Value >= before ? sample.Value - before : sample.Value;
            _last[key] = sample.Value;
            _sums[key] = (sample, _sums.GetValueOrDefault(key).Sum + growth);
        }

        _hasBaseline = true;
    }

    private void Note_NeedsLock(Metrics metrics)
    {
        var up = new SortedDictionary<string, bool>(StringComparer.Ordinal);
        foreach (var sample in metrics.Of("gateway_destination_up"))
        {
            up[$"{Label(sample, "tier")} {Label(sample, "destination")}"] = sample.Value > 0;
        }

        var shares = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var sample in metrics.Of("gateway_tier_share"))
        {
            shares[Label(sample, "tier")] = sample.Value;
        }

        var active = metrics.Of("gateway_active_tier").FirstOrDefault(sample => sample.Value > 0) is { } tier
            ? Label(tier, "tier")
            : string.Empty;
        _all.Add(new(Stopwatch.GetTimestamp(), active, up, shares));
    }

    private static string Label(Sample sample, string name) =>
        sample.Labels.TryGetValue(name, out var value) && value.Length > 0 ? value : "none";
}

/// <summary>An entry of the gateway's journal.</summary>
internal sealed record JournalLine(DateTimeOffset At, string Kind, string Text, string? From, string? To, string? Reason);
