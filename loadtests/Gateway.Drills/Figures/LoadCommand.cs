using Gateway.Drills.Load;

namespace Gateway.Drills.Figures;

/// <summary>Load on any address, with its figures: to try something out, and to compare the generator with others.</summary>
internal static class LoadCommand
{
    /// <summary>Runs it; returns 0 if nothing failed.</summary>
    public static async Task<int> RunAsync(Report report, Uri url, double rate, TimeSpan time, TimeSpan warm, bool allowTarget)
    {
        var target = LoadTarget.Parse(url.GetLeftPart(UriPartial.Authority), allowTarget);
        if (warm > TimeSpan.Zero)
        {
            // The generator compiles itself with its first requests: those of the measurement are not its first.
            await LoadRun.RunAsync(new()
            {
                Target = target,
                Rate = RateProfile.Constant(rate, warm),
                Scenarios = [new PageScenario(url.PathAndQuery)]
            });
        }

        var ledger = await report.DuringAsync($"{rate} a second for {Verdict.Text(time)}", _ =>
            LoadRun.RunAsync(new()
            {
                Target = target,
                Rate = RateProfile.Constant(rate, time),
                Scenarios = [new PageScenario(url.PathAndQuery)]
            }));
        var latencies = ledger.Latencies();
        var span = ledger.Entries[^1].Latency + (time * (ledger.Total - 1) / ledger.Total);
        report.Line(ledger.Summary());
        var rateSeen = FormattableString.Invariant($"rate {ledger.Total / span.TotalSeconds:0.0} a second");
        report.Line($"{rateSeen}; p90 {Verdict.Text(latencies.At(90))}, {Quantiles(latencies)}");
        report.Line($"from the sending, as other tools count: {Quantiles(ledger.LatenciesFromSending())}");
        report.Line($"lateness of the generator: {Quantiles(ledger.Lateness())}");
        return ledger.Failed == 0 && ledger.Count(Outcome.Unsent) == 0 ? 0 : 1;
    }

    private static string Quantiles(Percentiles of) =>
        $"p50 {Verdict.Text(of.P50)}, p99 {Verdict.Text(of.P99)}, max {Verdict.Text(of.Max)}";
}
