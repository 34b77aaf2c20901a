using System.Collections.Concurrent;
using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Observability;
using Gateway.Observability.History;

namespace Gateway.Hosting;

/// <summary>
/// Looks after the gateway's own parts: loops that stand still or died, probes that stopped, stores and logs that fail. What it says is
/// worked out anew by each reader (<c>/status</c>, <c>/metrics</c>, <c>/readyz</c>), so that it is right even when this object's own loop,
/// which tells log and journal, has died.
/// </summary>
/// <param name="journal">Told when an alarm begins and ends.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class Watchdog(Journal journal, TimeProvider time, ILogger<Watchdog> logger)
{
    /// <summary>The failover loop turns every 50 ms; standing still for so long, it is dead or the machine is.</summary>
    public static readonly TimeSpan LoopMayRest = TimeSpan.FromSeconds(10);

    /// <summary>The thread of journal and ledger turns once a second, but may meet a slow disk.</summary>
    public static readonly TimeSpan RecordsMayRest = TimeSpan.FromSeconds(30);

    private const int MostNamed = 3;
    private static readonly TimeSpan ProbesMayRest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<Func<IEnumerable<ComponentAlert>>> _looks = new();

    /// <summary>Adds a look; it must answer at once, from memory.</summary>
    public void Register(Func<IEnumerable<ComponentAlert>> look) => _looks.Enqueue(look);

    /// <summary>Adds a part that tells its own alarm.</summary>
    public void Register(string part, Func<string?> alarm) => Register(() => alarm() is { } text ? [new ComponentAlert(part, text)] : []);

    /// <summary>Adds a task that must not end before the gateway does.</summary>
    public void Follow(string part, string what, Task task, CancellationToken stopping) => Register(part, () =>
        task.IsCompleted && !stopping.IsCancellationRequested
            ? $"{what} has ended{(task.Exception?.InnerException is { } e ? $" ({e.GetType().Name}: {e.Message.TrimEnd('.')})" : "")}. "
                + $"Restart the gateway."
            : null);

    /// <summary>All that is wrong now.</summary>
    public IReadOnlyList<ComponentAlert> Alarms() => [.. _looks.SelectMany(static look => look())];

    /// <summary>
    /// Tells log and journal what began and what is over, until it is stopped. One look is no alarm: a process that stood still itself
    /// catches up by the next.
    /// </summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            var now = Alarms();
            foreach (var alarm in now)
            {
                if (seen.Contains(alarm.Part) && told.Add(alarm.Part))
                {
                    LogAlarm(alarm.Part, alarm.Text);
                    journal.Append(new JournalEntry(time.GetUtcNow(), "alarm", alarm.Text) { Reason = alarm.Part });
                }
            }

            foreach (var part in told.Where(p => now.All(a => !string.Equals(a.Part, p, StringComparison.Ordinal))).ToArray())
            {
                told.Remove(part);
                LogOver(part);
                journal.Append(new JournalEntry(time.GetUtcNow(), "alarm", $"The alarm \"{part}\" is over.") { Reason = part });
            }

            seen = [.. now.Select(static a => a.Part)];
        }
    }

    /// <summary>What a failover loop that stands still means; null: it turns.</summary>
    public static string? Standstill(TimeSpan sinceTurn) => sinceTurn <= LoopMayRest ? null : string.Create(CultureInfo.InvariantCulture,
        $"The failover loop has stood still for {sinceTurn.TotalSeconds:0} s: no tier is chosen any more, and what is shown of tiers and "
            + $"destinations is as old. Give the machine CPU, or restart the gateway.");

    /// <summary>What a thread of journal and ledger that stands still means; null: it turns.</summary>
    public static string? RecordsStandstill(TimeSpan sinceTurn) =>
        sinceTurn <= RecordsMayRest ? null : string.Create(CultureInfo.InvariantCulture,
        $"Journal and ledger have not been written for {sinceTurn.TotalSeconds:0} s: the disk of the state folder hangs. Users are not "
            + $"touched; what happens is kept in memory.");

    /// <summary>
    /// Destinations that were not probed for ten seconds and three times as long as a probe may take; null: there are none.
    /// </summary>
    public static string? StoppedProbes(IReadOnlyList<ClusterView> clusters, GatewayConfig config)
    {
        var stopped = (
            from cluster in clusters
            from known in config.Clusters
            where string.Equals(known.Name, cluster.Name, StringComparison.Ordinal)
            let probe = 3 * (known.Probe.Interval + known.Probe.Timeout)
            let allowed = probe > ProbesMayRest ? probe : ProbesMayRest
            from tier in cluster.Tiers
            from destination in tier.Destinations
            where destination.ProbeAge > allowed
            select string.Create(
                CultureInfo.InvariantCulture,
                $"{destination.Name} of {cluster.Name} for {destination.ProbeAge.TotalSeconds:0} s")).ToArray();
        return stopped.Length == 0 ? null
            : $"Not probed: {string.Join(", ", stopped.Take(MostNamed))}"
                + $"{(stopped.Length > MostNamed ? $" and {stopped.Length - MostNamed} more" : "")}. What is held true of them is as old. "
                + $"Restart the gateway if it stays so.";
    }

    [LoggerMessage(10110, LogLevel.Error, "Alarm \"{Part}\": {Text}")]
    private partial void LogAlarm(string part, string text);

    [LoggerMessage(10111, LogLevel.Information, "The alarm \"{Part}\" is over.")]
    private partial void LogOver(string part);
}
