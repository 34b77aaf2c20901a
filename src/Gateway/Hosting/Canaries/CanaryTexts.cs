using System.Globalization;
using Gateway.Configuration.Reload;
using Gateway.Fleet.Canaries;

namespace Gateway.Hosting.Canaries;

/// <summary>What became of a canary, in words for operators.</summary>
internal static class CanaryTexts
{
    /// <summary>That it passed.</summary>
    /// <param name="run">The canary.</param>
    /// <param name="counts">What this gateway counted since it began.</param>
    public static string Passed(CanaryRun run, CanaryCounts counts) => string.Create(
        CultureInfo.InvariantCulture,
        $"Configuration revision {run.Revision} is no canary any more, since nothing spoke against it: {counts.Requests:N0} requests, "
            + $"{counts.Failed:N0} failed, {counts.Rejected:N0} got a 4xx.")
        + (counts.Requests < CanaryRule.FewestToCompare ? " So few say little." : "");

    /// <summary>That it harms, and what came of the rollback.</summary>
    public static string Harmed(CanaryRun run, string harm, ReloadOutcome outcome) => outcome.Applied
        ? $"Configuration revision {run.Revision} was a canary and is rolled back: {harm}. Revision {outcome.Revision} is in "
            + $"force, with the files of revision {run.RollbackTo}."
        : $"Configuration revision {run.Revision} harms users: {harm}. It cannot be rolled back to revision {run.RollbackTo}: "
            + string.Join(" ", outcome.Problems.Take(3));

    /// <summary>Why a gateway of a fleet does not take a configuration; null: it takes it.</summary>
    public static (RejectionCause Cause, string Why)? RefusalOf(CanaryNews news) => news.State switch
    {
        CanaryState.Running => (
            RejectionCause.AwaitsCanary,
            $"Gateway \"{news.Gateway}\" has this configuration as a canary. It is taken here once nothing speaks against it there."),
        CanaryState.Failed => (
            RejectionCause.RolledBack,
            $"Gateway \"{news.Gateway}\" had this configuration as a canary and rolled it back: {news.Text}. Change it, or put it in "
                + "force by a reload with --force."),
        _ => null,
    };
}
