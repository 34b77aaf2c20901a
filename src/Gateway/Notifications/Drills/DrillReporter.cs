using System.Collections.Concurrent;
using Gateway.Configuration.Model;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;

namespace Gateway.Notifications.Drills;

/// <summary>What follows from news of a scheduled drill: its record, journal entry, counter, line in the log, and notification.</summary>
internal sealed partial class DrillReporter(
    KeptHistory<ScheduledDrill> history, Journal journal, Notifier notifier, TimeProvider time, ILogger<DrillReporter> logger)
{
    // As many as a configuration may have, and those of a few before it.
    private const int MostSeries = 500;

    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<(string Drill, DrillResult Result), long> _counts = new();
    private bool _hasToldUnfinished;

    /// <summary>How the drills of this process ended.</summary>
    public IReadOnlyList<DrillCount> Counts =>
        [.. _counts.Select(static one => new DrillCount(one.Key.Drill, one.Key.Result, one.Value))];

    /// <summary>A run begins; gives its record.</summary>
    public ScheduledDrill Began(DrillRun run)
    {
        var kept = history.Keep(run.Record);
        var text = $"Drill {run.Drill.Name}: {run.ServedBy} serves without {run.Lost}.";
        Append(kept, text);
        LogNews(kept.Cluster, text);
        if (run.Drill.Lose == DrillLoss.Destination)
        {
            // A hold is told of by its command.
            notifier.Publish(Notification.Of(kept, text, time.GetUtcNow()));
        }

        return kept;
    }

    /// <summary>Once it is known: tells of the runs that an earlier process did not end, as it was killed. One loop calls it.</summary>
    public void TellUnfinished()
    {
        if (_hasToldUnfinished || !history.IsRead)
        {
            return;
        }

        _hasToldUnfinished = true;
        foreach (var one in history.All.Where(static one => one is { Result: DrillResult.Interrupted, Until: null }))
        {
            Ended(one with { Until = time.GetUtcNow() });
        }
    }

    /// <summary>A run is over, or a window passed without one.</summary>
    public void Ended(ScheduledDrill one)
    {
        history.Keep(one);
        var text = $"Drill {one.Name} {WordOf(one.Result)}. {one.Text}";
        Append(one, text);
        if (_counts.Count < MostSeries || _counts.ContainsKey((one.Name, one.Result)))
        {
            _counts.AddOrUpdate((one.Name, one.Result), 1, static (_, count) => count + 1);
        }

        if (one.Result == DrillResult.Failed)
        {
            LogFailed(one.Cluster, text);
        }
        else
        {
            LogNews(one.Cluster, text);
        }

        notifier.Publish(Notification.Of(one, text, time.GetUtcNow()));
    }

    /// <summary>Another gateway's drill was ended, since it hurts the users of this one.</summary>
    public void Stopped(HarmfulDrill harmful)
    {
        if (!harmful.IsNew)
        {
            return;
        }

        var text = $"Drill {harmful.Drill.Name} is stopped by this gateway: {harmful.Why}.";
        journal.Append(new JournalEntry(time.GetUtcNow(), "drill", text)
        {
            Cluster = harmful.Cluster.Name,
            Reason = harmful.Drill.Name,
        });
        LogFailed(harmful.Cluster.Name, text);
    }

    private static string WordOf(DrillResult result) => result switch
    {
        DrillResult.Passed => "passed",
        DrillResult.Failed => "failed",
        DrillResult.Unproven => "proved nothing",
        DrillResult.Interrupted => "was interrupted",
        _ => "was skipped",
    };

    private void Append(ScheduledDrill one, string text) => journal.Append(new JournalEntry(time.GetUtcNow(), "drill", text)
    {
        Cluster = one.Cluster,
        To = one.Lost.Length > 0 ? one.Lost : null,
        Reason = one.Name,
    });

    [LoggerMessage(8321, LogLevel.Information, "Cluster '{Cluster}': {Text}")]
    private partial void LogNews(string cluster, string text);

    [LoggerMessage(8322, LogLevel.Error, "Cluster '{Cluster}': {Text}")]
    private partial void LogFailed(string cluster, string text);
}
