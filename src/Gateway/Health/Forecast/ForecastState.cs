using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Rules;

namespace Gateway.Health.Forecast;

/// <summary>
/// What the loop keeps of a destination's forecast: the model, and the counts of the last second. Only the loop touches it.
/// </summary>
internal sealed class ForecastState(TimeSpan born, Action<Destination, RecordedSecond>? record)
{
    private const int FewResponses = 10;

    private static readonly TimeSpan CertificateSeen = TimeSpan.FromHours(1);

    private long _requests = -1;
    private long _failures;
    private long _lates;
    private TimeSpan _probedAt = born;

    /// <summary>The model and its watch.</summary>
    public DestinationForecast Model { get; } = new(born);

    /// <summary>Nothing is done about the alarm that is not over: one of those that keep the score honest.</summary>
    public bool IsUntouched { get; set; }

    /// <summary>Something was done about it.</summary>
    public bool IsActedOn { get; set; }

    /// <summary>One second passed: reads the destination's figures, and makes and resolves forecasts.</summary>
    /// <param name="monitor">What is known of it.</param>
    /// <param name="series">Its named series now.</param>
    /// <param name="peersDrifting">Share of its tier's other destinations whose times drift.</param>
    /// <param name="doubtful">This process was starved just now: no time is taken.</param>
    /// <param name="now">The clock.</param>
    /// <param name="utc">The wall clock, for certificates.</param>
    public IReadOnlyList<ForecastEvent> Observe(
        DestinationMonitor monitor,
        IReadOnlyList<SeriesValue> series,
        double peersDrifting,
        bool doubtful,
        TimeSpan now,
        DateTimeOffset utc)
    {
        if (monitor.LastProbe?.CertificateEndsAt - utc is { } left && left < CertificateSeen)
        {
            series = [.. series, new SeriesValue("time left of its certificate, in seconds,", left.TotalSeconds, 0) { Falls = true }];
        }

        var sample = Sample(monitor, series) with { PeersDrifting = peersDrifting };
        var second = new RecordedSecond(
            monitor.Destination.Cluster,
            monitor.Destination.Name,
            now,
            utc,
            doubtful ? sample with { Probe = null, Connect = null, FirstByte = null, Phi = 0, ProbeFailed = false } : sample,
            ForecastLimits.Of(monitor.Config),
            monitor.Serving,
            IsExcused: monitor.Draining || monitor.State.Probes == ProbeOpinion.Unknown);
        record?.Invoke(monitor.Destination, second);
        return Model.Observe(second.Sample, second.Limits, second.Serves, second.IsExcused, now);
    }

    private DestinationSample Sample(DestinationMonitor monitor, IReadOnlyList<SeriesValue> series)
    {
        long successes = 0, failures = 0, lates = 0;
        foreach (var tally in monitor.Destination.Tallies)
        {
            successes += tally.Successes;
            lates += tally.OvertakenSoFar;
            failures += monitor.Find(tally.Route)?.Total.Failures ?? 0;
        }

        var requests = successes + failures;
        var (knownRequests, knownFailures, knownLates) = _requests < 0 ? (requests, failures, lates) : (_requests, _failures, _lates);
        (_requests, _failures, _lates) = (requests, failures, lates);
        var probe = monitor.LastProbe is { OurFault: false } last && monitor.LastProbeEnded != _probedAt ? last : (ProbeResult?)null;
        _probedAt = monitor.LastProbeEnded;
        var latency = monitor.Destination.Latency;
        return new DestinationSample
        {
            Phi = monitor.Phi,
            Probe = probe is { Passed: true } passed ? passed.Duration : null,
            ProbeFailed = probe is { Passed: false },
            Connect = probe is { Passed: true, Connect: { Ticks: > 0 } connect } ? connect : null,
            FirstByte = requests > knownRequests && latency.Count >= FewResponses ? latency.Quantile(0.5) : null,
            Requests = requests - knownRequests,
            Failures = failures - knownFailures,
            Lates = lates - knownLates,
            Series = monitor.Destination.MaxInFlight is > 0 and var most
                ? [.. series, new SeriesValue("requests in flight", monitor.Destination.InFlight, most)]
                : series,
        };
    }
}
