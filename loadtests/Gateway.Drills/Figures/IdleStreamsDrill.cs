using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// What an event stream costs the gateway in memory, while nothing happens on it or at work: resident memory with so
/// many streams, less that without.
/// </summary>
internal static class IdleStreamsDrill
{
    private const int NeverMs = 600_000;
    private const int LastingTokens = 100_000;
    private const int AtOnce = 50;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);

    /// <summary>Runs it; returns the exit code.</summary>
    /// <param name="report">Where the result goes.</param>
    /// <param name="count">How many streams.</param>
    /// <param name="warm">How long the gateway is warmed up.</param>
    /// <param name="every">Milliseconds from one token to the next; 0: each stream says one and then nothing.</param>
    public static async Task<int> RunAsync(Report report, int count, TimeSpan warm, int every) =>
        report.Conclude(
            "idle-streams",
            await report.DuringAsync("idle-streams", progress => MeasureAsync(report, count, warm, every, progress)));

    private static async Task<Verdict> MeasureAsync(Report report, int count, TimeSpan warm, int every, Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync(new() { Config = [("routes.chat.stream.idle", "10m")] });
        progress("warming up");
        await Timeline.WarmAsync(bed, 200, warm, new RecommendScenario(), new ChatScenario(tokens: 2, intervalMs: 1));
        await Task.Delay(Settle, TimeProvider.System);
        var before = bed.Gateway.Figures;

        // Opened in small groups, as users come; idle ones say one token and then nothing for ten minutes.
        progress("opening");
        using var stop = new CancellationTokenSource();
        var target = LoadTarget.Parse(bed.Gateway.Url);
        var streams = new List<Task<StreamReport>>();
        foreach (var group in Enumerable.Range(0, count).Chunk(AtOnce))
        {
            var clients =
                group.Select(n => new StreamClient(target, every > 0 ? LastingTokens : 2, every > 0 ? every : NeverMs, $"c{n}")).ToList();
            streams.AddRange(clients.Select(client => client.RunAsync(stop.Token)));
            await Task.WhenAll(clients.Select(client => client.FirstEvent));
        }

        // Long enough for two heartbeats: what they cost belongs to an idle stream.
        progress(every > 0 ? "streaming" : "idle");
        await Task.Delay(TimeSpan.FromSeconds(35), TimeProvider.System);
        var open = streams.Count(stream => !stream.IsCompleted);
        var after = bed.Gateway.Figures;
        await stop.CancelAsync();
        await Task.WhenAll(streams);
        var each = (double)(after.ResidentBytes - before.ResidentBytes) / count;
        var (was, now) = (before.ResidentBytes / 1048576.0, after.ResidentBytes / 1048576.0);
        report.Line(FormattableString.Invariant($"resident memory {was:0.0} MiB -> {now:0.0} MiB, {each / 1024:0.0} KiB a stream"));
        report.Line(FormattableString.Invariant($"descriptors {before.Descriptors} -> {after.Descriptors}"));
        return new Verdict()
            .Exactly("streams open", open, count)
            .AtLeast("descriptors more", after.Descriptors - before.Descriptors, count)
            .AtMost("KiB a stream", each / 1024, (every > 0 ? Thresholds.ActiveStreamBytes : Thresholds.IdleStreamBytes) / 1024.0);
    }
}
