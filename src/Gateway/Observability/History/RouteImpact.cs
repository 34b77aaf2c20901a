namespace Gateway.Observability.History;

/// <summary>What the users of one route got.</summary>
/// <param name="Route">Its name.</param>
/// <param name="Live">Responses of a tier.</param>
/// <param name="Degraded">Responses of the fallback chain, the built-in one apart.</param>
/// <param name="Failed">Errors.</param>
/// <param name="Slow">How many of all these took longer than a second.</param>
internal readonly record struct RouteImpact(string Route, long Live, long Degraded, long Failed, long Slow)
{
    // A route that left the configuration and came back counts from zero again.
    public static RouteImpact operator -(RouteImpact a, RouteImpact b) =>
        b.Live > a.Live || b.Degraded > a.Degraded || b.Failed > a.Failed || b.Slow > a.Slow
        ? a
        : new(a.Route, a.Live - b.Live, a.Degraded - b.Degraded, a.Failed - b.Failed, a.Slow - b.Slow);
}
