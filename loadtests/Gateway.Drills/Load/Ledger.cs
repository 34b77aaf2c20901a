using System.Diagnostics;

namespace Gateway.Drills.Load;

/// <summary>One request in the ledger. Times are <see cref="Stopwatch"/> timestamps.</summary>
internal struct LedgerEntry
{
    /// <summary>When it should have been sent.</summary>
    public long Due;

    /// <summary>When it was handed to the kernel; 0: never.</summary>
    public long Sent;

    /// <summary>When its response was whole, or its failure known.</summary>
    public long End;

    /// <summary>The scenario's own number for it: a user, an order.</summary>
    public long Key;

    /// <summary>Bytes of the response's body.</summary>
    public int Bytes;

    /// <summary>The response's status; 0: none.</summary>
    public short Status;

    /// <summary>The scenario's position in the plan.</summary>
    public byte Scenario;

    /// <summary>Which guide answered: a position in <see cref="Ledger.Sources"/>; 0: none said so.</summary>
    public byte Source;

    /// <summary>What became of it.</summary>
    public Outcome Outcome;

    /// <summary>What its user waited, from the due time: a stall of the generator or the target is not forgiven.</summary>
    public readonly TimeSpan Latency => Stopwatch.GetElapsedTime(Due, End);

    /// <summary>How late the generator itself was.</summary>
    public readonly TimeSpan Lateness => Stopwatch.GetElapsedTime(Due, Sent);
}

/// <summary>Every request of a run, in the order of their due times.</summary>
internal sealed class Ledger(
    long started,
    IReadOnlyList<string> scenarios,
    IReadOnlyList<string> sources,
    ReadOnlyMemory<LedgerEntry> entries)
{
    /// <summary>The run's begin.</summary>
    public long Started { get; } = started;

    /// <summary>The scenarios' names, by <see cref="LedgerEntry.Scenario"/>.</summary>
    public IReadOnlyList<string> Scenarios { get; } = scenarios;

    /// <summary>The guides' names, by <see cref="LedgerEntry.Source"/>; the first is empty.</summary>
    public IReadOnlyList<string> Sources { get; } = sources;

    /// <summary>The requests.</summary>
    public ReadOnlySpan<LedgerEntry> Entries => entries.Span;

    /// <summary>How many requests there are.</summary>
    public int Total => entries.Length;

    /// <summary>Requests whose user got nothing of use.</summary>
    public int Failed => CountWhere(outcome => outcome.IsFailed());

    /// <summary>Requests answered by a step of the fallback chain.</summary>
    public int Degraded => CountWhere(outcome => outcome.IsDegraded());

    /// <summary>The part whose due times are from <paramref name="from"/> up to <paramref name="to"/> after the run's begin.</summary>
    public Ledger Between(TimeSpan from, TimeSpan to)
    {
        var first = FirstDueFrom(from);
        return new(Started, Scenarios, Sources, entries[first..Math.Max(first, FirstDueFrom(to))]);
    }

    /// <summary>The part of one scenario.</summary>
    public Ledger Of(string scenario) =>
        Where(entry => string.Equals(Scenarios[entry.Scenario], scenario, StringComparison.Ordinal));

    /// <summary>The part that a condition picks.</summary>
    public Ledger Where(Func<LedgerEntry, bool> condition) =>
        new(Started, Scenarios, Sources, entries.ToArray().Where(condition).ToArray());

    /// <summary>How many ended as this.</summary>
    public int Count(Outcome outcome) => CountWhere(own => own == outcome);

    /// <summary>How many a guide of this name answered live.</summary>
    public int LiveFrom(string source)
    {
        var count = 0;
        foreach (ref readonly var entry in Entries)
        {
            count += entry.Outcome == Outcome.Live && string.Equals(Sources[entry.Source], source, StringComparison.Ordinal) ? 1 : 0;
        }

        return count;
    }

    /// <summary>What users waited: every request that was answered or failed.</summary>
    public Percentiles Latencies() => Percentiles.Of(Entries, static entry => entry.Latency, static entry => entry.End != 0);

    /// <summary>From the sending, as closed-model tools count: to compare with them only, for it forgives a stall.</summary>
    public Percentiles LatenciesFromSending() =>
        Percentiles.Of(Entries, static entry => Stopwatch.GetElapsedTime(entry.Sent, entry.End), static entry => entry.Sent != 0);

    /// <summary>How late the generator sent.</summary>
    public Percentiles Lateness() => Percentiles.Of(Entries, static entry => entry.Lateness, static entry => entry.Sent != 0);

    /// <summary>Counts by outcome as one line: <c>live 2990, file 10</c>.</summary>
    public string Summary()
    {
        var counts = new int[Outcomes.Count];
        foreach (ref readonly var entry in Entries)
        {
            counts[(int)entry.Outcome]++;
        }

        return string.Join(", ", counts.Index()
            .Where(pair => pair.Item > 0)
            .Select(pair => $"{((Outcome)pair.Index).ToString().ToLowerInvariant()} {pair.Item}"));
    }

    private int CountWhere(Func<Outcome, bool> condition)
    {
        var count = 0;
        foreach (ref readonly var entry in Entries)
        {
            count += condition(entry.Outcome) ? 1 : 0;
        }

        return count;
    }

    private int FirstDueFrom(TimeSpan after)
    {
        var (low, high) = (0, entries.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Stopwatch.GetElapsedTime(Started, Entries[middle].Due) < after)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
