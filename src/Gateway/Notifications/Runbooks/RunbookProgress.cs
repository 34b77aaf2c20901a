using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Notifications.Runbooks;

/// <summary>
/// A run as a small machine: (state, sight, now) → move. Pure. Every step has a deadline; after the last one the destination must pass
/// its probe, or the run escalates.
/// </summary>
internal static class RunbookProgress
{
    /// <summary>The next move.</summary>
    public static RunbookMove Next(RunbookConfig runbook, RunbookRun run, in RunbookSight sight, TimeSpan now)
    {
        if (sight.IsGone)
        {
            return new RunbookMove(RunbookMoveKind.Interrupted, run, "it is no longer in the configuration");
        }

        if (run.Step >= runbook.Do.Length)
        {
            return Prove(run, sight, now);
        }

        var step = runbook.Do[run.Step];
        if (!run.IsBegun)
        {
            return Begin(run, step, sight, now);
        }

        if (step is WaitStep wait)
        {
            return Await(run, IsSeen(wait.For, sight), step, NameOf(step), now);
        }

        if (sight.Result is not { } result)
        {
            return IsLate(run, step, now) ? Late(run, step, NameOf(step)) : new RunbookMove(RunbookMoveKind.Wait, run);
        }

        if (!result.Done)
        {
            return new RunbookMove(RunbookMoveKind.Escalated, run, $"{NameOf(step)} failed: {result.Text}");
        }

        return step is HalfOpenStep
            ? Await(run, sight.IsUp, step, NameOf(step), now)
            : Over(run, NameOf(step), result.Text, now);
    }

    /// <summary>A step's name for people.</summary>
    public static string NameOf(RunbookStep step) => step switch
    {
        DrainStep => "drain",
        ReadyStep => "ready",
        NotifyStep => "notify",
        ExecStep exec => $"exec {Path.GetFileName(exec.Command[0])}",
        HttpStep http => $"http {http.Method}",
        WaitStep wait => wait.For == RunbookAwaited.Up ? "wait: up" : "wait: idle",
        _ => "probe: halfOpen",
    };

    private static RunbookMove Begin(RunbookRun run, RunbookStep step, in RunbookSight sight, TimeSpan now)
    {
        // 1. What it is for may be over, or a guard may have changed its mind, until something was done outside.
        if (!run.HasActed && sight.IsOver)
        {
            return new RunbookMove(RunbookMoveKind.Recovered, run, "it was well again before anything was done");
        }

        if ((step.Acts || (step is DrainStep && !run.HasActed)) && sight.Refusal is { } refusal)
        {
            return new RunbookMove(RunbookMoveKind.Interrupted, run, $"before {NameOf(step)}: {RunbookWords.Of(refusal)}");
        }

        // 2. An operator's drain that came meanwhile is the operator's.
        if (step.ChangesDrain && sight.IsDrainedByOperator)
        {
            return new RunbookMove(
                RunbookMoveKind.Interrupted, run, $"before {NameOf(step)}: {RunbookWords.Of(RunbookRefusal.OperatorDrain)}");
        }

        // 3. The step itself.
        return new RunbookMove(
            RunbookMoveKind.Begin, run with { IsBegun = true, StepSince = now, HasActed = run.HasActed || step.Acts });
    }

    private static RunbookMove Prove(RunbookRun run, in RunbookSight sight, TimeSpan now) => sight.IsUp
        ? new RunbookMove(RunbookMoveKind.Healed, run, "it passed its probe")
        : now - run.StepSince < RunbookConfig.ProofWithin
            ? new RunbookMove(RunbookMoveKind.Wait, run)
            : new RunbookMove(
                RunbookMoveKind.Escalated,
                run,
                $"it did not pass its probe within {DurationText.Format(RunbookConfig.ProofWithin)} of the last step");

    private static bool IsSeen(RunbookAwaited awaited, in RunbookSight sight) =>
        awaited == RunbookAwaited.Idle ? sight.InFlight == 0 : sight.PassesProbes;

    private static RunbookMove Await(RunbookRun run, bool isSeen, RunbookStep step, string name, TimeSpan now) =>
        isSeen ? Over(run, name, "", now)
        : IsLate(run, step, now) ? Late(run, step, name)
        : new RunbookMove(RunbookMoveKind.Wait, run);

    private static RunbookMove Over(RunbookRun run, string name, string text, TimeSpan now) => new(
        RunbookMoveKind.Next,
        run with { Step = run.Step + 1, StepSince = now, IsBegun = false },
        string.Create(
            CultureInfo.InvariantCulture,
            $"{name} done in {(now - run.StepSince).TotalSeconds:0.#} s{(text.Length > 0 ? $" ({text})" : "")}"));

    private static bool IsLate(RunbookRun run, RunbookStep step, TimeSpan now) => now - run.StepSince >= step.Timeout;

    private static RunbookMove Late(RunbookRun run, RunbookStep step, string name) =>
        new(RunbookMoveKind.Escalated, run, $"{name} took longer than {DurationText.Format(step.Timeout)}");
}
