using System.Globalization;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// A hundred users that identify themselves by query, cookie, token or a header of their own, while guides die and return, clients
/// disconnect and the gateway is killed and started again: no byte of one user's response in another's.
/// </summary>
internal static class LastGoodMixDrill
{
    private const int Users = 100;
    private const double Vanishing = 0.02;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1.5);

    /// <summary>Runs it; returns the exit code.</summary>
    public static async Task<int> RunAsync(Report report, int requests, double rate) =>
        report.Conclude("last-good-mix", await report.DuringAsync("last-good-mix", progress => MeasureAsync(requests, rate, progress)));

    /// <summary>Sends so many requests and disturbs them all the while.</summary>
    public static async Task<Verdict> MeasureAsync(int requests, double rate, Action<string> progress)
    {
        await using var bed = await TestBed.StartAsync(new()
        {
            Primaries = 1,
            Standbys = 1,
            Config =
            [
                ("clusters.ai-guide.failback.after", "1s"), ("clusters.ai-guide.failback.ramp", "1s"),
                ("routes.recommend.lastGood.refreshEvery", "100ms"),
            ],
        });
        var run = LoadRun.Start(new()
        {
            Target = LoadTarget.Parse(bed.Gateway.Url),
            Rate = RateProfile.Constant(rate, TimeSpan.FromSeconds(requests / rate)),
            Scenarios = UserScenario.AllWays(Users),
            Vanishing = Vanishing,
            MaxInFlight = 64,
            Waits = true,
        });

        var rounds = 0;
        while (!run.Completion.IsCompleted)
        {
            // 1. One tier, then all of it.
            progress(string.Create(CultureInfo.InvariantCulture, $"outage {++rounds}"));
            await PauseAsync(run);
            await bed.Primaries[0].KillAsync();
            await PauseAsync(run);
            await bed.Standbys[0].KillAsync();
            await PauseAsync(run);

            // 2. In the middle of it the gateway itself, every second time.
            if (rounds % 2 == 1)
            {
                await bed.Gateway.KillAsync();
                await bed.Gateway.StartAsync();
                await PauseAsync(run);
            }

            // 3. Everything returns.
            await Task.WhenAll(bed.Guides.Select(guide => guide.StartAsync()));
        }

        var ledger = await run.Completion;
        var verdict = new Verdict()
            .AtLeast("requests", ledger.Total, requests)
            .AtLeast("sent", ledger.Total - ledger.Count(Outcome.Unsent), requests)
            .AtLeast("outages", rounds, 1)
            .AtLeast("clients that went away", ledger.Count(Outcome.Vanished), 1)
            .Exactly("responses with a byte of another user", ledger.Count(Outcome.WrongBody), 0)
            .Exactly("responses that are no HTTP", ledger.Count(Outcome.Malformed), 0);
        foreach (var by in Enum.GetValues<UserBy>())
        {
            // A user by query or by a header of one's own is in the key and is carried through; cookies and tokens are not stored.
            var own = ledger.Of(by.ToString());
            verdict.AtLeast($"{by}: live", own.Count(Outcome.Live), 1);
            _ = by is UserBy.Query or UserBy.Header
                ? verdict.AtLeast($"{by}: last good", own.Count(Outcome.LastGood), 1)
                : verdict.Exactly($"{by}: last good", own.Count(Outcome.LastGood), 0);
        }

        return verdict;
    }

    private static async Task PauseAsync(LoadRun run) => await Task.WhenAny(run.Completion, Task.Delay(Between, TimeProvider.System));
}
