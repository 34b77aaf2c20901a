using System.Diagnostics;
using Gateway.Drills.Figures;
using Gateway.Drills.Load;
using Gateway.Drills.Plans;

namespace Gateway.Drills.Running;

/// <summary>Everything that one run of a drill found: what the verdict is made of, and the report's pictures.</summary>
internal sealed record Measured
{
    /// <summary>The drill.</summary>
    public required DrillPlan Plan { get; init; }

    /// <summary>What was under test: "gateway", or another proxy's name.</summary>
    public required string Subject { get; init; }

    /// <summary>Every request of the drill's own load, which percentiles and pictures are made of.</summary>
    public required Ledger Ledger { get; init; }

    /// <summary>Those of its bursts: they count where something failed, and as requests.</summary>
    public IReadOnlyList<Ledger> Bursts { get; init; } = [];

    /// <summary>All requests.</summary>
    public int Total => Ledger.Total + Bursts.Sum(burst => burst.Total);

    /// <summary>What was done when.</summary>
    public required IReadOnlyList<TimelineEvent> Happenings { get; init; }

    /// <summary>What the admin endpoint said; empty for others than the gateway.</summary>
    public required IReadOnlyList<Reading> Readings { get; init; }

    /// <summary>Transitions, once for each.</summary>
    public required IReadOnlyList<string> Transitions { get; init; }

    /// <summary>The gateway's journal.</summary>
    public required IReadOnlyList<JournalLine> Journal { get; init; }

    /// <summary>Attempts beyond the first of each request.</summary>
    public required double ExtraAttempts { get; init; }

    /// <summary>Orders, if there were any.</summary>
    public required OrderAudit? Orders { get; init; }

    /// <summary>When, by the wall's clock.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Refused, reset, cut, wrong or never sent, those of bursts too.</summary>
    public int Failed => Bursts.Append(Ledger).Sum(ledger => ledger.Failed + ledger.Count(Outcome.Unsent) + ledger.Count(Outcome.Pending));

    /// <summary>Prepared or built-in responses.</summary>
    public int Static => Bursts.Append(Ledger).Sum(ledger => ledger.Count(Outcome.File) + ledger.Count(Outcome.BuiltIn));

    /// <summary>All that no guide answered.</summary>
    public int Degraded => Bursts.Append(Ledger).Sum(ledger => ledger.Degraded);

    /// <summary>Of the requests due while something was broken; of all when nothing ever was.</summary>
    public Percentiles During => (BrokenAt, RecoveredAt) is ({ } broken, { } recovered)
        ? Ledger.Between(Clock(broken), recovered > broken ? Clock(recovered) : Plan.Load.For).Latencies()
        : Ledger.Latencies();

    /// <summary>The first fault's begin; null: nothing was broken.</summary>
    public long? BrokenAt =>
        Happenings.Where(happening => happening.Effect.HasFlag(Effect.Breaks)).Select(happening => (long?)happening.At).FirstOrDefault();

    /// <summary>The last recovery's end; the load's end when nothing recovered.</summary>
    public long? RecoveredAt =>
        Happenings.Where(happening => happening.Effect.HasFlag(Effect.Recovers)).Select(happening => (long?)happening.Done).Max()
        ?? (BrokenAt is null ? null : Ledger.Started + (long)(Plan.Load.For.TotalSeconds * Stopwatch.Frequency));

    /// <summary>When the first of what recovered last answered again.</summary>
    private long? WorksAt => Happenings.LastOrDefault(happening => happening.Effect.HasFlag(Effect.Recovers))?.Works ?? RecoveredAt;

    /// <summary>From the first fault until another set of destinations was up; null: never.</summary>
    public TimeSpan? Detected =>
        BrokenAt is { } broken
            ? After(broken, reading => string.Join(',', reading.Up.Where(pair => pair.Value).Select(pair => pair.Key)))
            : null;

    /// <summary>From the first fault until another tier was active; null: never.</summary>
    public TimeSpan? Switched => BrokenAt is { } broken ? After(broken, reading => reading.Active) : null;

    /// <summary>From the last recovery until the tier that was active first was so again, and stayed; null: not by the end.</summary>
    public TimeSpan? Returned
    {
        get
        {
            if (WorksAt is not { } works || Readings.Count == 0 || !SameTier(Readings[^1], Readings[0]))
            {
                return null;
            }

            var lastOther = Readings.LastOrDefault(reading => !SameTier(reading, Readings[0]));
            return lastOther is null || lastOther.At < works ? TimeSpan.Zero : Stopwatch.GetElapsedTime(works, lastOther.At);
        }
    }

    /// <summary>
    /// From the last recovery, when the first guide answered again, to the end of the last response that was not live; zero when there
    /// was none; null: not by the end.
    /// </summary>
    public TimeSpan? Live
    {
        get
        {
            var last = default(LedgerEntry?);
            foreach (var entry in Ledger.Entries)
            {
                last = entry.Outcome is Outcome.Live or Outcome.Vanished ? last : entry;
            }

            return last is not { } found || WorksAt is not { } works || found.End < works ? TimeSpan.Zero
                : found.Due >= Ledger.Entries[^1].Due - (Stopwatch.Frequency / 10) ? null
                : Stopwatch.GetElapsedTime(works, found.End);
        }
    }

    /// <summary>How long two tiers shared the load after the last recovery, as the gateway says.</summary>
    public TimeSpan Ramped
    {
        get
        {
            var sum = TimeSpan.Zero;
            foreach (var (reading, next) in Readings.Zip(Readings.Skip(1)))
            {
                if (WorksAt is { } works && reading.At >= works && reading.Shares.Values.Count(share => share is > 0 and < 1) > 1)
                {
                    sum += Stopwatch.GetElapsedTime(reading.At, next.At);
                }
            }

            return sum;
        }
    }

    /// <summary>Responses of any use (live, stored or prepared) over all requests whose clients stayed.</summary>
    public double Availability =>
        1 - ((Failed
            + Bursts.Append(Ledger).Sum(ledger => ledger.Count(Outcome.BuiltIn))) / (double)Math.Max(
                1,
                Bursts.Append(Ledger).Sum(ledger => ledger.Total - ledger.Count(Outcome.Vanished))));

    /// <summary>Of the responses that were not live, the share that was a last-good one; 1 when all were live.</summary>
    public double Coverage => Ledger.Degraded == 0 ? 1 : Ledger.Count(Outcome.LastGood) / (double)Ledger.Degraded;

    /// <summary>On the drill's clock.</summary>
    public TimeSpan Clock(long timestamp) =>
        timestamp <= Ledger.Started ? TimeSpan.Zero : Stopwatch.GetElapsedTime(Ledger.Started, timestamp);

    /// <summary>
    /// The server that responded, for pictures and for <c>seen</c>: a tier, a step of the fallback chain, "failed", or "live" when the
    /// guide is not known.
    /// </summary>
    public string ServedBy(in LedgerEntry entry) => entry.Outcome switch
    {
        Outcome.Live => Ledger.Sources[entry.Source] is { Length: > 0 } guide && Plan.Environment.Url is null
            ? guide[0] == 'p' ? "primary" : "standby"
            : "live",
        Outcome.LastGood => "lastGood",
        Outcome.File => "file",
        Outcome.BuiltIn => "builtIn",
        Outcome.Vanished => "vanished",
        _ => "failed",
    };

    private TimeSpan? After(long moment, Func<Reading, string> of)
    {
        var before = Readings.LastOrDefault(reading => reading.At <= moment) ?? (Readings.Count > 0 ? Readings[0] : null);
        var changed = before is null
            ? null
            : Readings.FirstOrDefault(reading => reading.At > moment && !string.Equals(of(reading), of(before), StringComparison.Ordinal));
        return changed is null ? null : Stopwatch.GetElapsedTime(moment, changed.At);
    }

    private static bool SameTier(Reading one, Reading other) => string.Equals(one.Active, other.Active, StringComparison.Ordinal);
}
