using Gateway.Observability.Metrics;

namespace Gateway.Tests;

/// <summary>Requests with the status that is usual for their outcome.</summary>
internal static class RouteMeterExtensions
{
    public static void Ended(this RouteMeter route, RequestOutcome outcome, TimeSpan duration, bool? bad = null) =>
        route.Ended(outcome, StatusOf(outcome), duration, bad);

    public static void Live(this RouteMeter route, TimeSpan duration) => route.Ended(RequestOutcome.Live, duration);

    public static void Degraded(this RouteMeter route, TimeSpan duration) => route.Ended(RequestOutcome.Degraded, duration);

    public static void Failed(this RouteMeter route, TimeSpan duration) => route.Ended(RequestOutcome.Failed, duration);

    private static int StatusOf(RequestOutcome outcome) => outcome switch
    {
        RequestOutcome.Failed => 503,
        RequestOutcome.Refused => 400,
        RequestOutcome.Aborted => 0,
        _ => 200,
    };
}
