using Gateway.Configuration.Model;

namespace Gateway.Health.Signals;

/// <summary>The readers that a configuration needs.</summary>
/// <param name="report">Takes readings; must not wait.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class SignalReaders(Action<SignalReading> report, TimeProvider time, ILogger logger)
{
    /// <summary>Each reader's key, and how it is made.</summary>
    public IEnumerable<(string Key, Func<ISignalReader> Make)> Of(SignalTarget target)
    {
        foreach (var page in target.Config.Signals.Where(static s => s.Metrics is not null).GroupBy(static s => (s.Metrics, s.Port, s.Every)))
        {
            SignalConfig[] signals = [.. page];
            foreach (var destination in target.Destinations)
            {
                yield return (MetricsReader.KeyOf(destination, signals), () => new MetricsReader(destination, signals, report, time, logger));
            }
        }
    }
}
