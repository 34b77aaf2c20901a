using Gateway.Configuration.Model;

namespace Gateway.Configuration;

/// <summary>
/// How long probes alone take to see that a destination is gone. Pure arithmetic over the probe's settings; traffic usually notices sooner.
/// </summary>
/// <param name="KilledTypical">A destination whose port refuses: half an interval until the next probe, then the remaining failures one
/// fast interval apart.</param>
/// <param name="KilledWorst">The same when it died right after a good probe whose successor comes late by the jitter.</param>
/// <param name="FrozenTypical">A destination that accepts and never answers: every probe also lasts its whole timeout.</param>
/// <param name="FrozenWorst">The same at worst.</param>
internal readonly record struct DetectionTime(TimeSpan KilledTypical, TimeSpan KilledWorst, TimeSpan FrozenTypical, TimeSpan FrozenWorst)
{
    /// <summary>Probes start up to this share of the interval early or late.</summary>
    public const double Jitter = 0.1;

    /// <summary>The times for one cluster's probes.</summary>
    public static DetectionTime Of(ProbeConfig probe)
    {
        // Fast probes are counted from start to start, so a timeout longer than that is what separates them.
        var further = probe.Fall - 1;
        var killed = further * probe.FastInterval;
        var frozen = (further * Max(probe.FastInterval, probe.Timeout)) + probe.Timeout;
        var typical = probe.Interval / 2;
        var worst = probe.Interval * (1 + Jitter);
        return new DetectionTime(typical + killed, worst + killed, typical + frozen, worst + frozen);
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
