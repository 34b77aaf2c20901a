using Gateway.Configuration.Model;
using Gateway.Failover;

namespace Gateway.Notifications.Drills;

/// <summary>
/// The orders that take something away for a drill, and those that give it back. They are an operator's: every gateway of the fleet
/// carries them out, and what was taken away comes back by itself after <see cref="DrillRun.Lasts"/>.
/// </summary>
/// <param name="sources">Carries them out.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where one that fails is told.</param>
internal sealed partial class DrillOrders(DrillSources sources, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    /// <summary>Takes away what a run loses; never waits.</summary>
    public void Take(DrillRun run)
    {
        var (drill, by) = (run.Drill, DrillWords.ByOf(run.Drill.Name));
        _ = SendAsync(drill.Lose == DrillLoss.Tier
            ? new HoldCommand(drill.Cluster, run.ServedBy, run.Lasts, by)
            {
                By = by,
                IfFree = true,
            }
            : new DrainCommand(drill.Cluster, run.Lost)
            {
                By = by,
                Reason = by,
                Lasts = run.Lasts,
            });
    }

    /// <summary>Gives back what a drill has lost; never waits.</summary>
    public void GiveBack(ScheduledDrillConfig drill, string lost, bool atOnce) => _ = GiveBackAsync(drill, lost, atOnce);

    /// <summary>Gives it back, within 5 s. An operator's hold that came meanwhile stays.</summary>
    /// <param name="drill">The drill.</param>
    /// <param name="lost">What it has lost.</param>
    /// <param name="atOnce">Without a ramp: what serves meanwhile hurts users.</param>
    public Task GiveBackAsync(ScheduledDrillConfig drill, string lost, bool atOnce)
    {
        var by = DrillWords.ByOf(drill.Name);
        if (drill.Lose == DrillLoss.Tier)
        {
            return SendAsync(new ReleaseCommand(drill.Cluster)
            {
                By = by,
                HeldBy = by,
                AtOnce = atOnce,
            });
        }

        return sources.Find(drill.Cluster) is { } cluster
            && string.Equals(ForeignDrills.DrainedBy(cluster, drill.Name), lost, StringComparison.Ordinal)
            ? SendAsync(new ReadyCommand(drill.Cluster, lost) { By = by })
            : Task.CompletedTask;
    }

    private async Task SendAsync(Command command)
    {
        using var deadline = new CancellationTokenSource(Within, time);
        try
        {
            await sources.Command(command, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // What a drill takes away comes back by itself, for its orders have a deadline of their own.
            LogNotCarried(logger, command.Cluster, e);
        }
    }

    [LoggerMessage(8324, LogLevel.Error, "Cluster '{Cluster}': a command of a scheduled drill was not carried out in time.")]
    private static partial void LogNotCarried(ILogger logger, string cluster, Exception failure);
}
