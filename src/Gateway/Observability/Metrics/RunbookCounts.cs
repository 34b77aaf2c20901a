using System.Collections.Concurrent;

namespace Gateway.Observability.Metrics;

/// <summary>What runbooks did, would have done and did not do; part of <see cref="Instruments"/>.</summary>
internal sealed class RunbookCounts
{
    /// <summary>By <see cref="RunbookResult"/>.</summary>
    public static readonly string[] Names = ["healed", "recovered", "interrupted", "escalated", "observed", "refused"];

    // As many as a configuration may have, and those of a few before it.
    private const int MostRunbooks = 40;

    private readonly ConcurrentDictionary<string, long[]> _counts = new(StringComparer.Ordinal);

    /// <summary>One more.</summary>
    public void Ended(string runbook, RunbookResult result)
    {
        if (_counts.ContainsKey(runbook) || _counts.Count < MostRunbooks)
        {
            Interlocked.Increment(ref _counts.GetOrAdd(runbook, static _ => new long[Names.Length])[(int)result]);
        }
    }

    /// <summary>The families.</summary>
    public IEnumerable<MetricFamily> Families() =>
    [
        MetricFamily.Counter(
            "gateway_runbook_runs_total",
            "Runs of runbooks by their outcome; observed: it would have acted; refused: a guard kept it from acting.",
            () =>
            [.. from runbook in _counts
                from result in Enum.GetValues<RunbookResult>()
                let count = Volatile.Read(ref runbook.Value[(int)result])
                where count > 0
                select new Sample(
                    count,
                    new(Instruments.RunbookLabel, runbook.Key),
                    new(Instruments.OutcomeLabel, Names[(int)result]))]),
    ];
}
