using Gateway.Notifications;
using Gateway.Notifications.Drills;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Notifications.Drills;

[Trait("kind", "unit")]
public sealed class DrillReporterTests
{
    [Fact]
    public async Task Drill_ThatAKilledGatewayRan_IsToldOfOnce_WhenItIsKnown()
    {
        var (history, journal) = (new KeptHistory<ScheduledDrill>(10), new Journal(0));
        await using var notifier = new Notifier(
            new Instruments(NullLogger<Instruments>.Instance), journal, TimeProvider.System, NullLoggerFactory.Instance);
        var reporter = new DrillReporter(history, journal, notifier, TimeProvider.System, NullLogger<DrillReporter>.Instance);
        reporter.TellUnfinished();
        Assert.Empty(reporter.Counts);

        var begin = DrilledCluster.Begin;
        var table = new Table(
        [
            new ScheduledDrill(begin, "guide", "standby-serves", begin) { Id = 1, Lost = "primary" },
            new ScheduledDrill(begin, "guide", "one-away", begin) { Id = 2, Result = DrillResult.Interrupted, Until = begin },
        ]);
        history.Exchange(table, trim: false);
        reporter.TellUnfinished();
        reporter.TellUnfinished();

        Assert.Equal(new DrillCount("standby-serves", DrillResult.Interrupted, 1), Assert.Single(reporter.Counts));
        Assert.StartsWith(
            "Drill standby-serves was interrupted. The gateway ended", Assert.Single(journal.Recent(10)).Text, StringComparison.Ordinal);
        Assert.All(history.All, static one => Assert.NotNull(one.Until));

        // The next process does not tell of it again.
        history.Exchange(table, trim: false);
        Assert.Equal(1, Assert.Single(table.Written).Id);
    }

    private sealed class Table(IReadOnlyList<ScheduledDrill> before) : IKeptTable<ScheduledDrill>
    {
        public List<ScheduledDrill> Written { get; } = [];

        public void Write(IReadOnlyList<ScheduledDrill> entries) => Written.AddRange(entries);

        public IReadOnlyList<ScheduledDrill> Read(int most) => before;

        public void Trim(int most)
        {
        }
    }
}
