using System.Globalization;
using Gateway.Configuration.Values;
using Gateway.Failover.Resuming;
using Gateway.Health.Model;

namespace Gateway.Failover;

/// <summary>Carries out what operators ask for, and answers in a sentence. Only the failover loop touches it.</summary>
internal sealed class CommandCarrier(ClusterTable clusters, ClusterDecider decider)
{
    /// <summary>Carries out a command, or says why not.</summary>
    public CommandResult Carry(Command command, TimeSpan now)
    {
        if (clusters.Find(command.Cluster) is not { } cluster)
        {
            return new CommandResult(
                Done: false,
                $"There is no cluster '{command.Cluster}'; there are: "
                    + $"{string.Join(", ", clusters.All.Select(static known => known.Config.Name).Order(StringComparer.Ordinal))}.");
        }

        switch (command)
        {
            case HoldCommand { IfFree: true } when cluster.State.Held is { } held:
                return new CommandResult(
                    Done: false, $"Cluster '{command.Cluster}' is held already by {held.By ?? "an operator"}: {held.Reason}.");
            case HoldCommand hold:
                var tier = Array.FindIndex(cluster.Tiers, t => string.Equals(t.Config.Name, hold.Tier, StringComparison.Ordinal));
                if (tier < 0)
                {
                    return new CommandResult(
                        Done: false,
                        $"Cluster '{hold.Cluster}' has no tier '{hold.Tier}'; it has: "
                            + $"{string.Join(", ", cluster.Tiers.Select(t => t.Config.Name))}.");
                }

                if (hold.For <= TimeSpan.Zero)
                {
                    return new CommandResult(Done: false, "A hold needs a duration above 0, such as 30m: it ends by itself.");
                }

                decider.Evaluate(cluster, new Order(new Hold(tier, now + hold.For, hold.Reason, hold.By)), hold, now);
                return new CommandResult(Done: true, cluster.State.Active == tier
                    ? $"Tier '{hold.Tier}' of cluster '{hold.Cluster}' is held for {DurationText.Format(hold.For)}."
                    : $"Tier '{hold.Tier}' of cluster '{hold.Cluster}' cannot serve now; it is held for {DurationText.Format(hold.For)} "
                        + $"and takes over once it can.");
            case ReleaseCommand { HeldBy: { } holder } when !string.Equals(cluster.State.Held?.By, holder, StringComparison.Ordinal):
                return new CommandResult(Done: false, $"Cluster '{command.Cluster}' is not held by {holder} any more.");
            case ReleaseCommand release:
                decider.Evaluate(cluster, new Order(Hold: null, release.AtOnce), command, now);
                return new CommandResult(Done: true, cluster.State.Active < 0
                    ? $"Cluster '{command.Cluster}' is released; no tier can serve now."
                    : cluster.State.RampFrom >= 0
                    ? $"Cluster '{command.Cluster}' is released; tier '{cluster.Tiers[cluster.State.Active].Config.Name}' takes over from '"
                        + $"{cluster.Tiers[cluster.State.RampFrom].Config.Name}' step by step, all of it within "
                        + $"{DurationText.Format(cluster.Config.Failback.Ramp)}."
                    : $"Cluster '{command.Cluster}' is released; tier '{cluster.Tiers[cluster.State.Active].Config.Name}' serves.");
            case DrainCommand drain:
                return CarryOn(cluster, drain.Destination, drain, now);
            case ReadyCommand ready:
                return CarryOn(cluster, ready.Destination, drain: null, now);
            case WeightCommand weight:
                return CarryOn(cluster, weight, now);
            case ResumeCommand resume:
                return ClusterResuming.Resume(cluster, resume.Saved, resume.Ago, now)
                    ? new CommandResult(Done: true, ClusterResuming.TextOf(resume.Saved))
                    : new CommandResult(Done: false, $"Cluster '{resume.Cluster}' has begun anew: its first probes ended before.");
            default:
                return new CommandResult(Done: false, $"The failover loop knows no command '{command.GetType().Name}'.");
        }
    }

    private static DestinationWatch? Find(ClusterRuntime cluster, string name) =>
        cluster.Watches.FirstOrDefault(w => string.Equals(w.Destination.Name, name, StringComparison.Ordinal));

    private static CommandResult NotFound(ClusterRuntime cluster, string name) =>
        new(
            Done: false,
            $"Cluster '{cluster.Config.Name}' has no destination '{name}'; it has: "
                + $"{string.Join(", ", cluster.Watches.Select(w => w.Destination.Name))}.");

    private CommandResult CarryOn(ClusterRuntime cluster, WeightCommand command, TimeSpan now)
    {
        if (Find(cluster, command.Destination) is not { } watch)
        {
            return NotFound(cluster, command.Destination);
        }

        if (command.Weight is < WeightCommand.Least or > WeightCommand.Most)
        {
            return new CommandResult(
                Done: false,
                $"A weight is a number from {WeightCommand.Least} to {WeightCommand.Most}; to send nothing to a destination, drain it.");
        }

        var monitor = watch.Monitor;
        monitor.Share.Order = command.Weight is { } given ? new WeightOrder(given, now - command.Ago, command.Reason, command.By) : null;
        cluster.Dirty = true;
        decider.Evaluate(cluster, order: null, command: null, now);
        var tier = cluster.Tiers.First(t => t.Monitors.Contains(monitor));
        var share = string.Create(
            CultureInfo.InvariantCulture,
            $"{(double)monitor.Share.Weight / tier.Monitors.Sum(static m => m.Share.Weight):P0} of tier '{tier.Config.Name}' while all of "
                + $"it serves");
        return new CommandResult(Done: true, command.Weight is null
            ? $"Destination '{command.Destination}' has the configuration's weight {monitor.Share.Weight} again: {share}."
            : $"Destination '{command.Destination}' has weight {monitor.Share.Weight}, {monitor.Share.Configured} in the configuration: "
                + $"{share}.");
    }

    private CommandResult CarryOn(ClusterRuntime cluster, string name, DrainCommand? drain, TimeSpan now)
    {
        if (Find(cluster, name) is not { } watch)
        {
            return NotFound(cluster, name);
        }

        if (drain is not null)
        {
            DrainDeadlines.Begin(
                watch.Monitor,
                new DrainOrder(now - drain.Ago, drain.Reason, drain.By) { Until = now + drain.For, EndsAt = now + drain.Lasts });
        }
        else
        {
            watch.Monitor.OnReady(now);
        }

        cluster.Dirty = true;
        cluster.HealthChanged = true;
        decider.Evaluate(cluster, order: null, command: null, now);
        return new CommandResult(Done: true, drain is { For: { } length }
            ? $"Destination '{name}' gets no new conversations; those that are there go on for {DurationText.Format(length)}, then they "
                + $"are cut; {watch.Destination.InFlight} requests are under way."
            : drain is not null
            ? $"Destination '{name}' gets no new requests; {watch.Destination.InFlight} are still under way."
            : $"Destination '{name}' takes requests again as soon as its health allows it.");
    }
}
