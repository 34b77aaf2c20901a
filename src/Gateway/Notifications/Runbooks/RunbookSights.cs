using Gateway.Failover;
using Gateway.Health.Model;

namespace Gateway.Notifications.Runbooks;

/// <summary>What a run sees of its destination. Pure.</summary>
internal static class RunbookSights
{
    /// <summary>The sight at one turn.</summary>
    /// <param name="active">The run's fault.</param>
    /// <param name="input">The turn.</param>
    /// <param name="facts">The facts of the guards; null: the destination is gone.</param>
    public static RunbookSight Of(ActiveFault active, RunbookInput input, RunbookFacts? facts)
    {
        var fault = active.Fault;
        if (facts is null
            || !input.Runbooks.Any(fault.Runbook.SaysTheSameAs)
            || DestinationOf(fault, input) is not { } destination)
        {
            return new RunbookSight { IsGone = true };
        }

        var since = active.Run?.StepSince ?? input.Now;
        var isProbed = destination is { LastProbe.Passed: true, LastProbeAt: { } at } && at > input.Utc - (input.Now - since);
        return new RunbookSight
        {
            PassesProbes = isProbed && destination.HealthStatus != HealthStatus.Down,
            IsUp = isProbed && RunbookSubjects.IsWell(destination),
            InFlight = destination.InFlight,
            Result = active.Result,
            IsOver = !RunbookSubjects.Holds(fault.Runbook.When, destination),
            IsDrainedByOperator = facts.IsDrainedByOperator,
            Refusal = active.IsPermitLost ? RunbookRefusal.Elsewhere : RunbookDecision.Continue(facts),
        };
    }

    private static DestinationView? DestinationOf(RunbookFault fault, RunbookInput input)
    {
        foreach (var cluster in input.Clusters)
        {
            if (string.Equals(cluster.Name, fault.Key.Cluster, StringComparison.Ordinal))
            {
                return RunbookFactsReader.Find(cluster, fault.Key.Destination);
            }
        }

        return null;
    }
}
