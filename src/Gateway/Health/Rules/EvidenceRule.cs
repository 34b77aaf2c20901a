using Gateway.Configuration.Model;
using Gateway.Health.Model;

namespace Gateway.Health.Rules;

/// <summary>What a piece of evidence can show at all. Pure.</summary>
internal static class EvidenceRule
{
    /// <summary>A connect failure that took this long is a timeout in disguise, and so possibly our fault.</summary>
    private static readonly TimeSpan SlowConnect = TimeSpan.FromMilliseconds(250);

    /// <summary>It rests on our own clock: while this process is starved it shows nothing.</summary>
    public static bool RestsOnTime(in Evidence evidence) =>
        evidence.Kind is EvidenceKind.Timeout or EvidenceKind.Late
            || (evidence.Kind == EvidenceKind.Connect && evidence.Waited >= SlowConnect);

    /// <summary>
    /// Late, but not later than slow responses are. A lingering attempt is cut at <paramref name="lateAfter"/> by a timer that may be a
    /// little early, and the value itself moves once a second.
    /// </summary>
    public static bool IsOnlySlow(in Evidence evidence, TimeSpan lateAfter) => evidence.Waited < lateAfter * 0.9;

    /// <summary>A response that a sound server gives too: it is busy, or refuses what was asked for.</summary>
    public static bool IsSound(in Evidence evidence, AttemptsConfig attempts) =>
        evidence.Kind == EvidenceKind.Busy
            || (evidence.Kind == EvidenceKind.Status && !FailureStatus.MayBeIllness(evidence.Status, attempts.OnStatus));

    /// <summary>It lengthens a run of failures; false: it counts for the share only.</summary>
    public static bool CountsInRow(in Evidence evidence, AttemptsConfig attempts) =>
        evidence.Kind != EvidenceKind.Status || attempts.OnStatus.Contains(evidence.Status);

    /// <summary>
    /// The last healthy destination is better than the fallback chain: not ejected for being slow, since everyone is; nor for bad responses
    /// as long as it answers most requests, of all routes, well. That it cannot be reached or never answers is not forgiven: users would
    /// wait for it.
    /// </summary>
    public static bool IsForgiven(in Evidence evidence, bool mostFail) =>
        evidence.Kind == EvidenceKind.Late || (evidence.Kind is EvidenceKind.Status or EvidenceKind.Truncated && !mostFail);
}
