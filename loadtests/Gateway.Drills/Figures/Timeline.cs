using Gateway.Drills.Load;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>When things happen in a row of the table, after the load's begin.</summary>
internal static class Timeline
{
    /// <summary>The fault begins.</summary>
    public static readonly TimeSpan FaultAt = TimeSpan.FromSeconds(3);

    /// <summary>The fault is over.</summary>
    public static readonly TimeSpan RecoverAt = TimeSpan.FromSeconds(8);

    /// <summary>The load ends: time enough to see the return.</summary>
    public static readonly TimeSpan EndAt = TimeSpan.FromSeconds(13);

    /// <summary>Load that is not counted, so that all programs have compiled what they run and the stores are filled.</summary>
    public static async Task WarmAsync(TestBed bed, double rate, TimeSpan time, params IReadOnlyList<Scenario> scenarios)
    {
        if (time <= TimeSpan.Zero)
        {
            return;
        }

        var ledger = await LoadRun.RunAsync(new()
        {
            Target = LoadTarget.Parse(bed.Gateway.Url),
            Rate = RateProfile.Constant(rate, time),
            Scenarios = scenarios
        });
        if (ledger.Count(Outcome.Live) < ledger.Total / 2)
        {
            throw new InvalidOperationException(
                $"Even before any fault, most requests were not answered by a guide: {ledger.Summary()}. The gateway wrote:\n"
                    + $"{bed.Gateway.Output}");
        }
    }
}
