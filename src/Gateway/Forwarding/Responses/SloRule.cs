using Gateway.Configuration.Model;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Responses;

/// <summary>Whether a request counts against its cluster's objective.</summary>
internal static class SloRule
{
    /// <summary>True: it spends error budget.</summary>
    /// <param name="route">The route, with its <c>slo</c>.</param>
    /// <param name="outcome">How the request ended.</param>
    /// <param name="status">The status that the user got.</param>
    /// <param name="elapsed">From the request's head to the end of the response.</param>
    public static bool IsBad(RouteConfig route, RequestOutcome outcome, int status, TimeSpan elapsed) => outcome switch
    {
        RequestOutcome.Refused or RequestOutcome.Aborted => false,
        RequestOutcome.Degraded => true,
        // Not a 5xx and failed all the same: it was cut.
        RequestOutcome.Failed when status < StatusCodes.Status500InternalServerError => true,
        _ => route.Slo.Counts(status) || (route.Stream is null && elapsed > route.Slo.SlowerThan),
    };
}
