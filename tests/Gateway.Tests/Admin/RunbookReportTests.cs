using Gateway.Admin.Status;
using Gateway.Configuration.Model;
using Gateway.Observability.History;
using Xunit;

namespace Gateway.Tests.Admin;

/// <summary>A runbook's week in a sentence.</summary>
[Trait("kind", "unit")]
public sealed class RunbookReportTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("", "acted 0 times this week, healed 0, failed 0")]
    [InlineData("Healed Refused", "acted once this week, healed 1, failed 0")]
    [InlineData("Healed Escalated Interrupted Interrupted", "acted 2 times this week, healed 1, failed 1; 2 more interrupted")]
    public void Week_OfARunbookThatActs_CountsEveryRun(string outcomes, string expected)
    {
        RunbookCase[] cases =
        [
            .. outcomes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static outcome => new RunbookCase(
                Now.AddHours(-1), "restart", "guide", "primary", "a", Now.AddHours(-1), Enum.Parse<RunbookOutcome>(outcome))),
        ];
        var config = new GatewayConfig
        {
            Listen = [],
            State = "",
            StaticFallback = "",
            Routes = [],
            Clusters = [],
            Runbooks = [new RunbookConfig { Name = "restart", Mode = RunbookMode.Act }],
        };

        Assert.Equal(expected, Assert.Single(RunbookReport.Of(config, cases, Now).Runbooks).Text);
    }
}
