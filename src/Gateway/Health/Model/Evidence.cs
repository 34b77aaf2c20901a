namespace Gateway.Health.Model;

/// <summary>What one attempt showed of a destination.</summary>
internal enum EvidenceKind
{
    /// <summary>It was not reached: refused, connect timeout, TLS failure.</summary>
    Connect,

    /// <summary>The connection broke before the response.</summary>
    Reset,

    /// <summary>No first byte within <c>timeouts.firstByte</c>.</summary>
    Timeout,

    /// <summary>The response ended before its Content-Length.</summary>
    Truncated,

    /// <summary>
    /// A status that may be the destination's illness: one of <c>attempts.retryOn</c>, or 500, 502, 503, 504; see
    /// <see cref="FailureStatus"/>.
    /// </summary>
    Status,

    /// <summary>
    /// Another destination answered first, or the response came later than <c>RouteTiming.LateAfter</c>; see <see cref="Evidence.Waited"/>.
    /// </summary>
    Late,

    /// <summary>A half-open probe succeeded. All other successes only go to <see cref="Rules.RouteSuccessCounter"/>.</summary>
    Success,

    /// <summary>It asked to be left alone for <see cref="Evidence.RetryAfter"/>; no failure.</summary>
    Busy,
}

/// <summary>
/// One observation of a destination by traffic. A failure is told when it is seen, and once more, <paramref name="Confirmed"/>, when
/// another destination has served the same request: only the two together say that the destination is at fault, and not the request. A
/// client's abort is none; 4xx are successes.
/// </summary>
/// <param name="Destination">Of whom.</param>
/// <param name="Route">The route's name: failures of one route are not hidden by another's successes.</param>
/// <param name="Kind">What was seen.</param>
/// <param name="HalfOpen">The attempt held the half-open probe permit (<see cref="Model.Destination.TryTakeHalfOpenPermit"/>).</param>
/// <param name="Waited">From the request sent until it was given up or answered.</param>
/// <param name="Status">The status, when <paramref name="Kind"/> is <see cref="EvidenceKind.Status"/>.</param>
/// <param name="RetryAfter">What a 503 or 429 asked for; at most 60 s are granted, and none until it is confirmed: a request that fails
/// wherever it goes must not move the others.</param>
/// <param name="Cause">What failed, as far as it is known beyond <paramref name="Kind"/>.</param>
/// <param name="Confirmed">Another destination served the same request: a failure that was told before is the destination's own.</param>
/// <param name="Lone">The request is not tried elsewhere, so that nothing will confirm the failure: neighbours are asked instead.</param>
/// <param name="Target">A hash of what was asked for: whether many targets fail, or one.</param>
internal readonly record struct Evidence(
    Destination Destination,
    string Route,
    EvidenceKind Kind,
    bool HalfOpen = false,
    TimeSpan Waited = default,
    int Status = 0,
    TimeSpan RetryAfter = default,
    FailureCause Cause = FailureCause.None,
    bool Confirmed = false,
    bool Lone = false,
    int Target = 0);
