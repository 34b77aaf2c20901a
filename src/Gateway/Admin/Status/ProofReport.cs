using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Notifications.Drills;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;

namespace Gateway.Admin.Status;

/// <summary>What <c>/proofs</c> shows.</summary>
/// <param name="Proofs">Each promise of each cluster.</param>
/// <param name="Schedule">Each scheduled drill, in the order of the file.</param>
/// <param name="Runs">Their last runs and missed windows, the newest first.</param>
internal sealed record ProofReport(IReadOnlyList<ProofLine> Proofs, IReadOnlyList<DrillLine> Schedule, IReadOnlyList<ScheduledDrill> Runs)
{
    private const int MostRuns = 20;

    /// <summary>The report now.</summary>
    public static ProofReport Of(AdminSources sources, DateTimeOffset now)
    {
        var (drills, runs) = (sources.Config().Config.Drills, sources.Records.Drills.All);
        return new(
            Lines(sources.Clusters(), sources.Records, now),
            [.. drills.Schedule.Select(drill => DrillLine.Of(drill, DrillCalendar.Next(drills, drill, now), runs, sources))],
            [.. runs.Reverse().Take(MostRuns)]);
    }

    /// <summary>Each promise of each cluster, for the status.</summary>
    public static IReadOnlyList<ProofLine> Lines(IReadOnlyList<ClusterView> clusters, Records records, DateTimeOffset now) =>
        [.. ProofKeeper.Of(clusters, records.Proofs).Select(one => ProofLine.Of(one, now))];
}

/// <summary>A promise.</summary>
/// <param name="Promise"><c>failover</c>, <c>failback</c> or <c>destination_loss</c>.</param>
/// <param name="ProvenAt">When it was last seen to be kept; null: never.</param>
/// <param name="AgeSeconds">How long ago that was; without: since when it has been watched.</param>
/// <param name="IsOld">That is more than seven days.</param>
/// <param name="Text">The same in a sentence.</param>
internal sealed record ProofLine(
    string Cluster, string Promise, DateTimeOffset? ProvenAt, double AgeSeconds, bool IsOld, string Text)
{
    private static readonly TimeSpan Old = TimeSpan.FromDays(7);

    /// <summary>Of what is kept.</summary>
    public static ProofLine Of(Proof proof, DateTimeOffset now)
    {
        var age = proof.AgeAt(now);
        return new ProofLine(
            proof.Cluster,
            ProofFigures.NameOf(proof.Promise),
            proof.ProvenAt,
            Math.Round(age.TotalSeconds),
            age > Old,
            proof.ProvenAt is null
                ? $"not proven since {WallClock.TimeOf(proof.At, now)}, {WallClock.SpanOf(age)} ago"
                : $"proven {WallClock.SpanOf(age)} ago: {proof.Text.TrimEnd('.')}");
    }
}

/// <summary>A scheduled drill.</summary>
/// <param name="Lose">What it takes away.</param>
/// <param name="NextBegin">The begin of its window, or of the next one; null: none within a year.</param>
/// <param name="NextEnd">The end of that.</param>
/// <param name="Running">It runs.</param>
/// <param name="RanInWindow">It ran in the window that is now, or is counted as missed.</param>
/// <param name="WhyNot">What kept it from beginning in the window that is now, half a sentence; null: nothing did, or it ran.</param>
internal sealed record DrillLine(
    string Name,
    string Cluster,
    DrillLoss Lose,
    DateTimeOffset? NextBegin,
    DateTimeOffset? NextEnd,
    bool Running,
    bool RanInWindow,
    string? WhyNot)
{
    /// <summary>Of the configuration and what is kept.</summary>
    public static DrillLine Of(
        ScheduledDrillConfig drill, DrillWindow? next, IReadOnlyList<ScheduledDrill> runs, AdminSources sources)
    {
        ScheduledDrill[] own = [.. runs.Where(one => string.Equals(one.Name, drill.Name, StringComparison.Ordinal))];
        var hasRun = next is { } window && own.Any(one => one.Window == window.Begin);
        var cluster = sources.Clusters().FirstOrDefault(one => string.Equals(one.Name, drill.Cluster, StringComparison.Ordinal));
        return new DrillLine(
            drill.Name,
            drill.Cluster,
            drill.Lose,
            next?.Begin,
            next?.End,
            own.Any(static one => one.Result == DrillResult.Running),
            hasRun,
            !hasRun && cluster is not null && next is { } open && sources.WhyNoDrill(drill.Name, open.Begin) is { } refusal
                ? DrillWords.Of(refusal, cluster)
                : null);
    }
}
