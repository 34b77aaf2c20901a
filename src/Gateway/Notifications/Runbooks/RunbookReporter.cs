using Gateway.Observability.History;
using Gateway.Observability.Metrics;

namespace Gateway.Notifications.Runbooks;

/// <summary>What follows from news of a case: its journal entry, counter and line in the log, and the notification of people.</summary>
internal sealed partial class RunbookReporter(
    Instruments instruments, Journal journal, Notifier notifier, TimeProvider time, ILogger<RunbookReporter> logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Tells it; never waits.</summary>
    public void Announce(RunbookCase one, RunbookNews news, string text)
    {
        var now = time.GetUtcNow();
        journal.Append(new JournalEntry(now, "runbook", text)
        {
            Cluster = one.Cluster,
            To = one.Destination,
            Reason = one.Runbook,
        });
        if (ResultOf(one, news) is { } result)
        {
            instruments.Runbooks.Ended(one.Runbook, result);
        }

        if (news != RunbookNews.Ended || one.Outcome is RunbookOutcome.Healed or RunbookOutcome.Recovered)
        {
            LogNews(one.Cluster, text);
            return;
        }

        LogFailed(one.Cluster, text);
        notifier.Publish(Notification.OfRunbook(one.Cluster, one.Tier, one.Destination, text.TrimEnd('.'), one.Text, now));
    }

    private static RunbookResult? ResultOf(RunbookCase one, RunbookNews news) => news switch
    {
        RunbookNews.Refused => RunbookResult.Refused,
        RunbookNews.Observed => RunbookResult.Observed,
        RunbookNews.Ended => one.Outcome switch
        {
            RunbookOutcome.Healed => RunbookResult.Healed,
            RunbookOutcome.Recovered => RunbookResult.Recovered,
            RunbookOutcome.Interrupted => RunbookResult.Interrupted,
            _ => RunbookResult.Escalated,
        },
        _ => null,
    };

    [LoggerMessage(8313, LogLevel.Information, "Cluster '{Cluster}': {Text}")]
    private partial void LogNews(string cluster, string text);

    [LoggerMessage(8314, LogLevel.Error, "Cluster '{Cluster}': {Text} See to the destination.")]
    private partial void LogFailed(string cluster, string text);
}
