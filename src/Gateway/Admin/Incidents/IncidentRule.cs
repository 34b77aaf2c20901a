using Gateway.Admin.Status;
using Gateway.Failover;

namespace Gateway.Admin.Incidents;

/// <summary>Which disturbances are incidents. Pure.</summary>
internal static class IncidentRule
{
    private const int FewestErrors = 5;
    private const double SmallestShare = 0.01;

    /// <summary>The gateway left a tier, or had none; what an operator or a changed file did is no incident.</summary>
    public static bool IsNoteworthy(Transition transition) =>
        transition.Reason is TransitionReason.Failover or TransitionReason.Relapse or TransitionReason.Exhausted;

    /// <summary>Users got errors: at least five, and one in a hundred.</summary>
    public static bool IsNoteworthy(Impact impact) =>
        impact.Failed >= FewestErrors
        && impact.Failed >= SmallestShare * impact.Routes.Sum(static route => route.Live + route.Degraded + route.Failed);
}
