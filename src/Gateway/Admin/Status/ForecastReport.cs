using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Forecast;
using Gateway.Observability.History;

namespace Gateway.Admin.Status;

/// <summary>What <c>/forecast</c> shows.</summary>
/// <param name="HorizonSeconds">What forecasts speak of: that a destination cannot serve within so many seconds.</param>
/// <param name="Clusters">In the order of the file.</param>
internal sealed record ForecastReport(double HorizonSeconds, IReadOnlyList<ClusterForecast> Clusters)
{
    private const int MostRecent = 20;

    /// <summary>The report now.</summary>
    public static ForecastReport Of(AdminSources sources)
    {
        var config = sources.Config().Config;
        var all = sources.Records.Forecasts.All;
        return new ForecastReport(ForecastWatch.Horizon.TotalSeconds, [.. sources.Clusters().Select(cluster => Of(
            cluster,
            ModeOf(config, cluster.Name),
            [.. all.Where(r => string.Equals(r.Cluster, cluster.Name, StringComparison.Ordinal))]))]);
    }

    /// <summary>The score of forecasts of a replay.</summary>
    public static ForecastReport Of(IReadOnlyList<string> clusters, IReadOnlyList<ForecastRecord> records) => new(
        ForecastWatch.Horizon.TotalSeconds,
        [.. clusters.Select(cluster => OfReplay(cluster, records))]);

    private static ClusterForecast OfReplay(string cluster, IReadOnlyList<ForecastRecord> all)
    {
        ForecastRecord[] records = [.. all.Where(r => string.Equals(r.Cluster, cluster, StringComparison.Ordinal))];
        var score = ForecastScoreStatus.Of(ScoreTally.Of(records));
        return new ClusterForecast(cluster, ForecastMode.Observe, Acts: false, score, [], Recent(records));
    }

    private static PastForecast[] Recent(ForecastRecord[] records) =>
    [
        .. records.Where(static r => r.IsAlarm || r.Outcome == ForecastOutcome.Missed)
            .OrderByDescending(static r => r.Id)
            .Take(MostRecent)
            .Select(PastForecast.Of),
    ];

    private static ClusterForecast Of(ClusterView cluster, ForecastMode mode, ForecastRecord[] records)
    {
        var score = ScoreTally.Of(records);
        return new ClusterForecast(
            cluster.Name,
            mode,
            mode == ForecastMode.Act && ForecastActs.AreEarned(score),
            ForecastScoreStatus.Of(score),
            [.. from tier in cluster.Tiers from d in tier.Destinations where d.Forecast is not null select Of(tier.Name, d, records)],
            Recent(records));
    }

    private static ForecastMode ModeOf(GatewayConfig config, string cluster) =>
        config.Clusters.FirstOrDefault(c => string.Equals(c.Name, cluster, StringComparison.Ordinal))?.Forecast ?? ForecastMode.Off;

    private static DestinationForecastStatus Of(string tier, DestinationView destination, ForecastRecord[] records)
    {
        var forecast = destination.Forecast!;
        var own = records.Where(r => string.Equals(r.Destination, destination.Name, StringComparison.Ordinal));
        return new DestinationForecastStatus(
            tier,
            destination.Name,
            Math.Round(forecast.Probability, 3),
            forecast.Reason,
            forecast.AlarmSince,
            forecast.AlarmReason,
            forecast.IsActedOn,
            ForecastScoreStatus.Of(ScoreTally.Of(own)));
    }
}

/// <summary>The forecasts of one cluster.</summary>
/// <param name="Mode">The cluster's <c>forecast</c>.</param>
/// <param name="Acts">Something is done about alarms: the mode is <c>act</c>, and the score has earned it.</param>
/// <param name="Score">Of all its destinations.</param>
/// <param name="Destinations">Each of them now.</param>
/// <param name="Recent">Alarms and misses, the newest first.</param>
internal sealed record ClusterForecast(
    string Cluster,
    ForecastMode Mode,
    bool Acts,
    ForecastScoreStatus Score,
    IReadOnlyList<DestinationForecastStatus> Destinations,
    IReadOnlyList<PastForecast> Recent);

/// <summary>One destination now.</summary>
/// <param name="Probability">That it cannot serve within the horizon.</param>
/// <param name="Reason">Why, in words; empty: nothing points to it.</param>
/// <param name="AlarmSince">When the alarm was made that is not over; null: there is none.</param>
/// <param name="AlarmReason">What it said.</param>
/// <param name="ActedOn">It gets fewer requests because of it.</param>
/// <param name="Score">Of its own forecasts.</param>
internal sealed record DestinationForecastStatus(
    string Tier,
    string Destination,
    double Probability,
    string Reason,
    DateTimeOffset? AlarmSince,
    string AlarmReason,
    bool ActedOn,
    ForecastScoreStatus Score);

/// <summary>An alarm that is over, or a failure that none had foretold.</summary>
/// <param name="AfterSeconds">From the alarm to the failure, or to the alarm's end.</param>
internal sealed record PastForecast(
    DateTimeOffset MadeAt,
    string Destination,
    double Probability,
    string Reason,
    ForecastOutcome Outcome,
    double AfterSeconds,
    bool ActedOn)
{
    /// <summary>Of what is kept.</summary>
    public static PastForecast Of(ForecastRecord record) => new(
        record.MadeAt,
        record.Destination,
        Math.Round(record.Probability, 3),
        record.Reason,
        record.Outcome,
        Math.Round(record.After.TotalSeconds),
        record.IsActedOn);
}

/// <summary>A score; what cannot be said yet is null.</summary>
/// <param name="PrecisionAtLeast">The lower bound of the precision (Wilson, 97.5 %).</param>
/// <param name="WatchedHours">How long destinations were watched, taken together.</param>
internal sealed record ForecastScoreStatus(
    int Hits,
    int FalseAlarms,
    int TooLate,
    int Missed,
    double? Precision,
    double PrecisionAtLeast,
    double? Recall,
    double? MedianLeadSeconds,
    double? FalseAlarmsPerWeek,
    double? Brier,
    double WatchedHours,
    IReadOnlyList<CalibrationBin> Calibration)
{
    /// <summary>Of a score.</summary>
    public static ForecastScoreStatus Of(ForecastScore score) => new(
        score.Hits,
        score.FalseAlarms,
        score.TooLate,
        score.Missed,
        score.Precision,
        Math.Round(score.PrecisionAtLeast, 3),
        score.Recall,
        score.MedianLead?.TotalSeconds,
        score.FalseAlarmsPerWeek,
        score.Brier,
        Math.Round(score.Watched.TotalHours, 2),
        score.Calibration);
}
