using System.Globalization;
using System.Runtime.CompilerServices;
using Gateway.Configuration.Model;
using Gateway.Health.Model;

namespace Gateway.Health.Signals;

/// <summary>
/// From the reports of load in responses to what each destination can carry: its requests a second over its utilization. Asks nobody
/// anything.
/// </summary>
/// <param name="cluster">The cluster's name.</param>
/// <param name="signal">The signal.</param>
/// <param name="destinations">The cluster's destinations now.</param>
/// <param name="report">Takes readings; must not wait.</param>
/// <param name="time">The clock.</param>
internal sealed class OrcaReader(
    string cluster,
    SignalConfig signal,
    Func<IReadOnlyList<Destination>> destinations,
    Action<SignalReading> report,
    TimeProvider time) : ISignalReader
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ValidFor = TimeSpan.FromSeconds(30);

    private readonly ConditionalWeakTable<Destination, CapacityEstimate> _estimates = [];

    /// <inheritdoc/>
    public string Key { get; } = KeyOf(cluster, signal);

    /// <summary>The key of the reader of this signal.</summary>
    public static string KeyOf(string cluster, SignalConfig signal) => $"orca {cluster} {signal.Name}";

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Turn, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            var now = time.GetElapsedTime(0);
            foreach (var destination in destinations())
            {
                var load = destination.Load;
                var estimate = _estimates.GetValue(destination, static _ => new CapacityEstimate());
                if (estimate.Take(load.Reports, load.Utilization, load.RequestsASecond, now) is { } capacity)
                {
                    report(new SignalReading(destination, signal.Name, SignalState.Firing, SignalEffect.Weight, Words(load), ValidFor)
                    {
                        Capacity = capacity,
                    });
                }
            }
        }
    }

    private static string Words(ReportedLoad load) => string.Create(CultureInfo.InvariantCulture, $"utilization {load.Utilization:0.##}");
}
