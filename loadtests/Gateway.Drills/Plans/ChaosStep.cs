using Gateway.Drills.Running;

namespace Gateway.Drills.Plans;

/// <summary>
/// Every so often one fault drawn from a list, for a while. The seed decides which and when, so that a run that failed
/// can be run again.
/// </summary>
internal sealed class ChaosStep(int seed, TimeSpan every, TimeSpan lasts, TimeSpan time, IReadOnlyList<(Step Break, Step Recover)> faults)
    : Step($"chaos of {faults.Count} faults, seed {seed}", Effect.Breaks | Effect.Recovers)
{
    /// <summary>Decides the order.</summary>
    public int Seed => seed;

    /// <inheritdoc/>
    public override TimeSpan Lasts => time;

    /// <inheritdoc/>
    public override bool NeedsOwnGuides => faults.Any(fault => fault.Break.NeedsOwnGuides);

    /// <inheritdoc/>
    public override bool IsAboutTheGateway => faults.Any(fault => fault.Break.IsAboutTheGateway);

    /// <summary>The same chaos with another seed or another length.</summary>
    public ChaosStep With(int? newSeed, TimeSpan? newTime) => new(newSeed ?? seed, every, lasts, newTime ?? time, faults);

    /// <summary>The positions of the faults in the order in which they come.</summary>
    public IReadOnlyList<int> Draw()
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, (int)(time / every)).Select(_ => random.Next(faults.Count))];
    }

    /// <inheritdoc/>
    public override async Task DoAsync(DrillEnvironment stage, CancellationToken cancel)
    {
        foreach (var (number, drawn) in Draw().Index())
        {
            var (@break, recover) = faults[drawn];
            var begun = System.Diagnostics.Stopwatch.GetTimestamp();
            stage.Mark($"chaos {number + 1}: {@break.Label}");
            await @break.DoAsync(stage, cancel);
            await Task.Delay(lasts, TimeProvider.System, cancel);
            await recover.DoAsync(stage, cancel);
            var left = every - System.Diagnostics.Stopwatch.GetElapsedTime(begun);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, TimeProvider.System, cancel);
            }
        }
    }
}
