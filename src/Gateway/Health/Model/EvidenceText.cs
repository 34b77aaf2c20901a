using System.Globalization;
using Gateway.Health.Probing;

namespace Gateway.Health.Model;

/// <summary>What probes and attempts showed, in words for people.</summary>
internal static class EvidenceText
{
    /// <summary>Ends a cause that only probes met. Whether users met the failure makes a difference to what an operator does.</summary>
    public const string OnProbes = " on probes";

    /// <summary>Ends a cause that requests met.</summary>
    public const string OnRequests = " on requests";

    /// <summary>What the last probes showed.</summary>
    /// <param name="result">The last one.</param>
    /// <param name="inRow">How many in a row had the same result.</param>
    public static string OfProbes(in ProbeResult result, int inRow) => (result.Passed, inRow) switch
    {
        (true, 1) => "the last probe passed",
        (true, _) => string.Create(CultureInfo.InvariantCulture, $"the last {inRow} probes passed"),
        (false, 1) => $"the last probe failed: {result.Words}",
        _ => string.Create(CultureInfo.InvariantCulture, $"the last {inRow} probes failed: {result.Words}"),
    };

    /// <summary>What an attempt showed.</summary>
    public static string Of(in Evidence evidence) => evidence.Kind == EvidenceKind.Late
        ? string.Create(CultureInfo.InvariantCulture, $"no response after {evidence.Waited.TotalMilliseconds:0} ms")
        : FailureCauses.WordsOf(evidence.Cause != FailureCause.None ? evidence.Cause : CauseOf(evidence.Kind), evidence.Status);

    private static FailureCause CauseOf(EvidenceKind kind) => kind switch
    {
        EvidenceKind.Connect => FailureCause.NoConnection,
        EvidenceKind.Reset => FailureCause.Reset,
        EvidenceKind.Timeout => FailureCause.Timeout,
        EvidenceKind.Truncated => FailureCause.Truncated,
        _ => FailureCause.Status,
    };
}
