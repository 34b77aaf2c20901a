using Gateway.Observability.History;

namespace Gateway.Health.Forecast;

/// <summary>The scores of forecasts by cluster, from those that are kept. Any thread may ask.</summary>
internal sealed class ForecastScores(ForecastHistory history)
{
    private Scored _scored = new(-1, []);

    /// <summary>A forecast is over.</summary>
    public void Add(ForecastRecord record) => history.Add(record);

    /// <summary>The score of a cluster.</summary>
    public ForecastScore Of(string cluster)
    {
        var version = history.Version;
        var scored = Volatile.Read(ref _scored);
        if (scored.Version != version)
        {
            var clusters = history.All.GroupBy(static r => r.Cluster, StringComparer.Ordinal);
            scored = new Scored(version, clusters.ToDictionary(static g => g.Key, ScoreTally.Of, StringComparer.Ordinal));
            Volatile.Write(ref _scored, scored);
        }

        return scored.Clusters.TryGetValue(cluster, out var score) ? score : ScoreTally.Of([]);
    }

    private sealed record Scored(int Version, Dictionary<string, ForecastScore> Clusters);
}
