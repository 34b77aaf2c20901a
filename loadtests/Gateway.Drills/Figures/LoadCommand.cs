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
        report.Line(FormattableString.Invariant(
            $"rate {ledger.Total / span.TotalSeconds:0.0} a second; p50 {
                Verdict.Text(latencies.P50)}, p90 {Verdict.Text(latencies.At(90))}, p99 {
                Verdict.Text(latencies.P99)}, max {Verdict.Text(latencies.Max)}"));
        var sending = ledger.LatenciesFromSending();
        report.Line(
            $"from the sending, as other tools count: p50 {Verdict.Text(sending.P50)}, p99 {
                Verdict.Text(sending.P99)}, max {Verdict.Text(sending.Max)}");
        report.Line(
            $"lateness of the generator: p50 {Verdict.Text(ledger.Lateness().P50)}, p99 {
                Verdict.Text(ledger.Lateness().P99)}, max {Verdict.Text(ledger.Lateness().Max)}");
        return ledger.Failed == 0 && ledger.Count(Outcome.Unsent) == 0 ? 0 : 1;
    }
}
