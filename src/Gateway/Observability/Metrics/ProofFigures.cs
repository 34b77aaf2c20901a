using Gateway.Observability.History;

namespace Gateway.Observability.Metrics;

/// <summary>The figures of proofs and scheduled drills; part of <see cref="Instruments"/>.</summary>
internal static class ProofFigures
{
    /// <summary>The families, read from <paramref name="state"/> at each scrape.</summary>
    public static IEnumerable<MetricFamily> Of(Func<StateReadings> state) =>
    [
        MetricFamily.Gauge(
            "gateway_proof_age_seconds",
            "How long ago a promise of a cluster was last seen to be kept: failover, failback, destination_loss. One that never was is as "
                + "old as its watch.",
            () =>
            [.. state().Proofs().Proofs.Select(static p => new Sample(
                p.Age.TotalSeconds, new(Instruments.ClusterLabel, p.Cluster), new("promise", NameOf(p.Promise))))]),
        MetricFamily.Counter(
            "gateway_scheduled_drills_total",
            "Windows of scheduled drills by outcome: passed, failed, unproven (too few requests), interrupted, skipped (a guard kept it "
                + "from running).",
            () =>
            [.. state().Proofs().Drills.Select(static d => new Sample(
                d.Count, new("drill", d.Drill), new(Instruments.OutcomeLabel, d.Result.ToString().ToLowerInvariant())))]),
    ];

    /// <summary>A promise as label and in JSON.</summary>
    public static string NameOf(Promise promise) => promise switch
    {
        Promise.Failover => "failover",
        Promise.Failback => "failback",
        _ => "destination_loss",
    };
}
