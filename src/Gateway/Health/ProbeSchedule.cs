using Gateway.Configuration;

namespace Gateway.Health;

/// <summary>When the next probe of a destination starts.</summary>
internal static class ProbeSchedule
{
    /// <summary>
    /// From start to start, never before the last one ended. <paramref name="jitter"/> from -1 to 1 moves it by up to a tenth, so that many gateways
    /// do not probe in step.
    /// </summary>
    public static TimeSpan Next(TimeSpan started, TimeSpan ended, bool fast, ProbeConfig probe, double jitter)
    {
        var next = started + ((fast ? probe.FastInterval : probe.Interval) * (1 + (0.1 * Math.Clamp(jitter, -1, 1))));
        return next > ended ? next : ended;
    }
}
