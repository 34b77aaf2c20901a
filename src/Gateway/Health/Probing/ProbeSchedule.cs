using Gateway.Configuration.Model;

namespace Gateway.Health.Probing;

/// <summary>When the next probe of a destination starts.</summary>
internal static class ProbeSchedule
{
    /// <summary>
    /// From start to start, never before the last one ended. <paramref name="jitter"/> from -1 to 1 moves it by up to a tenth, so that many
    /// gateways do not probe in step.
    /// </summary>
    public static TimeSpan Next(TimeSpan started, TimeSpan ended, bool fast, ProbeConfig probe, double jitter)
    {
        var next = started + ((fast ? probe.FastInterval : probe.Interval) * (1 + (0.1 * Math.Clamp(jitter, -1, 1))));
        return next > ended ? next : ended;
    }

    /// <summary>
    /// After the first probe, which a start makes at once: <paramref name="draw"/> from 0 to 1 puts the second anywhere between a tenth of
    /// the interval and all of it. So gateways that start at the same moment fall out of step with their second probe, and none is later
    /// for it.
    /// </summary>
    public static TimeSpan Second(TimeSpan started, TimeSpan ended, ProbeConfig probe, double draw)
    {
        var next = started + (probe.Interval * (0.1 + (0.9 * Math.Clamp(draw, 0, 1))));
        return next > ended ? next : ended;
    }
}
