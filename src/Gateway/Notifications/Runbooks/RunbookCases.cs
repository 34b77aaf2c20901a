using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Observability.History;

namespace Gateway.Notifications.Runbooks;

/// <summary>Keeps account of what runbooks do, would do, and do not do, and tells it. Only <see cref="RunbookKeeper"/> uses it.</summary>
/// <param name="history">The cases.</param>
/// <param name="effects">Told of what is new.</param>
internal sealed class RunbookCases(RunbookHistory history, IRunbookEffects effects)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Runs of a runbook in a cluster within the last hour. For one that only observes, what it would have done counts.</summary>
    public int RunsInHour(RunbookFault fault, DateTimeOffset now) => history.RunsSince(
        fault.Key.Runbook, fault.Key.Cluster, now - Hour, withObserved: fault.Runbook.Mode == RunbookMode.Observe);

    /// <summary>Faults whose run did not heal, and whose end was not seen.</summary>
    public IEnumerable<FaultKey> Unhealed(DateTimeOffset after) =>
        from one in history.All
        where one is { WellAt: null, Outcome: RunbookOutcome.Escalated or RunbookOutcome.Interrupted } && one.At > after
        select new FaultKey(one.Runbook, one.Cluster, one.Destination);

    /// <summary>A guard said no. Each reason is told once for a fault.</summary>
    public void Refuse(ActiveFault active, RunbookRefusal refusal, RunbookInput input)
    {
        if (!active.Told.Add(refusal))
        {
            return;
        }

        var outcome = refusal == RunbookRefusal.Elsewhere ? RunbookOutcome.Elsewhere : RunbookOutcome.Refused;
        var text = RunbookWords.Of(refusal);
        Keep(active, CaseOf(active, outcome, input) with { Text = text });
        Announce(active, RunbookNews.Refused, $"not done, {text}");
    }

    /// <summary>It would have acted.</summary>
    public void Observe(ActiveFault active, RunbookInput input)
    {
        active.JudgeAt = input.Now + ExpectedLength(active.Fault.Runbook);
        Keep(active, CaseOf(active, RunbookOutcome.Observed, input) with { At = input.Utc, Text = "it would have acted" });
        Announce(active, RunbookNews.Observed, "would have acted, and only observes (mode: observe)");
    }

    /// <summary>Whether that would have been right is known once such a run would have been over.</summary>
    public void Judge(ActiveFault active, RunbookInput input)
    {
        if (input.Now >= active.JudgeAt)
        {
            Judge(active, RunbookOutcome.Right, "the destination was still not well when a run would have been over", input);
        }
    }

    /// <summary>A run begins.</summary>
    public void Start(ActiveFault active, RunbookInput input)
    {
        Keep(active, CaseOf(active, RunbookOutcome.Running, input) with { At = input.Utc, Text = "a run is under way" });
        Announce(active, RunbookNews.Started, "a run begins");
    }

    /// <summary>A step of a run is over.</summary>
    public void Step(ActiveFault active, string text) => Announce(active, RunbookNews.Step, text);

    /// <summary>A run is over.</summary>
    public void End(ActiveFault active, RunbookMove move, RunbookInput input)
    {
        var outcome = move.Kind switch
        {
            RunbookMoveKind.Healed => RunbookOutcome.Healed,
            RunbookMoveKind.Recovered => RunbookOutcome.Recovered,
            RunbookMoveKind.Interrupted => RunbookOutcome.Interrupted,
            _ => RunbookOutcome.Escalated,
        };
        Keep(active, active.Case! with { Outcome = outcome, Text = move.Text, EndedAt = input.Utc });
        Announce(active, RunbookNews.Ended, string.Create(
            CultureInfo.InvariantCulture,
            $"the run {RunbookWords.Of(outcome)} after {(input.Utc - active.Case!.At).TotalSeconds:0.#} s, {move.Text}"));
    }

    /// <summary>The condition holds no more.</summary>
    public void Close(ActiveFault active, RunbookInput input)
    {
        if (active.Case is not { } one)
        {
            return;
        }

        if (one.Outcome == RunbookOutcome.Observed)
        {
            Judge(active, RunbookOutcome.Needless, "the destination was well by itself before a run would have been over", input);
        }

        Keep(active, active.Case! with { WellAt = input.Utc });
    }

    private void Judge(ActiveFault active, RunbookOutcome outcome, string text, RunbookInput input)
    {
        Keep(active, active.Case! with { Outcome = outcome, Text = text, EndedAt = input.Utc });
        Announce(
            active,
            RunbookNews.Judged,
            $"would have acted {(outcome == RunbookOutcome.Right ? "rightly" : "needlessly")}, {text}");
    }

    // What runs that healed have taken; before the first one, the deadlines of the steps.
    private TimeSpan ExpectedLength(RunbookConfig runbook)
    {
        var healed = history.All.Where(one => one is { Outcome: RunbookOutcome.Healed, EndedAt: not null }
            && string.Equals(one.Runbook, runbook.Name, StringComparison.Ordinal)).ToArray();
        return healed.Length > 0
            ? TimeSpan.FromSeconds(healed.Average(static one => (one.EndedAt!.Value - one.At).TotalSeconds))
            : runbook.Longest - RunbookConfig.ProofWithin;
    }

    private static RunbookCase CaseOf(ActiveFault active, RunbookOutcome outcome, RunbookInput input) =>
        active.Case is { } known
            ? known with { Outcome = outcome }
            : new RunbookCase(
                input.Utc,
                active.Fault.Key.Runbook,
                active.Fault.Key.Cluster,
                active.Fault.Tier,
                active.Fault.Key.Destination,
                input.Utc - (input.Now - active.Fault.Since),
                outcome);

    private void Keep(ActiveFault active, RunbookCase one) => active.Case = history.Keep(one);

    private void Announce(ActiveFault active, RunbookNews news, string text) => effects.Announce(
        active.Case!,
        news,
        $"Runbook {active.Fault.Key.Runbook} for {active.Fault.Key.Destination} of {active.Fault.Tier}: {text}.");
}
