using System.Globalization;
using Gateway.Failover.Comparison;

namespace Gateway.Fleet.Canaries;

/// <summary>
/// Whether a changed configuration harms users: more of their requests fail, or get a 4xx, than before it, and than at the gateways that
/// still have the earlier one. Pure.
/// </summary>
/// <remarks>
/// By <see cref="ShareTest"/>, so that it may be asked again and again. What befalls all gateways at once, such as a destination that dies,
/// speaks against none of them. A gateway alone can only compare with its own past, in which clients that try paths at random may be
/// missing: there a 4xx counts only as far as it becomes usual.
/// </remarks>
internal static class CanaryRule
{
    /// <summary>The chance that a configuration that harms nobody is rolled back: at most this, while users' requests stay alike.</summary>
    public const double Alpha = 0.01;

    /// <summary>A share of fewer requests is nothing to compare with.</summary>
    public const long FewestToCompare = 50;

    private const double FailedMargin = 0.01;
    private const double RejectedMarginAlone = 0.2;
    private const double RejectedMarginBesideOthers = 0.02;

    /// <summary>How it harms, in words for an operator; null: nothing is proved.</summary>
    /// <param name="canary">Since the canary is in force.</param>
    /// <param name="before">The last minutes before that.</param>
    /// <param name="others">The gateways with the earlier configuration, since then; nothing: there are none.</param>
    /// <param name="parts">How many comparisons are made side by side, of which none may be wrong.</param>
    /// <param name="fewest">
    /// Fewer requests of the others are no comparison, so that only the past is left; 0: the others decide, however few they have.
    /// </param>
    public static string? HarmOf(
        CanaryCounts canary, CanaryCounts before, CanaryCounts others, int parts = 1, long fewest = FewestToCompare)
    {
        var isAlone = others.Requests < fewest;
        if (isAlone && before.Requests < FewestToCompare)
        {
            return null;
        }

        if (IsWorse(canary.Failed, before.Failed, others.Failed, FailedMargin, BetaPrior.OfHarm, BetaPrior.OfRare))
        {
            return Words("failed", canary.Failed, before.Failed, others.Failed);
        }

        var margin = isAlone ? RejectedMarginAlone : RejectedMarginBesideOthers;
        return IsWorse(canary.Rejected, before.Rejected, others.Rejected, margin, BetaPrior.OfAny, BetaPrior.OfCommon)
            ? Words("got a 4xx", canary.Rejected, before.Rejected, others.Rejected)
            : null;

        // Against each of the two that there is something of: both have to show it.
        bool IsWorse(long hits, long hitsBefore, long hitsOfOthers, double most, BetaPrior feared, BetaPrior expected) =>
            (before.Requests < FewestToCompare || IsHigher(hits, before.Requests, hitsBefore, most, feared, expected))
            && (isAlone || IsHigher(hits, others.Requests, hitsOfOthers, most, feared, expected));

        bool IsHigher(long hits, long baseCases, long baseHits, double most, BetaPrior feared, BetaPrior expected) =>
            ShareTest.LogEvidence(hits, canary.Requests, baseHits, baseCases, most, feared, expected) >= -Math.Log(Alpha / (2 * parts));

        string Words(string what, long hits, long hitsBefore, long hitsOfOthers) => string.Create(
            CultureInfo.InvariantCulture,
            $"{Percent(hits, canary.Requests)} of {canary.Requests:N0} requests {what}")
            + (before.Requests < FewestToCompare ? "" : string.Create(
                CultureInfo.InvariantCulture, $", {Percent(hitsBefore, before.Requests)} of {before.Requests:N0} before"))
            + (isAlone ? "" : string.Create(
                CultureInfo.InvariantCulture,
                $", {Percent(hitsOfOthers, others.Requests)} of {others.Requests:N0} at the other gateways meanwhile"));
    }

    private static string Percent(long hits, long cases)
    {
        var share = 100.0 * hits / cases;
        return share is > 0 and < 10
            ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0.1, share):0.0} %")
            : string.Create(CultureInfo.InvariantCulture, $"{share:0} %");
    }
}
