using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Notifications.Runbooks;
using Xunit;

namespace Gateway.Tests.Notifications.Runbooks;

/// <summary>A run as a table: what is seen when, and what the run does.</summary>
[Trait("kind", "unit")]
public sealed class RunbookProgressTests
{
    private static readonly RunbookConfig Restart = new()
    {
        Name = "restart",
        Do =
        [
            new DrainStep(),
            new WaitStep { For = RunbookAwaited.Idle, Timeout = TimeSpan.FromSeconds(5) },
            new ExecStep { Command = ["/bin/restart"], Timeout = TimeSpan.FromSeconds(30) },
            new WaitStep { For = RunbookAwaited.Up, Timeout = TimeSpan.FromSeconds(60) },
            new HalfOpenStep { Timeout = TimeSpan.FromSeconds(20) },
            new NotifyStep(),
        ],
    };

    // At which second is seen what: done and failed are results of the step, busy is a request under way, probes and up are of health,
    // over is the condition, held is a guard, gone is a change of the configuration.
    [Theory]
    [InlineData("0: , 1: done, 2: , 9: done, 12: probes, 13: done, 14: up, 15: done, 16: up", "Healed: it passed its probe")]
    [InlineData("0: over", "Recovered: it was well again before anything was done")]
    [InlineData("0: held", "Interrupted: before drain: an operator holds a tier of the cluster")]
    [InlineData("0: , 1: done busy, 2: held", "Interrupted: before exec restart: an operator holds a tier of the cluster")]
    [InlineData("0: , 1: done busy, 2: over", "Recovered: it was well again before anything was done")]
    [InlineData("0: , 1: done, 2: , 9: done over held, 12: probes", "still under way")]
    [InlineData("0: , 9: ", "still under way")]
    [InlineData("0: , 10: ", "Escalated: drain took longer than 10s")]
    [InlineData("0: , 1: done busy, 6: busy", "Escalated: wait: idle took longer than 5s")]
    [InlineData("0: , 1: done, 2: , 3: failed", "Escalated: exec restart failed: exit code 1")]
    [InlineData("0: , 1: done, 30: ", "still under way")]
    [InlineData("0: , 1: done, 31: ", "Escalated: exec restart took longer than 30s")]
    [InlineData("0: , 1: done, 2: , 3: done, 63: ", "Escalated: wait: up took longer than 1m")]
    [InlineData("0: , 1: done, 2: , 3: done, 4: probes, 5: done, 25: probes", "Escalated: probe: halfOpen took longer than 20s")]
    [InlineData("0: , 1: done, 3: done, 4: probes, 5: done, 6: up, 7: done, 66: probes", "still under way")]
    [InlineData(
        "0: , 1: done, 3: done, 4: probes, 5: done, 6: up, 7: done, 67: probes",
        "Escalated: it did not pass its probe within 1m of the last step")]
    [InlineData(
        "0: , 1: done, 3: done, 4: probes drained",
        "Interrupted: before probe: halfOpen: an operator drains the destination")]
    [InlineData("0: , 1: done, 2: gone", "Interrupted: it is no longer in the configuration")]
    public void Run_OverTime_EndsLikeThis(string story, string expected)
    {
        var run = new RunbookRun(0, TimeSpan.Zero);
        var end = "still under way";
        StepResult? result = null;
        foreach (var moment in story.Split(','))
        {
            var (second, words) = (moment.Split(':')[0], moment.Split(':')[1].Split(' '));
            var now = TimeSpan.FromSeconds(double.Parse(second, CultureInfo.InvariantCulture));
            RunbookMove move;
            var sight = SightOf(words);
            result = sight.Result ?? result;
            do
            {
                move = RunbookProgress.Next(Restart, run, sight with { Result = result }, now);
                run = move.Run;
                result = move.Kind == RunbookMoveKind.Wait ? result : null;
            }
            while (move.Kind == RunbookMoveKind.Next
                || (move.Kind == RunbookMoveKind.Begin && Restart.Do[run.Step] is WaitStep));
            if (move.Kind is not (RunbookMoveKind.Wait or RunbookMoveKind.Begin))
            {
                end = $"{move.Kind}: {move.Text}";
                break;
            }
        }

        Assert.Equal(expected, end);
    }

    // Even when something else is refused first, and though only a step that acts asks for what is refused.
    [Theory]
    [InlineData("drain", "Interrupted")]
    [InlineData("ready", "Interrupted")]
    [InlineData("probe: halfOpen", "Interrupted")]
    [InlineData("wait: up", "Begin")]
    [InlineData("notify", "Begin")]
    public void Step_OperatorDrainsMeanwhile_LeavesTheDrainToTheOperator(string step, string expected)
    {
        RunbookStep[] steps = [new DrainStep(), new ReadyStep(), new HalfOpenStep(), new WaitStep(), new NotifyStep()];
        var runbook = new RunbookConfig { Name = "restart", Do = [steps.Single(one => RunbookProgress.NameOf(one) == step)] };
        var move = RunbookProgress.Next(
            runbook,
            new RunbookRun(0, TimeSpan.Zero) { HasActed = true },
            new RunbookSight { IsDrainedByOperator = true, Refusal = RunbookRefusal.Frozen },
            TimeSpan.Zero);
        Assert.Equal(expected, $"{move.Kind}");
    }

    [Theory]
    [InlineData("runbook restart", true)]
    [InlineData("runbook restart (127.0.0.1)", false)]
    [InlineData("runbook restart (token ann, 127.0.0.1)", false)]
    [InlineData("ann@laptop (127.0.0.1)", false)]
    [InlineData("runbook ", false)]
    [InlineData(null, false)]
    public void Drain_ByAnOperatorOfAnyName_IsNoRunbooks(string? by, bool isRunbooks) =>
        Assert.Equal(isRunbooks, RunbookFactsReader.IsRunbook(by));

    [Fact]
    public void Longest_IsTheSumOfDeadlinesAndTheProof() =>
        Assert.Equal(TimeSpan.FromSeconds(10 + 5 + 30 + 60 + 20 + 10 + 60), Restart.Longest);

    private static RunbookSight SightOf(string[] words) => new()
    {
        Result = words.Contains("done") ? new StepResult(Done: true, "")
            : words.Contains("failed") ? new StepResult(Done: false, "exit code 1") : null,
        InFlight = words.Contains("busy") ? 1 : 0,
        PassesProbes = words.Contains("probes") || words.Contains("up"),
        IsUp = words.Contains("up"),
        IsOver = words.Contains("over"),
        IsGone = words.Contains("gone"),
        IsDrainedByOperator = words.Contains("drained"),
        Refusal = words.Contains("held") ? RunbookRefusal.Held : null,
    };
}
