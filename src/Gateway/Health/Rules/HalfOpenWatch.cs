using Gateway.Configuration.Model;
using Gateway.Health.Model;

namespace Gateway.Health.Rules;

/// <summary>
/// What must not leave a destination out for ever while it waits for its half-open probe: a holder of the permit that vanished, a route
/// that sees no requests any more.
/// </summary>
internal sealed class HalfOpenWatch(Destination destination)
{
    /// <summary>For this long only the route that ejected it may try it.</summary>
    private static readonly TimeSpan OneRouteFor = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private TimeSpan? _takenSince;

    /// <summary>Time passed.</summary>
    /// <param name="halfOpenSince">Since when the destination waits for its half-open probe; null: it does not.</param>
    /// <param name="timeouts">How long an attempt may take.</param>
    /// <param name="now">The loop's clock.</param>
    public void OnTick(TimeSpan? halfOpenSince, TimeoutsConfig timeouts, TimeSpan now)
    {
        if (now - halfOpenSince > OneRouteFor)
        {
            destination.EjectedByRoute = null;
        }

        if (halfOpenSince is null || destination.HalfOpenProbeOffered)
        {
            _takenSince = null;
            return;
        }

        _takenSince ??= now;
        if (now - _takenSince > timeouts.FirstByte + timeouts.Connect + Grace)
        {
            _takenSince = null;
            destination.ReturnHalfOpenPermit();
        }
    }
}
