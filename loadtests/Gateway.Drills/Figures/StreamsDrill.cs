using System.Diagnostics;
using Gateway.Drills.Faults;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// Many event streams while the primary dies: each goes on or ends visibly, at once, and with resume no id is missing or doubled.
/// </summary>
internal static class StreamsDrill
{
    private const int Tokens = 80;
    private const int IntervalMs = 100;
    private static readonly TimeSpan BreakAfter = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    /// <summary>Runs both settings of <c>onInterrupt</c>; returns the exit code.</summary>
    public static async Task<int> RunAsync(Report report, int count, TimeSpan warm)
    {
        var verdict = new Verdict();
        var rows = new List<IReadOnlyList<string>>();
        foreach (var onInterrupt in new[] { "error", "resume" })
        {
            var (streams, brokenAt) = await report.DuringAsync(
                $"streams, onInterrupt: {onInterrupt}",
                progress => MeasureAsync(count, onInterrupt, warm, progress));
            verdict.Include(onInterrupt, Judge(streams, brokenAt, onInterrupt));
            rows.Add([
                onInterrupt, $"{streams.Count}",
                .. Enum.GetValues<StreamEnd>().Select(end => $"{streams.Count(stream => stream.End == end)}"),
                Verdict.Text(streams.Max(stream => stream.LongestGap)),
            ]);
        }

        report.Table([
            "onInterrupt",
            "streams",
            .. Enum.GetNames<StreamEnd>().Select(name => name.ToLowerInvariant()),
            "longest gap"
        ], rows);
        return report.Conclude("streams", verdict);
    }

    private static async Task<(IReadOnlyList<StreamReport> Streams, long BrokenAt)> MeasureAsync(
        int count,
        string onInterrupt,
        TimeSpan warm,
        Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync(new() { Config = [("routes.chat.stream.onInterrupt", onInterrupt)] });
        progress("warming up");
        await Timeline.WarmAsync(bed, 50, warm, new ChatScenario(tokens: 5, intervalMs: 20), new RecommendScenario());

        // 1. All streams are open and have said something.
        progress("opening");
        using var stop = new CancellationTokenSource();
        var target = LoadTarget.Parse(bed.Gateway.Url);
        var clients = Enumerable.Range(0, count).Select(n => new StreamClient(target, Tokens, IntervalMs, $"c{n}")).ToList();
        var running = clients.Select(client => client.RunAsync(stop.Token)).ToList();
        await Task.WhenAll(clients.Select(client => client.FirstEvent)).WaitAsync(Patience);
        await Task.Delay(BreakAfter, TimeProvider.System);

        // 2. Both primaries die.
        var brokenAt = Stopwatch.GetTimestamp();
        await new KillFault("p1", "p2").BreakAsync(bed);
        progress("primaries killed");

        // 3. Every stream comes to an end; a stream that does not is stopped, and counts as such.
        stop.CancelAfter(Patience);
        return (await Task.WhenAll(running), brokenAt);
    }

    private static Verdict Judge(IReadOnlyList<StreamReport> streams, long brokenAt, string onInterrupt)
    {
        var visible = streams.Where(stream => stream.End is StreamEnd.ErrorEvent or StreamEnd.Cut).ToList();
        var silentFor = TimeSpan.FromMilliseconds(IntervalMs);
        var verdict = new Verdict()
            .Exactly("ended before the fault", streams.Count(stream => stream.EndedAt < brokenAt), 0)
            .Exactly("looked whole and was not", streams.Count(stream => stream.End == StreamEnd.CleanStump), 0)
            .Exactly(
                "never ended, or never began",
                streams.Count(stream => stream.End is StreamEnd.Stopped or StreamEnd.Failed or StreamEnd.NotLive),
                0)
            .Exactly("an id missing or twice", streams.Count(stream => !stream.AreIdsWhole), 0)
            .Within(
                "longest gap in a stream that went on",
                Longest(streams.Where(stream => stream.End == StreamEnd.Done).Select(stream => stream.LongestGap - silentFor)),
                Thresholds.StreamWithin)
            .Within(
                "latest visible end after the fault",
                Longest(visible.Select(stream => Stopwatch.GetElapsedTime(brokenAt, stream.EndedAt))),
                Thresholds.StreamWithin);
        return string.Equals(onInterrupt, "resume", StringComparison.Ordinal)
            ? verdict.Exactly("went on to the last id", streams.Count(stream => stream.End == StreamEnd.Done
                && stream.Ids.Count == Tokens), streams.Count)
            : verdict.AtLeast("ended by an error event", streams.Count(stream => stream.End == StreamEnd.ErrorEvent), 1);
    }

    private static TimeSpan Longest(IEnumerable<TimeSpan> times) => times.DefaultIfEmpty(TimeSpan.Zero).Max();
}
