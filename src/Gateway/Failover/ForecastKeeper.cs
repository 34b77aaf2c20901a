using Gateway.Configuration.Model;
using Gateway.Health.Forecast;
using Gateway.Health.Model;
using Gateway.Health.Rules;
using Gateway.Observability.History;

namespace Gateway.Failover;

/// <summary>
/// Makes forecasts of all destinations, once a second, and does what little may be done about them. Only the failover loop touches it.
/// </summary>
/// <param name="clusters">The clusters.</param>
/// <param name="time">The clock, for what people read.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ForecastKeeper(ClusterTable clusters, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger;
    private TimeSpan _next;

    /// <summary>Told what each forecast is made of; null: it is not recorded.</summary>
    public Action<Destination, RecordedSecond>? Recorded { get; set; }

    /// <summary>Where forecasts go that are over; null: nowhere, and then nothing is ever done about one.</summary>
    public ForecastScores? Scores { get; set; }

    /// <summary>Told of every alarm, on the loop: it must not wait.</summary>
    public Action<ForecastChange>? Told { get; set; }

    /// <summary>Evenly drawn from 0 to 1: which alarms nothing is done about.</summary>
    public Func<double> Draw { get; set; } = Random.Shared.NextDouble;

    /// <summary>Sets up, before the start, where forecasts that are over are kept, and what is told of alarms.</summary>
    public void Connect(ForecastHistory history, Action<ForecastChange> told)
    {
        Scores = new ForecastScores(history);
        Told = told;
    }

    /// <summary>Time passed.</summary>
    /// <param name="doubtful">This process was starved just now: times say more of it than of destinations.</param>
    /// <param name="now">The loop's clock.</param>
    public void OnTick(bool doubtful, TimeSpan now)
    {
        if (now < _next)
        {
            return;
        }

        _next = now + Every;
        foreach (var cluster in clusters.All)
        {
            var acts = cluster.Config.Forecast == ForecastMode.Act
                && Scores?.Of(cluster.Config.Name) is { } score
                && ForecastActs.AreEarned(score);
            var (sooner, isForecast) = (false, false);
            foreach (var tier in cluster.Tiers)
            {
                Observe(cluster, tier, doubtful, now);
                sooner |= Act(cluster, tier, acts);
                isForecast |= acts && tier.Watches.Any(IsToActOn);
            }

            // Harmless even where it is the last destination, which is not touched.
            cluster.Cluster.IsFailureForecast = isForecast;

            foreach (var timing in cluster.Cluster.Timings)
            {
                timing.HedgesSooner = sooner;
            }
        }
    }

    private void Observe(ClusterRuntime cluster, TierRuntime tier, bool doubtful, TimeSpan now)
    {
        var isOff = cluster.Config.Forecast == ForecastMode.Off;
        var drifting = 0;
        foreach (var watch in tier.Watches)
        {
            watch.Forecast = isOff ? null : watch.Forecast;
            drifting += watch.Forecast is { Model.IsDrifting: true } ? 1 : 0;
        }

        foreach (var watch in isOff ? [] : tier.Watches)
        {
            var forecast = watch.Forecast ??= new ForecastState(now, Recorded);
            var others = tier.Watches.Count - 1;
            var peers = others > 0 ? (drifting - (forecast.Model.IsDrifting ? 1 : 0)) / (double)others : 0;
            foreach (var happened in forecast.Observe(watch.Monitor, SeriesOf(watch.Monitor), peers, doubtful, now, time.GetUtcNow()))
            {
                Announce(cluster, watch, forecast, happened);
            }
        }
    }

    // The numbers that its signals rest on.
    private static List<SeriesValue> SeriesOf(DestinationMonitor monitor)
    {
        var series = new List<SeriesValue>();
        foreach (var mark in monitor.Share.Signals.Marks)
        {
            if (mark.Series is { } value)
            {
                series.Add(value);
            }
        }

        return series;
    }

    private void Announce(ClusterRuntime cluster, DestinationWatch watch, ForecastState forecast, in ForecastEvent happened)
    {
        var (destination, utc, said) = (watch.Destination, time.GetUtcNow(), happened.Assessment);
        if (happened.Outcome is { } outcome)
        {
            Scores?.Add(new ForecastRecord(
                utc - happened.Age, destination.Cluster, destination.Name, said.Probability, outcome, happened.Age)
            {
                IsAlarm = happened.IsAlarm,
                IsActedOn = happened.IsAlarm && forecast.IsActedOn,
                Reason = happened.IsAlarm ? said.Reason : "",
            });
        }

        if (!happened.IsAlarm)
        {
            return;
        }

        forecast.IsActedOn = false;
        forecast.IsUntouched = happened.Outcome is null && Draw() < ForecastActs.Untouched;
        var change = new ForecastChange(
            destination.Cluster, destination.Tier, destination.Name, said.Probability, said.Reason, happened.Outcome, happened.Age, utc)
        {
            IsTold = cluster.Config.Forecast is ForecastMode.Advise or ForecastMode.Act,
        };
        LogForecast(change.Cluster, change.Text, change.Reason);
        try
        {
            Told?.Invoke(change);
        }
        catch (Exception e)
        {
            // A failing subscriber must not stop the loop.
            SubscriberFailed(e, change.Cluster);
        }
    }

    private static bool IsToActOn(DestinationWatch watch) => watch.Forecast is { Model.Alarm: not null, IsUntouched: false };

    // True: something is done in this tier.
    private static bool Act(ClusterRuntime cluster, TierRuntime tier, bool acts)
    {
        var candidates = new ForecastActCandidate[tier.Watches.Count];
        for (var index = 0; index < candidates.Length; index++)
        {
            var watch = tier.Watches[index];
            var isForecast = acts && IsToActOn(watch);
            candidates[index] = new ForecastActCandidate(watch.Monitor.Serving, isForecast, watch.Forecast?.Model.Said.Probability ?? 0);
        }

        var any = false;
        var chosen = acts ? ForecastActs.Choose(candidates) : [];
        for (var index = 0; index < candidates.Length; index++)
        {
            var watch = tier.Watches[index];
            var isChosen = acts && chosen[index];
            any |= isChosen;
            if (isChosen)
            {
                watch.Forecast!.IsActedOn = true;
            }

            cluster.Dirty |= watch.Monitor.Share.Prefer(isChosen ? ForecastActs.Share : 1);
        }

        return any;
    }

    [LoggerMessage(4015, LogLevel.Information, "Cluster '{Cluster}': {Text}: {Reason}.")]
    private partial void LogForecast(string cluster, string text, string reason);

    [LoggerMessage(4016, LogLevel.Error, "A listener failed on a forecast in cluster '{Cluster}'; the loop goes on.")]
    private partial void SubscriberFailed(Exception exception, string cluster);
}
