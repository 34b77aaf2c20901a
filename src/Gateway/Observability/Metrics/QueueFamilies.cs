namespace Gateway.Observability.Metrics;

/// <summary>The figures of queues.</summary>
internal static class QueueFamilies
{
    /// <summary>By <see cref="QueueResult"/>.</summary>
    public static readonly string[] Names = ["admitted", "timed_out", "full", "client_left", "drained"];

    /// <summary>The families of all clusters.</summary>
    public static IEnumerable<MetricFamily> Of(Func<IEnumerable<ClusterMeter>> clusters)
    {
        yield return MetricFamily.Counter(
            "gateway_queue_total",
            "Requests that found every tier full and a queue, by how their wait ended.",
            () =>
            [.. from cluster in clusters()
                from result in Enum.GetValues<QueueResult>()
                let count = cluster.QueuedSoFar(result)
                where count > 0
                select new Sample(
                    count,
                    new(Instruments.ClusterLabel, cluster.Cluster),
                    new(Instruments.ResultLabel, Names[(int)result]))]);
        yield return MetricFamily.Gauge("gateway_queue_waiting", "Requests that wait for a place.", () =>
            [
            .. clusters().Where(static cluster => cluster.HasQueued).Select(static cluster => new Sample(
                cluster.Waiting,
                new KeyValuePair<string, object?>(Instruments.ClusterLabel, cluster.Cluster)))]);
        yield return MetricFamily.Counter("gateway_queue_seconds_total", "Time that requests waited for a place.", () =>
            [
            .. clusters().Where(static cluster => cluster.HasQueued).Select(static cluster => new Sample(
                cluster.WaitedSeconds,
                new KeyValuePair<string, object?>(Instruments.ClusterLabel, cluster.Cluster)))]);
    }
}
