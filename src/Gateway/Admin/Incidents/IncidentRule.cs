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

    /// <summary>Users got errors of note.</summary>
    public static bool IsNoteworthy(Impact impact) =>
        AreOfNote(impact.Failed, impact.Routes.Sum(static route => route.Live + route.Degraded + route.Failed));

    /// <summary>Errors that are worth an operator's look though every destination is up: at least five, and one in a hundred.</summary>
    public static bool AreOfNote(long failed, long requests) => failed >= FewestErrors && failed >= SmallestShare * requests;
}
