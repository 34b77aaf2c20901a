using System.Globalization;
using Gateway.Observability.History;

namespace Gateway.Notifications.Drills;

/// <summary>A cluster's requests so far, those that were refused or aborted left out.</summary>
/// <param name="Requests">How many.</param>
/// <param name="Bad">
/// Of these, how many count against the objective (<c>slo</c>): failed and degraded ones, if no route says otherwise.
/// </param>
internal readonly record struct RequestCount(long Requests, long Bad)
{
    /// <summary>Of a route's sums.</summary>
    public static RequestCount Of(RequestSums sums) => new(sums.Judged, sums.Bad);

    /// <summary>What came since.</summary>
    public static RequestCount operator -(RequestCount a, RequestCount b) => new(a.Requests - b.Requests, a.Bad - b.Bad);

    /// <summary>Both together.</summary>
    public static RequestCount operator +(RequestCount a, RequestCount b) => new(a.Requests + b.Requests, a.Bad + b.Bad);

    /// <summary>True: no more are bad than an objective allows, 0 to 1.</summary>
    public bool Meets(double slo) => Bad <= (1 - slo) * Requests;

    /// <summary>In half a sentence.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Bad:N0} of {Requests:N0} requests count against slo");
}
