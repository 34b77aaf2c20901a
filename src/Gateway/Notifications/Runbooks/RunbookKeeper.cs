using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Observability.History;

namespace Gateway.Notifications.Runbooks;

/// <summary>
/// The runbooks of one gateway: from what the clusters show to decisions, and from decisions to runs. It knows no clock and does no I/O;
/// one loop has its turns, and is the only writer of its state.
/// </summary>
/// <param name="history">The cases.</param>
/// <param name="effects">Does what is decided.</param>
internal sealed class RunbookKeeper(RunbookHistory history, IRunbookEffects effects)
{
    /// <summary>More votes at once have a cause that they share, and no runbook acts on that.</summary>
    public const int MostVotes = 40;

    // The permit of the fleet is asked for again after so long.
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan VotesWithin = TimeSpan.FromSeconds(5);

    // A fault that this process found may be as old as the fleet remembers runs.
    private static readonly TimeSpan UnknownAge = TimeSpan.FromDays(1);

    private readonly RunbookWatch _watch = new();
    private readonly RunbookCases _cases = new(history, effects);
    private readonly Dictionary<FaultKey, ActiveFault> _active = [];
    private bool _hasAdopted;

    /// <summary>The faults that this gateway sees and that are due, for the others' majority.</summary>
    public ImmutableArray<string> Votes { get; private set; } = [];

    /// <summary>One turn.</summary>
    public void Turn(RunbookInput input)
    {
        var faults = _watch.Look(input.Runbooks, input.Clusters, input.Now);
        Adopt(input);
        Votes = [.. faults.Where(fault => fault.IsDue(input.Now)).Select(static fault => fault.Key.Id).Take(MostVotes)];
        foreach (var fault in faults)
        {
            if (_active.TryGetValue(fault.Key, out var known))
            {
                Follow(known, fault, input.Now);
            }
            else if (fault.IsDue(input.Now))
            {
                _active.Add(fault.Key, new ActiveFault(fault));
            }
        }

        if (_active.Count == 0)
        {
            return;
        }

        var held = faults.Select(static fault => fault.Key).ToHashSet();
        foreach (var (key, active) in _active.ToArray())
        {
            if (active.Run is not null)
            {
                Move(active, input);
            }
            else if (!held.Contains(key))
            {
                _active.Remove(key);
                _cases.Close(active, input);
            }
            else if (active.Case?.Outcome == RunbookOutcome.Observed)
            {
                _cases.Judge(active, input);
            }
            else if (active is { IsAsking: false, Case: not { IsRun: true } })
            {
                Decide(active, input);
            }
        }
    }

    /// <summary>What the fleet says to a wish to act; false: it is not needed any more.</summary>
    public bool OnPermit(FaultKey key, RunbookPermit permit, RunbookInput input)
    {
        if (!_active.TryGetValue(key, out var active) || !active.IsAsking)
        {
            return false;
        }

        active.IsAsking = false;
        active.AskFrom = input.Now + AskAgainAfter;
        if (permit == RunbookPermit.Granted)
        {
            return Start(active, input);
        }

        if (permit == RunbookPermit.Tried)
        {
            _watch.MarkTried(key);
        }

        _cases.Refuse(active, permit switch
        {
            RunbookPermit.Others => RunbookRefusal.Elsewhere,
            RunbookPermit.Tried => RunbookRefusal.AlreadyTried,
            RunbookPermit.TooMany => RunbookRefusal.TooMany,
            _ => RunbookRefusal.FleetUnreachable,
        }, input);
        return false;
    }

    /// <summary>A step's work is over.</summary>
    public void OnResult(FaultKey key, StepResult result)
    {
        if (_active.TryGetValue(key, out var active) && active.Run is { IsBegun: true })
        {
            active.Result = result;
        }
    }

    /// <summary>Another gateway may act in the cluster: a run that is under way here does nothing more.</summary>
    public void OnPermitLost(FaultKey key)
    {
        if (_active.TryGetValue(key, out var active))
        {
            active.IsPermitLost = true;
        }
    }

    /// <summary>Ends every run, as before the gateway's stop.</summary>
    public void Stop(RunbookInput input)
    {
        foreach (var active in _active.Values)
        {
            if (active.Run is { } run)
            {
                End(active, new RunbookMove(RunbookMoveKind.Interrupted, run, "the gateway stops"), input);
            }
        }
    }

    // Runs of an earlier process that did not heal are not made again for the same fault.
    private void Adopt(RunbookInput input)
    {
        if (!_hasAdopted && input.IsHistoryRead)
        {
            _hasAdopted = true;
            foreach (var key in _cases.Unhealed(input.Utc - TimeSpan.FromDays(1)))
            {
                _watch.MarkTried(key);
            }
        }
    }

    // A reload may have changed the runbook while its fault lasts. A run that is under way ends by that; else the new one counts.
    private void Follow(ActiveFault known, RunbookFault fault, TimeSpan now)
    {
        if (known.IsBusy || ReferenceEquals(known.Fault.Runbook, fault.Runbook))
        {
            return;
        }

        if (!fault.IsDue(now))
        {
            _active.Remove(fault.Key);
        }
        else if (known.Case is { IsOnlyObserved: true } && fault.Runbook.Mode == RunbookMode.Act)
        {
            // Nothing was done about it yet, and from now on something may be.
            _watch.ForgetTried(fault.Key);
            _active[fault.Key] = new ActiveFault(fault);
        }
        else
        {
            known.Fault = fault;
        }
    }

    private RunbookFacts? FactsOf(ActiveFault active, RunbookInput input)
    {
        var fault = active.Fault;
        var day = DateOnly.FromDateTime(input.Utc.UtcDateTime);
        return RunbookFactsReader.Of(fault, input.Clusters, _watch, day) is not { } facts
            ? null
            : facts with
            {
                IsHistoryRead = _hasAdopted,
                Fleet = input.Fleet?.Invoke(fault.Key),
                RunsInHour = _cases.RunsInHour(fault, input.Utc),
                RunsInCluster = _active.Values.Any(other => other != active && other.IsBusy
                    && string.Equals(other.Fault.Key.Cluster, fault.Key.Cluster, StringComparison.Ordinal)),
            };
    }

    private void Decide(ActiveFault active, RunbookInput input)
    {
        if (FactsOf(active, input) is not { } facts)
        {
            return;
        }

        if (RunbookDecision.Start(facts) is { } refusal)
        {
            // The others' votes come with their next exchanges.
            var isEarly = refusal == RunbookRefusal.NoMajority
                && input.Now - active.Fault.Since < active.Fault.Runbook.When.For + VotesWithin;
            if (!isEarly)
            {
                _cases.Refuse(active, refusal, input);
            }
        }
        else if (active.Fault.Runbook.Mode == RunbookMode.Observe)
        {
            _watch.MarkTried(active.Fault.Key);
            _cases.Observe(active, input);
        }
        else if (input.Now >= active.AskFrom)
        {
            active.IsAsking = true;
            effects.AskPermit(active.Fault, active.Fault.IsBeginKnown ? input.Now - active.Fault.Since : UnknownAge);
        }
    }

    private bool Start(ActiveFault active, RunbookInput input)
    {
        // The world may have changed while the fleet was asked.
        if (FactsOf(active, input) is not { } facts || RunbookDecision.Start(facts) is not null)
        {
            return false;
        }

        active.Run = new RunbookRun(0, input.Now);
        active.IsPermitLost = false;
        _watch.MarkTried(active.Fault.Key);
        _cases.Start(active, input);
        Move(active, input);
        return true;
    }

    private void Move(ActiveFault active, RunbookInput input)
    {
        while (active.Run is { } run)
        {
            var sight = RunbookSights.Of(active, input, FactsOf(active, input));
            var move = RunbookProgress.Next(active.Fault.Runbook, run, sight, input.Now);
            active.Run = move.Run;
            switch (move.Kind)
            {
                case RunbookMoveKind.Wait:
                    return;
                case RunbookMoveKind.Begin:
                    active.Result = null;
                    if (active.Fault.Runbook.Do[run.Step] is not WaitStep)
                    {
                        effects.Begin(active.Fault, active.Fault.Runbook.Do[run.Step]);
                        return;
                    }

                    break;
                case RunbookMoveKind.Next:
                    active.Result = null;
                    _cases.Step(active, move.Text);
                    break;
                default:
                    End(active, move, input);
                    return;
            }
        }
    }

    private void End(ActiveFault active, RunbookMove move, RunbookInput input)
    {
        active.Run = null;
        active.Result = null;
        effects.End(active.Fault);
        _cases.End(active, move, input);
    }
}
