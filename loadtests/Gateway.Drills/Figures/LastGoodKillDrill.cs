using System.Globalization;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// kill -9 of the gateway while it writes its store, again and again: the store opens each time and serves no wrong byte.
/// </summary>
internal static class LastGoodKillDrill
{
    private const int Users = 200;
    private static readonly TimeSpan Load = TimeSpan.FromSeconds(1);

    /// <summary>Runs it; returns the exit code.</summary>
    public static async Task<int> RunAsync(Report report, int rounds) =>
        report.Conclude("last-good-kill", await report.DuringAsync("last-good-kill", progress => MeasureAsync(rounds, progress)));

    /// <summary>Kills it so many times.</summary>
    public static async Task<Verdict> MeasureAsync(int rounds, Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync(new()
        {
            Primaries = 1,
            Standbys = 0,
            Config = [("routes.recommend.lastGood.refreshEvery", "0s"), ("clusters.ai-guide.attempts.hedge", "off")]
        });
        var known = await KnownScenario.AskAsync(bed.Primaries[0].Url, Users);
        var target = LoadTarget.Parse(bed.Gateway.Url);
        var random = new Random(rounds);
        var (wrong, live, alarms, lost, kept) = (0, 0, 0, 0, 0.0);
        for (var round = 1; round <= rounds; round++)
        {
            // 1. Every response is written anew; in the middle of it the process is killed.
            progress(string.Create(CultureInfo.InvariantCulture, $"kill {round} of {rounds}"));
            var run = LoadRun.Start(new() { Target = target, Rate = RateProfile.Constant(600, Load), Scenarios = [known] });
            await run.UntilAsync(Load * (0.3 + (0.6 * random.NextDouble())));
            await bed.Gateway.KillAsync();
            run.Stop();
            var ledger = await run.Completion;
            wrong += ledger.Count(Outcome.WrongBody);
            live += ledger.Count(Outcome.Live);

            // 2. The store opens, with what was in it.
            await bed.Gateway.StartAsync();
            alarms += (await bed.Gateway.StatusAsync()).Contains("\"alarms\":[]", StringComparison.Ordinal) ? 0 : 1;
            var now = await EntriesAsync(bed, kept);
            lost += now < kept ? 1 : 0;
            kept = now;
        }

        // 3. What the kills left is all that users are given.
        await bed.Primaries[0].KillAsync();
        var last = await LoadRun.RunAsync(new()
        {
            Target = target,
            Rate = RateProfile.Constant(Users, TimeSpan.FromSeconds(1)),
            Scenarios = [known]
        });
        var corrupt = Directory.GetFiles(Path.Combine(bed.Folder, "state"), "last-good.db.corrupt-*").Length;
        return new Verdict()
            .AtLeast("live responses while it was killed", live, rounds)
            .Exactly("wrong bytes", wrong + last.Count(Outcome.WrongBody), 0)
            .Exactly("starts with an alarm", alarms, 0)
            .Exactly("starts that lost what an earlier one had", lost, 0)
            .Exactly("stores set aside as corrupt", corrupt, 0)
            .Exactly("last good or file at the end", last.Count(Outcome.LastGood) + last.Count(Outcome.File), last.Total)
            .AtLeast("last good at the end", last.Count(Outcome.LastGood), Users / 2.0);
    }

    // Nothing is ever taken out here, so there can only be more; on a slow machine the read-ahead may end after the start.
    private static async Task<double> EntriesAsync(TestBed bed, double atLeast)
    {
        var entries = 0.0;
        for (var tries = 0; tries < 50; tries++)
        {
            entries = (await bed.Gateway.MetricsAsync()).Sum("gateway_last_good_entries");
            if (entries >= atLeast)
            {
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return entries;
    }
}
