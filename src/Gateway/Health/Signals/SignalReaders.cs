using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Signals.DeepProbes;
using Gateway.Health.Signals.Lines;
using Gateway.Redis;

namespace Gateway.Health.Signals;

/// <summary>The readers that a configuration needs.</summary>
/// <param name="destinations">The destinations of a cluster now.</param>
/// <param name="alerts">The alerts that fire.</param>
/// <param name="lines">Hands out lines of journals, syslog and pushes.</param>
/// <param name="redis">What the gateways of a fleet share; null: there is no fleet.</param>
/// <param name="report">Takes readings; must not wait.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class SignalReaders(
    Func<string, IReadOnlyList<Destination>> destinations,
    AlertBoard alerts,
    LineBoard lines,
    RedisConnection? redis,
    Action<SignalReading> report,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>Each reader's key, and how it is made.</summary>
    public IEnumerable<(string Key, Func<ISignalReader> Make)> Of(SignalTarget target)
    {
        var cluster = target.Config.Name;
        foreach (
            var page in target.Config.Signals.Where(static s => s.Metrics is not null).GroupBy(static s => (s.Metrics, s.Port, s.Every)))
        {
            SignalConfig[] signals = [.. page];
            foreach (var destination in target.Destinations)
            {
                yield return (
                    MetricsReader.KeyOf(destination, signals), () => new MetricsReader(destination, signals, report, time, logger));
            }
        }

        foreach (var signal in target.Config.Signals)
        {
            if (signal.Log is not null)
            {
                yield return (
                    LogReader.KeyOf(cluster, signal),
                    () => new LogReader(cluster, signal, JudgeOf(cluster, signal), time, logger));
            }
            else if (LineTopic.Of(signal) is not null)
            {
                foreach (var reader in LinesOf(cluster, signal))
                {
                    yield return reader;
                }
            }
            else if (signal.DeepProbe is not null)
            {
                yield return (
                    DeepProbeReader.KeyOf(cluster, signal),
                    () => new DeepProbeReader(cluster, signal, () => destinations(cluster), report, redis, time));
            }
            else if (signal.Alert is not null)
            {
                yield return (AlertReader.KeyOf(target, signal), () => new AlertReader(alerts, target, signal, time));
            }
            else if (signal.Report == SignalReport.Orca)
            {
                yield return (
                    OrcaReader.KeyOf(cluster, signal), () => new OrcaReader(cluster, signal, () => destinations(cluster), report, time));
            }
            else if (signal.Report == SignalReport.Agent)
            {
                foreach (var destination in target.Destinations)
                {
                    yield return (AgentReader.KeyOf(destination, signal), () => new AgentReader(destination, signal, report, time, logger));
                }
            }
        }
    }

    private IEnumerable<(string Key, Func<ISignalReader> Make)> LinesOf(string cluster, SignalConfig signal)
    {
        yield return (
            LineReader.KeyOf(cluster, signal),
            () => new LineReader(cluster, signal, JudgeOf(cluster, signal), lines, time, logger));

        // One for all signals that name it: its key is the same.
        if (signal.Journal is { } unit)
        {
            yield return (JournalReader.KeyOf(unit), () => new JournalReader(unit, lines, time, logger));
        }
        else if (signal.Syslog is { } address)
        {
            yield return (SyslogListener.KeyOf(address), () => new SyslogListener(address, lines, time, logger));
        }
    }

    private LineJudge JudgeOf(string cluster, SignalConfig signal) => new(signal, () => destinations(cluster), report, time);
}
