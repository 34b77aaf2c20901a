using Gateway.Configuration.Model;

namespace Gateway.Health.Rules;

/// <summary>
/// What failures must show before they take a destination from every route: that it is the destination which fails, not one route at it,
/// and, beyond <c>passive.maxEjected</c> of a tier, that it is not chance. Pure.
/// </summary>
internal static class EjectionRule
{
    /// <summary>A run of failures that is less likely than this, by the usual share of failures, is no chance.</summary>
    private const double Chance = 1e-6;

    /// <summary>How many destinations of a tier may be out while traffic ejects another; at least one always remains.</summary>
    public static int MostEjected(int destinations, double share) => Math.Min(destinations - 1, Math.Max(1, (int)(destinations * share)));

    /// <summary>
    /// True: not one route alone fails. Either no other route is in use, or another one failed in the same run, or most requests of the
    /// others fail as well. While others are in use but none has succeeded here, that they fail too will show soon.
    /// </summary>
    public static bool IsDestinationWide(in FailureRun run, RouteCount others, bool othersServed, PassiveConfig passive) =>
        (others.Successes == 0 && !othersServed)
        || (run.Length >= passive.ConsecutiveFailures && run.OnManyRoutes)
        || (others.Requests >= passive.ConsecutiveFailures && others.FailureShare >= passive.FailureRatio);

    /// <summary>
    /// True: it has answered nothing that it was asked for, whatever it was, for a whole window and for enough requests. Everybody waits
    /// for it in vain, so that this ejects even the last destination: what is stored or prepared is better than that. One URL, or a short
    /// burst, cannot show it.
    /// </summary>
    public static bool IsSilent(in SilentRun run, PassiveConfig passive, TimeSpan now) =>
        run.Length >= passive.MinimumRequests && run.Targets >= SilentRun.FewTargets && now - run.Since >= passive.Window;

    /// <summary>True: at the share of failures that is usual there, so long a run without one success is no chance.</summary>
    public static bool IsBeyondChance(in FailureRun run, double usualShare, PassiveConfig passive) =>
        run.Length >= passive.ConsecutiveFailures && Math.Pow(usualShare, run.Length) <= Chance;
}

/// <summary>Requests to a destination that it never answered, without a success of any route between them.</summary>
/// <param name="Length">How many.</param>
/// <param name="Targets">How many different targets, at least; counted up to 64.</param>
/// <param name="Since">When the first of them ended.</param>
internal readonly record struct SilentRun(int Length, int Targets, TimeSpan Since)
{
    /// <summary>With fewer targets than this, what was asked for may be the reason.</summary>
    public const int FewTargets = 4;
}

/// <summary>Failures of a destination without a success of any route between them.</summary>
/// <param name="Length">How many.</param>
/// <param name="OnManyRoutes">They are not all of one route.</param>
internal readonly record struct FailureRun(int Length, bool OnManyRoutes);
